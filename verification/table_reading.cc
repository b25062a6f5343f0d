#include "verification/table_reading.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "postgres/copy_reader.h"
#include "rpc/progress_deadline.h"
#include "rpc/ticker.h"
#include "schema/stream_name.h"
#include "status/macros.h"
#include "status/reason.h"
#include "verification/row_hasher.h"
#include "verification/table_query.h"

namespace lockstitch::verification {
namespace {

constexpr int kListedAtOnce = 16 * 1024;

// Sees one row after the other, then the end.
class RowVisitor {
 public:
  virtual ~RowVisitor() = default;
  virtual absl::Status Visit(const RowHashes& hashes) = 0;
  virtual absl::Status End() = 0;
};

class Summing final : public RowVisitor {
 public:
  explicit Summing(const ChecksumSink& sink) : sink_(sink) {}

  absl::Status Visit(const RowHashes& hashes) override {
    Bucket& bucket = buckets_[hashes.bucket()];
    bucket.sum += hashes.row;
    ++bucket.rows;
    return absl::OkStatus();
  }

  absl::Status End() override {
    v1::ChecksumResponse response;
    v1::RowSums& sums = *response.mutable_sums();
    for (const Bucket& bucket : buckets_) {
      sums.add_bucket_sums(bucket.sum);
      sums.add_bucket_rows(bucket.rows);
      sums.set_rows(sums.rows() + bucket.rows);
      sums.set_row_sum(sums.row_sum() + bucket.sum);
    }
    return sink_(std::move(response));
  }

 private:
  struct Bucket {
    uint64_t sum = 0;
    uint64_t rows = 0;
  };

  const ChecksumSink& sink_;
  std::array<Bucket, kBuckets> buckets_;
};

class Listing final : public RowVisitor {
 public:
  Listing(const v1::ChecksumRequest& request, const RowHasher& hasher, const ChecksumSink& sink)
      : place_(static_cast<size_t>(request.columns_size())), hasher_(hasher), sink_(sink) {
    for (const uint32_t bucket : request.list().buckets()) wanted_[bucket % kBuckets] = true;
  }

  absl::Status Visit(const RowHashes& hashes) override {
    if (!wanted_[hashes.bucket()]) return absl::OkStatus();
    absl::string_view comparable;
    bool null = false;
    RETURN_IF_ERROR(hasher_.Field(place_, &comparable, &null));
    v1::ListedRows& listed = *response_.mutable_listed();
    listed.add_keys(hashes.key);
    listed.add_rows(hashes.row);
    listed.add_places(null                    ? v1::ROW_PLACE_NULL_KEY
                      : comparable[0] != '\0' ? v1::ROW_PLACE_UNSPECIFIED
                                              : v1::ROW_PLACE_PAST_BOUND);
    return listed.keys_size() < kListedAtOnce ? absl::OkStatus() : End();
  }

  absl::Status End() override { return sink_(std::exchange(response_, v1::ChecksumResponse())); }

 private:
  const size_t place_;
  const RowHasher& hasher_;
  const ChecksumSink& sink_;
  std::array<bool, kBuckets> wanted_ = {};
  v1::ChecksumResponse response_;
};

class Describing final : public RowVisitor {
 public:
  Describing(const v1::ChecksumRequest& request, const RowHasher& hasher, const ChecksumSink& sink)
      : request_(request),
        hasher_(hasher),
        sink_(sink),
        wanted_(request.describe().keys().begin(), request.describe().keys().end()) {}

  absl::Status Visit(const RowHashes& hashes) override {
    if (!wanted_.contains(hashes.key)) return absl::OkStatus();
    v1::ChecksumResponse response;
    v1::DescribedRow& row = *response.mutable_described();
    row.set_key(hashes.key);
    row.set_row(hashes.row);
    std::vector<uint64_t> columns;
    RETURN_IF_ERROR(hasher_.HashColumns(&columns));
    row.mutable_columns()->Add(columns.begin(), columns.end());
    auto place = static_cast<size_t>(request_.columns_size());
    for (int i = 0; i < request_.describe().shown_size(); ++i)
      RETURN_IF_ERROR(Show(place++, row.add_shown()));
    return sink_(std::move(response));
  }

