#include "services/extractor/extraction.h"

#include <algorithm>
#include <atomic>
#include <set>
#include <string>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "failpoint/failpoint.h"
#include "postgres/application_name.h"
#include "postgres/sqlstate.h"
#include "rpc/progress_deadline.h"
#include "rpc/random_id.h"
#include "rpc/retry.h"
#include "rpc/timestamp.h"
#include "schema/column_selection.h"
#include "schema/stream_name.h"
#include "services/extractor/range_sender.h"
#include "services/extractor/source/full_table.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::extractor {
namespace {

// Keeps the first error of several threads.
class FirstError {
 public:
  // True for the first.
  bool Set(const absl::Status& status) {
    absl::MutexLock lock(&mutex_);
    if (!status_.ok()) return false;
    status_ = status;
    return true;
  }
  absl::Status Get() {
    absl::MutexLock lock(&mutex_);
    return status_;
  }

 private:
  absl::Mutex mutex_;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
};

// Whether the source refused a query for what it says: SQLSTATE class 42, without those about
// rights.
bool IsAboutTheQuery(const absl::Status& failure) {
  const std::optional<Reason> reason = ReasonOf(failure);
  return (reason == Reason::kSourceTableChanged || reason == Reason::kSourceQueryFailed) &&
         absl::StartsWith(postgres::SqlStateOf(failure), "42");
}

// Of a table that can't have changed: something in the filter, or that a view calls, doesn't work.
absl::Status QueryFailed(const absl::Status& failure, const std::string& filter) {
  if (!filter.empty()) {
    return Error(Reason::kFilterInvalid,
                 absl::StrCat("the filter '", filter, "' does not work: ", failure.message()));
  }
  return Error(
      Reason::kSourceQueryFailed, failure.message(),
      "Act on the server's message. Nothing is found by search_path here: functions that a "
      "view calls must name schemas, or SET search_path.");
}

}  // namespace

Extraction::Extraction(const v1::ExtractOffer& offer, int64_t fence, RunOwner& owner,
                       const Options& options)
    : offer_(offer),
      owner_(owner),
      options_(options),
      stop_with_options_(options.stop, [this] { stop_.request_stop(); }),
      progress_(options.metrics) {
  *claim_.mutable_target() = offer.target();
  claim_.set_run_id(offer.run_id());
  claim_.set_fence(fence);
  claim_.set_extraction_id(rpc::RandomId());
}

absl::StatusOr<v1::LoadResult> Extraction::Run() {
  const auto report = [this] {
    v1::ExtractResponse response;
    *response.mutable_progress() = progress_.Get();
    owner_.Report(response);
    options_.snapshots->Report();
  };
  const Ticker ticker(report);
  ASSIGN_OR_RETURN(const Sent sent, SendSnapshot());
  if (const auto* result = std::get_if<v1::LoadResult>(&sent)) return *result;
  report();
  return Finish(std::get<std::vector<v1::Extent>>(sent));
}

absl::StatusOr<Extraction::Sent> Extraction::SendSnapshot() {
  // Ends with its transaction before the load is finished: nothing at the source waits for the
  // destination's locks.
  ASSIGN_OR_RETURN(Snapshot snapshot,
                   Snapshot::Take(SourceOptions(), offer_.target().table(), stop_.get_token()));
  Failpoint("extractor.snapshot.taken");
  const OpenSnapshots::Held held(*options_.snapshots, snapshot.taken_at());
  const rpc::ProgressDeadline age(options_.snapshot_age_limit, [this] { stop_.request_stop(); });
  absl::StatusOr<Sent> sent = SendWhileYoung(snapshot);
  if (snapshot.locked() && IsAboutTheQuery(sent.status()))
    return QueryFailed(sent.status(), offer_.settings().filter());
  if (sent.ok() || !age.stalled()) return sent;
  return Error(Reason::kSnapshotTooOld,
               absl::StrCat("the snapshot was held for ",
                            absl::FormatDuration(options_.snapshot_age_limit)));
}

absl::StatusOr<Extraction::Sent> Extraction::SendWhileYoung(Snapshot& snapshot) {
  ranges_ = CutByBlocks(snapshot.table().kind(), snapshot.blocks(), snapshot.server_version(),
                        std::max(1u, offer_.settings().ranges()));
  if (ranges_.size() > 1) RETURN_IF_ERROR(snapshot.Share());
  const schema::ColumnSelection selection =
      schema::SelectColumns(snapshot.table(), offer_.settings());
  if (!selection.problems.empty()) return selection.problems.front();
  for (const std::string& note : selection.notes) Note(note);
  ASSIGN_OR_RETURN(const v1::BeginLoadResponse begun, Begin(snapshot, selection.table));
  if (begun.has_result()) return begun.result();
  v1::ExtractResponse response;
  response.mutable_begun()->set_destination_table(begun.plan().destination_table());
  owner_.Report(response);
  for (const std::string& note : begun.plan().notes()) Note(note);
  ASSIGN_OR_RETURN(std::vector<v1::Extent> extents,
                   SendRanges(snapshot, selection.table, begun.plan()));
  return extents;
}

