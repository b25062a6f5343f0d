#include <string>
#include <vector>

#include "batch/builder.h"
#include "batch/checksum.h"
#include "batch/verifier.h"
#include "gtest/gtest.h"
#include "status/reason.h"

namespace lockstitch::batch {
namespace {

struct Sent {
  std::vector<v1::Batch> batches;
  v1::Extent chunk;
};

Sent Send(const std::vector<std::string>& rows) {
  Sent sent;
  v1::Batch batch;
  Builder builder(&batch, kBatchBytes, [&] {
    sent.batches.push_back(batch);
    return true;
  });
  for (const std::string& row : rows) EXPECT_TRUE(builder.AddRow(row));
  EXPECT_TRUE(builder.EndChunk(&sent.chunk));
  return sent;
}

std::string Bytes(const Sent& sent) {
  std::string bytes;
  for (const v1::Batch& batch : sent.batches) bytes += batch.data();
  return bytes;
}

absl::Status Receive(const Sent& sent) {
  Verifier verifier;
  for (const v1::Batch& batch : sent.batches) {
    if (const absl::Status status = verifier.Add(batch); !status.ok()) return status;
  }
  return verifier.EndChunk(sent.chunk);
}

TEST(BatchTest, RowsArriveInTheirOrderWhateverTheirSizes) {
  const std::vector<std::string> rows = {"a",
                                         std::string(kBatchBytes - 1, 'b'),
                                         "c",
                                         std::string(3 * kBatchBytes, 'd'),
                                         std::string(kBatchBytes, 'e'),
                                         std::string(kBatchBytes + 1, 'f'),
                                         "g"};
  const Sent sent = Send(rows);
  std::string all;
  for (const std::string& row : rows) all += row;
  EXPECT_TRUE(Bytes(sent) == all);
  EXPECT_EQ(sent.chunk.rows(), rows.size());
  EXPECT_EQ(sent.chunk.bytes(), all.size());
  for (const v1::Batch& batch : sent.batches) EXPECT_LE(batch.data().size(), kBatchBytes);
  EXPECT_TRUE(Receive(sent).ok());
}

TEST(BatchTest, AnEmptyChunkHasNoBatch) {
  const Sent sent = Send({});
  EXPECT_TRUE(sent.batches.empty());
  EXPECT_EQ(sent.chunk.rows(), 0u);
  EXPECT_TRUE(Receive(sent).ok());
}

TEST(BatchTest, TheRowSumDoesNotDependOnTheOrder) {
  const Sent one = Send({"a", "b", "c"}), other = Send({"c", "a", "b"}),
             different = Send({"c", "a", "a"});
  EXPECT_EQ(one.chunk.row_sum(), other.chunk.row_sum());
  EXPECT_NE(one.chunk.checksum(), other.chunk.checksum());
  EXPECT_NE(one.chunk.row_sum(), different.chunk.row_sum());
}

TEST(BatchTest, ABuilderStopsWhenItsSenderDoes) {
  v1::Batch batch;
  Builder builder(&batch, kBatchBytes, [] { return false; });
  EXPECT_TRUE(builder.AddRow("small"));
  EXPECT_FALSE(builder.AddRow(std::string(kBatchBytes, 'x')));
}

TEST(BatchTest, WhatChangesOnTheWayIsNoticed) {
  const Sent good = Send({"row", std::string(kBatchBytes, 'x'), "last"});
  ASSERT_EQ(good.batches.size(), 3u);

  Sent flipped = good;
  (*flipped.batches[1].mutable_data())[7] ^= 1;
  Sent missing = good;
  missing.batches.erase(missing.batches.begin() + 1);
  Sent swapped = good;
  std::swap(swapped.batches[0], swapped.batches[1]);
  Sent cut = good;
  cut.batches.pop_back();
  Sent miscounted = good;
  miscounted.chunk.set_rows(7);
  for (const Sent& bad : {flipped, missing, swapped, cut, miscounted}) {
    EXPECT_EQ(ReasonOf(Receive(bad)), Reason::kBatchCorrupt);
  }
}

TEST(BatchTest, ARangesExtentIsMadeOfItsChunksInTheirOrder) {
  const v1::Extent a = Send({"a"}).chunk, b = Send({"b"}).chunk;
  v1::Extent ab, ba;
  AddChunk(a, &ab);
  AddChunk(b, &ab);
  AddChunk(b, &ba);
  AddChunk(a, &ba);
  EXPECT_EQ(ab.rows(), 2u);
  EXPECT_FALSE(SameExtent(ab, ba));
}

}  // namespace
}  // namespace lockstitch::batch
