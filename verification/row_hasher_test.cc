#include "verification/row_hasher.h"

#include <endian.h>

#include <optional>

#include "batch/checksum.h"
#include "gtest/gtest.h"
#include "status/reason.h"

namespace lockstitch::verification {
namespace {

using Value = std::optional<std::string>;

std::string Number(uint32_t number) {
  const uint32_t big_endian = htobe32(number);
  return std::string(reinterpret_cast<const char*>(&big_endian), sizeof(big_endian));
}

std::string Tuple(const std::vector<Value>& values) {
  std::string tuple = {'\0', static_cast<char>(values.size())};
  for (const Value& value : values)
    tuple += Number(value ? static_cast<uint32_t>(value->size()) : ~0u) + value.value_or("");
  return tuple;
}

// {7} as int4[], of one dimension from 1.
std::string Array(uint32_t may_hold_null, uint32_t element_type, uint32_t element) {
  return Number(1) + Number(may_hold_null) + Number(element_type) + Number(1) + Number(1) +
         Number(4) + Number(element);
}

v1::ChecksumRequest Request(size_t columns, const std::vector<uint32_t>& key) {
  v1::ChecksumRequest request;
  for (size_t i = 0; i < columns; ++i) request.add_columns();
  request.mutable_key()->Add(key.begin(), key.end());
  return request;
}

RowHashes Hash(RowHasher& hasher, const std::string& tuple) {
  RowHashes hashes;
  EXPECT_TRUE(hasher.Hash(tuple, &hashes).ok());
  return hashes;
}

TEST(RowHasherTest, ARowIsTheTuplesBytes) {
  RowHasher hasher(Request(2, {0}), 0);
  const std::string tuple = Tuple({"a", std::nullopt});
  EXPECT_EQ(Hash(hasher, tuple).row, batch::Checksum(tuple));
}

TEST(RowHasherTest, TheKeyIsOfItsColumnsAlone) {
  RowHasher hasher(Request(3, {0, 2}), 0);
  const RowHashes row = Hash(hasher, Tuple({"a", "x", "b"}));
  EXPECT_EQ(row.key, Hash(hasher, Tuple({"a", "y", "b"})).key);
  EXPECT_NE(row.row, Hash(hasher, Tuple({"a", "y", "b"})).row);
  EXPECT_NE(row.key, Hash(hasher, Tuple({"b", "x", "a"})).key);
  EXPECT_NE(row.key, Hash(hasher, Tuple({"ab", "x", ""})).key);
}

TEST(RowHasherTest, NullIsNotEmpty) {
  RowHasher hasher(Request(1, {0}), 0);
  EXPECT_NE(Hash(hasher, Tuple({""})).key, Hash(hasher, Tuple({std::nullopt})).key);
}

TEST(RowHasherTest, WithoutAKeyARowIsItsOwn) {
  RowHasher hasher(Request(2, {}), 0);
  const RowHashes row = Hash(hasher, Tuple({"a", "b"}));
  EXPECT_EQ(row.key, row.row);
}

TEST(RowHasherTest, FieldsBehindTheColumnsDontCount) {
  RowHasher bare(Request(2, {}), 0), with_more(Request(2, {}), 1);
  EXPECT_EQ(Hash(bare, Tuple({"a", "b"})).row, Hash(with_more, Tuple({"a", "b", "more"})).row);
  absl::string_view more;
  bool null = true;
  ASSERT_TRUE(with_more.Field(2, &more, &null).ok());
  EXPECT_EQ(more, "more");
  EXPECT_FALSE(null);
}

TEST(RowHasherTest, ArraysCountByTheirElements) {
  v1::ChecksumRequest request = Request(2, {0});
  request.mutable_columns(1)->set_wire_array(true);
  RowHasher hasher(request, 0);
  const RowHashes row = Hash(hasher, Tuple({"a", Array(0, 23, 7)}));
  EXPECT_EQ(row.row, Hash(hasher, Tuple({"a", Array(1, 23, 7)})).row);
  EXPECT_EQ(row.row, Hash(hasher, Tuple({"a", Array(0, 16999, 7)})).row);
  EXPECT_NE(row.row, Hash(hasher, Tuple({"a", Array(0, 23, 8)})).row);
  EXPECT_NE(row.row, Hash(hasher, Tuple({"a", std::nullopt})).row);
}

TEST(RowHasherTest, ArraysAreMaskedAlsoWhereMoreFieldsFollow) {
  v1::ChecksumRequest request = Request(3, {2});
  request.mutable_columns(0)->set_wire_array(true);
  request.mutable_columns(1)->set_wire_array(true);
  RowHasher bare(request, 0), with_more(request, 1);
  const RowHashes row = Hash(bare, Tuple({Array(0, 23, 7), Array(0, 23, 8), "k"}));
  const RowHashes same = Hash(with_more, Tuple({Array(1, 24, 7), Array(1, 24, 8), "k", "more"}));
  EXPECT_EQ(row.row, same.row);
  EXPECT_EQ(row.key, same.key);
  absl::string_view more;
  bool null = true;
  ASSERT_TRUE(with_more.Field(3, &more, &null).ok());
  EXPECT_EQ(more, "more");
}

TEST(RowHasherTest, ColumnsAreToldApart) {
  RowHasher hasher(Request(2, {0}), 0);
  std::vector<uint64_t> first, second;
  Hash(hasher, Tuple({"a", "b"}));
  ASSERT_TRUE(hasher.HashColumns(&first).ok());
  Hash(hasher, Tuple({"a", "c"}));
  ASSERT_TRUE(hasher.HashColumns(&second).ok());
  EXPECT_EQ(first[0], second[0]);
  EXPECT_NE(first[1], second[1]);
}

TEST(RowHasherTest, TuplesOfAnotherShapeAreRefused) {
  RowHasher hasher(Request(2, {1}), 0);
  RowHashes hashes;
  for (const std::string& tuple : {Tuple({"a"}), Tuple({"a", "b"}).substr(0, 11), std::string()})
    EXPECT_EQ(ReasonOf(hasher.Hash(tuple, &hashes)), Reason::kProtocolViolated);
}

}  // namespace
}  // namespace lockstitch::verification