  absl::Status End() override { return absl::OkStatus(); }

 private:
  absl::Status Show(size_t place, v1::TextValue* value) const {
    absl::string_view text;
    bool null = false;
    RETURN_IF_ERROR(hasher_.Field(place, &text, &null));
    if (!null) value->set_text(std::string(text));
    return absl::OkStatus();
  }

  const v1::ChecksumRequest& request_;
  const RowHasher& hasher_;
  const ChecksumSink& sink_;
  const absl::flat_hash_set<uint64_t> wanted_;
};

std::unique_ptr<RowVisitor> MakeVisitor(const v1::ChecksumRequest& request, const RowHasher& hasher,
                                        const ChecksumSink& sink) {
  if (request.has_list()) return std::make_unique<Listing>(request, hasher, sink);
  if (request.has_describe()) return std::make_unique<Describing>(request, hasher, sink);
  return std::make_unique<Summing>(sink);
}

absl::StatusOr<std::vector<bool>> FindWireTyped(postgres::Connection& connection,
                                                const v1::ChecksumRequest& request) {
  ASSIGN_OR_RETURN(const postgres::Result types, connection.Query(QueryTypes(request)));
  std::vector<bool> wire_typed;
  for (int i = 0; i < request.columns_size(); ++i)
    wire_typed.push_back(types.Type(i) == types.Type(request.columns_size() + i));
  return wire_typed;
}

absl::Status Read(postgres::Connection& connection, const v1::ChecksumRequest& request,
                  const ChecksumSink& sink, const std::function<void()>& row_came) {
  ASSIGN_OR_RETURN(const std::vector<bool> wire_typed, FindWireTyped(connection, request));
  ASSIGN_OR_RETURN(const TableQuery query, QueryTable(request, wire_typed));
  RowHasher hasher(request, query.more_fields);
  const std::unique_ptr<RowVisitor> visitor = MakeVisitor(request, hasher, sink);
  ASSIGN_OR_RETURN(postgres::CopyReader reader, postgres::CopyReader::Start(connection, query.sql));
  while (true) {
    ASSIGN_OR_RETURN(const std::optional<absl::string_view> tuple, reader.Next());
    if (!tuple) return visitor->End();
    RowHashes hashes;
    RETURN_IF_ERROR(hasher.Hash(*tuple, &hashes));
    RETURN_IF_ERROR(visitor->Visit(hashes));
    row_came();
  }
}

}  // namespace

absl::Status ReadChecksums(postgres::Connection& connection, const v1::ChecksumRequest& request,
                           const ReadingOptions& options, const ChecksumSink& sink) {
  const std::stop_callback on_stop(options.stop, [&] { connection.Interrupt(); });
  rpc::ProgressDeadline deadline(options.progress_deadline, [&] { connection.Interrupt(); });
  std::atomic<int64_t> rows = 0;
  absl::Status status;
  {
    const rpc::Ticker ticker([&] {
      v1::ChecksumResponse response;
      response.set_rows_read(rows);
      sink(std::move(response)).IgnoreError();
    });
    // The clock is not asked for every row.
    constexpr int64_t kTouchMask = 1023;
    int64_t read = 0;
    status = Read(connection, request, sink, [&] {
      rows.store(++read, std::memory_order_relaxed);
      if ((read & kTouchMask) == 0) deadline.Touch();
    });
  }
  if (status.ok()) return status;
  if (options.stop.stop_requested()) return Error(Reason::kStopped, "the reading was stopped");
  if (!deadline.stalled()) return status;
  return Error(Reason::kProgressStalled,
               absl::StrCat("reading ", schema::StreamName(request.table()), " did not move for ",
                            absl::FormatDuration(options.progress_deadline)));
}

}  // namespace lockstitch::verification
