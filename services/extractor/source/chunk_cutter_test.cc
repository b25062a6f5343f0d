#include "services/extractor/source/chunk_cutter.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace lockstitch::extractor {
namespace {

using Field = std::optional<std::string>;

std::string Number(uint64_t value, int bytes) {
  std::string number;
  for (int i = bytes - 1; i >= 0; --i) number.push_back(static_cast<char>(value >> (8 * i)));
  return number;
}

std::string Tuple(const std::vector<Field>& fields) {
  std::string tuple = Number(fields.size(), 2);
  for (const Field& field : fields)
    absl::StrAppend(&tuple, field ? Number(field->size(), 4) : "\xff\xff\xff\xff",
                    field.value_or(""));
  return tuple;
}

// As numeric_send gives it: one digit to the base of 10,000.
std::string Numeric(uint64_t digit, uint64_t scale) {
  return Number(1, 2) + Number(0, 2) + Number(0, 2) + Number(scale, 2) + Number(digit, 2);
}

class ChunkCutterTest : public ::testing::Test {
 protected:
  // 1 before each tuple at which a chunk ends.
  std::string Cuts(const ChunkLimits& limits, const std::vector<std::string>& tuples,
                   const KeyField& field = {}) {
    ChunkCutter cutter(field, limits, [this] { return now_; });
    std::string cuts;
    for (const std::string& tuple : tuples) {
      now_ += absl::Seconds(1);
      cuts.push_back(cutter.EndsBefore(tuple) ? '1' : '0');
    }
    return cuts;
  }
  static std::vector<std::string> Keyed(const std::vector<Field>& keys) {
    std::vector<std::string> tuples;
    for (const Field& key : keys) tuples.push_back(Tuple({key, "payload"}));
    return tuples;
  }

  absl::Time now_ = absl::UnixEpoch();
};

TEST_F(ChunkCutterTest, RowsAreCountedButNoKeyIsCutInTwo) {
  EXPECT_EQ(Cuts({.rows = 2}, Keyed({"a", "a", "a", "b", "c", "d", "d", "e"})), "00010101");
  EXPECT_EQ(Cuts({.rows = 1}, Keyed({"a", "a", "a", "a"})), "0000");
  EXPECT_EQ(Cuts({.rows = 1}, Keyed({"a", "b", "c"})), "011");
}

TEST_F(ChunkCutterTest, BytesAreCountedAnewInEachChunk) {
  const uint64_t bytes = Tuple({"a", "payload"}).size();
  EXPECT_EQ(Cuts({.bytes = 2 * bytes}, Keyed({"a", "b", "c", "d", "e", "f"})), "001010");
  EXPECT_EQ(Cuts({.bytes = 2 * bytes + 1}, Keyed({"a", "b", "c", "d", "e", "f"})), "000100");
}

TEST_F(ChunkCutterTest, TimeRunsFromAChunksFirstRow) {
  EXPECT_EQ(Cuts({.time = absl::Seconds(2)}, Keyed({"a", "b", "c", "d", "e"})), "00101");
}

TEST_F(ChunkCutterTest, TheKeyMayBeAnyField) {
  const std::vector<std::string> tuples = {Tuple({std::nullopt, "1", "x"}),
                                           Tuple({"other", "1", "x"}), Tuple({"other", "2", "x"}),
                                           Tuple({"", "2", std::nullopt})};
  EXPECT_EQ(Cuts({.rows = 1}, tuples, {.number = 1}), "0010");
  EXPECT_EQ(Cuts({.rows = 1}, tuples, {.number = 2}), "0001");
  EXPECT_EQ(Cuts({.rows = 1}, tuples, {.number = 0}), "0101");
}

TEST_F(ChunkCutterTest, NullIsAKeyOfItsOwn) {
  EXPECT_EQ(Cuts({.rows = 1}, Keyed({std::nullopt, std::nullopt, "", "a"})), "0011");
}

TEST_F(ChunkCutterTest, NumericsThatShowMoreZerosAreTheSameKey) {
  const std::vector<std::string> tuples =
      Keyed({Numeric(1, 0), Numeric(1, 2), Numeric(1, 20), Numeric(2, 20)});
  EXPECT_EQ(Cuts({.rows = 1}, tuples, {.numeric = true}), "0001");
  EXPECT_EQ(Cuts({.rows = 1}, tuples), "0111");
}

TEST_F(ChunkCutterTest, WhatIsNoTupleHasNoKey) {
  const std::string tuple = Tuple({"key", "payload"});
  for (size_t length = 0; length < tuple.size(); ++length) {
    EXPECT_EQ(KeyBytes(absl::string_view(tuple).substr(0, length), {.number = 2}), std::nullopt);
  }
  EXPECT_EQ(KeyBytes(tuple, {.number = 1}), "payload");
}

}  // namespace
}  // namespace lockstitch::extractor