absl::StatusOr<v1::BeginLoadResponse> Extraction::Begin(const Snapshot& snapshot,
                                                        const v1::Table& selected) {
  v1::BeginLoadRequest request;
  *request.mutable_claim() = claim_;
  *request.mutable_table() = selected;
  std::set<std::string> names;
  for (const v1::Column& column : selected.columns()) names.insert(column.name());
  for (const v1::Column& column : snapshot.table().columns()) {
    if (names.count(column.name()) == 0) request.add_other_columns(column.name());
  }
  request.set_new_columns(offer_.new_columns());
  *request.mutable_named_columns() = offer_.settings().include_columns();
  request.set_lc_monetary(snapshot.money_locale());
  request.set_source_version(snapshot.server_version());
  request.set_method(v1::REPLICATION_METHOD_FULL_TABLE);
  request.set_system_columns(offer_.system_columns());
  request.mutable_ranges()->Add(ranges_.begin(), ranges_.end());
  request.set_reset_generation(offer_.reset_generation());
  request.set_reset(offer_.reset());
  *request.mutable_source() = snapshot.source();
  *request.mutable_extracted_at() = rpc::ToTimestamp(snapshot.taken_at());
  v1::BeginLoadResponse response;
  RETURN_IF_ERROR(rpc::Retry({}, stop_.get_token(), [&] {
    ASSIGN_OR_RETURN(response, options_.loader->BeginLoad(request, stop_.get_token()));
    return absl::OkStatus();
  }));
  return response;
}

absl::StatusOr<std::vector<v1::Extent>> Extraction::SendRanges(Snapshot& snapshot,
                                                               const v1::Table& selected,
                                                               const v1::LoadPlan& plan) {
  std::stop_source stop;
  const std::stop_callback passed_on(stop_.get_token(), [&] { stop.request_stop(); });
  const RangeSender sender(claim_, {.loader = options_.loader,
                                    .metrics = options_.metrics,
                                    .progress = &progress_,
                                    .progress_deadline = options_.progress_deadline,
                                    .stop = stop.get_token()});
  std::vector<v1::Extent> extents(ranges_.size());
  std::atomic<size_t> next = 0;
  FirstError error;
  const auto send_all = [&](postgres::Connection& source) -> absl::Status {
    for (size_t range = next++; range < ranges_.size(); range = next++) {
      ASSIGN_OR_RETURN(const RangeQuery query,
                       QueryRange(selected, plan, ranges_[range], offer_.settings().filter()));
      ASSIGN_OR_RETURN(extents[range], sender.Send(source, static_cast<uint32_t>(range), query));
    }
    return absl::OkStatus();
  };
  const auto run = [&](const absl::Status& status) {
    if (!status.ok() && error.Set(status)) stop.request_stop();
  };
  const auto join_and_send = [&]() -> absl::Status {
    absl::StatusOr<postgres::Connection> source = snapshot.Join(SourceOptions());
    if (source.ok()) return send_all(*source);
    if (postgres::SqlStateOf(source.status()) != postgres::kLockNotAvailable)
      return source.status();
    Note("a lock is waited for at the source: fewer sessions read the table");
    return absl::OkStatus();
  };

  const v1::ConnectionGrant& grant = offer_.grant();
  const size_t sessions = std::min<size_t>(
      {ranges_.size(), std::max(1u, grant.source()), std::max(1u, grant.destination())});
  std::vector<std::thread> others;
  for (size_t i = 1; i < sessions; ++i) others.emplace_back([&] { run(join_and_send()); });
  run(send_all(snapshot.connection()));
  for (std::thread& other : others) other.join();
  RETURN_IF_ERROR(error.Get());
  return extents;
}

absl::StatusOr<v1::LoadResult> Extraction::Finish(const std::vector<v1::Extent>& extents) {
  v1::FinishLoadRequest request;
  *request.mutable_claim() = claim_;
  for (size_t range = 0; range < extents.size(); ++range) {
    v1::RangeExtent* extent = request.add_ranges();
    extent->set_range(static_cast<uint32_t>(range));
    *extent->mutable_extent() = extents[range];
  }
  Failpoint("extractor.finishing");
  v1::FinishLoadResponse response;
  RETURN_IF_ERROR(rpc::Retry({}, options_.stop, [&] {
    ASSIGN_OR_RETURN(response, options_.loader->FinishLoad(request, options_.stop));
    return absl::OkStatus();
  }));
  return response.result();
}

postgres::Connection::Options Extraction::SourceOptions() const {
  return {.server = offer_.source().postgres(),
          .side = postgres::Side::kSource,
          .application_name = postgres::ApplicationName(
              "extractor", offer_.run_id(), schema::StreamName(offer_.target().table()))};
}

void Extraction::Note(const std::string& text) {
  v1::ExtractResponse response;
  response.mutable_log()->set_severity(v1::SEVERITY_INFO);
  response.mutable_log()->set_message(text);
  owner_.Report(response);
}

}  // namespace lockstitch::extractor
