#include "services/extractor/extraction.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "failpoint/failpoint.h"
#include "postgres/application_name.h"
#include "postgres/sqlstate.h"
#include "rpc/progress_deadline.h"
#include "rpc/random_id.h"
#include "rpc/retry.h"
#include "rpc/ticker.h"
#include "rpc/timestamp.h"
#include "schema/column_selection.h"
#include "schema/protocol_version.h"
#include "schema/stream_name.h"
#include "services/extractor/load_opening.h"
#include "services/extractor/range_sender.h"
#include "services/extractor/snapshot_sums.h"
#include "services/extractor/source/horizon.h"
#include "services/extractor/source/key_ranges.h"
#include "services/extractor/source/replication_key.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::extractor {
namespace {

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

// Whether several rows of a snapshot can agree in their key: the user has chosen it, so that
// nothing at the source sees to it.
bool MayRepeatKeys(const v1::StreamSettings& settings) { return !settings.key_columns().empty(); }

// Whether the snapshot shows every key, whatever happens: what a view reads is tested for having
// been rewritten by nothing but its lock.
bool CanReadKeys(const Snapshot& snapshot) {
  return snapshot.locked() || snapshot.table().kind() != v1::TABLE_KIND_VIEW;
}

}  // namespace

Extraction::Extraction(const v1::ExtractOffer& offer, int64_t fence, RunOwner& owner,
                       const Options& options)
    : offer_(offer),
      owner_(owner),
      options_(options),
      stop_with_options_(options.stop, [this] { stop_.request_stop(); }),
      progress_(options.metrics, offer.target().integration()) {
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
  };
  const rpc::Ticker ticker(report);
  ASSIGN_OR_RETURN(const Sent sent, SendSnapshot());
  if (const auto* result = std::get_if<v1::LoadResult>(&sent)) return *result;
  report();
  return Finish(std::get<Extents>(sent));
}

absl::StatusOr<Extraction::Sent> Extraction::SendSnapshot() {
  ASSIGN_OR_RETURN(postgres::SessionPool::Lease source, options_.sessions->Take(SourceOptions()));
  SourceMoment moment;
  if (incremental()) {
    const std::stop_callback on_stop(stop_.get_token(), [&] { source->Interrupt(); });
    ASSIGN_OR_RETURN(moment, ReadSourceMoment(*source));
    Failpoint("extractor.horizon.read");
  }
  // Ends with its transaction before the load is finished: nothing at the source waits for the
  // destination's locks.
  ASSIGN_OR_RETURN(Snapshot snapshot,
                   Snapshot::Take(std::move(source), offer_.target().table(), stop_.get_token()));
  Failpoint("extractor.snapshot.taken");
  const OpenSnapshots::Held held(*options_.snapshots, snapshot.taken_at());
  const rpc::ProgressDeadline age(options_.snapshot_age_limit, [this] { stop_.request_stop(); });
  // Nobody reads from its session while the loader, or other sessions, are waited for.
  std::atomic<bool> lost = false;
  const rpc::Ticker watch([&] {
    if (!lost && (lost = snapshot.lost())) stop_.request_stop();
  });
  absl::StatusOr<Sent> sent = SendWhileYoung(snapshot, moment);
  if (sent.ok()) {
    std::move(snapshot).End();
    return sent;
  }
  const absl::Status& failure = sent.status();
  if (snapshot.locked() && IsAboutTheQuery(failure))
    return QueryFailed(failure, offer_.settings().filter());
  if (age.stalled()) {
    return Error(Reason::kSnapshotTooOld,
                 absl::StrCat("the snapshot was held for ",
                              absl::FormatDuration(options_.snapshot_age_limit)));
  }
  // Other failures are told as what they are: they needn't come from the loss, nor be tried again.
  const std::optional<Reason> reason = ReasonOf(failure);
  const bool met = reason == Reason::kSnapshotLost;
  const bool by_loss = (lost && (!reason || reason == Reason::kStopped)) ||
                       (reason == Reason::kConnectionLost && (lost || snapshot.lost()));
  if (!met && !by_loss) return failure;
  options_.metrics->Add(telemetry::Metric::kExtractorSnapshotsLost, {}, 1);
  return snapshot.WhyLost(met ? failure : SnapshotLost(failure));
}

absl::StatusOr<Extraction::Sent> Extraction::SendWhileYoung(Snapshot& snapshot,
                                                            const SourceMoment& moment) {
  const schema::ColumnSelection selection =
      schema::SelectColumns(snapshot.table(), offer_.settings(),
                            {offer_.known_columns().begin(), offer_.known_columns().end()});
  if (selection.replication_key_lost) return WhyWithoutKey(selection.problems.front());
  if (!selection.problems.empty()) return selection.problems.front();
  for (const std::string& note : selection.notes) Note(note);
  ASSIGN_OR_RETURN(const v1::BeginLoadRequest request, Opening(snapshot, moment, selection.table));
  ASSIGN_OR_RETURN(const v1::BeginLoadResponse begun, Begin(request));
  if (begun.has_result()) return begun.result();
  const v1::LoadPlan& plan = begun.plan();
  v1::ExtractResponse response;
  response.mutable_begun()->set_destination_table(plan.destination_table());
  *response.mutable_begun()->mutable_changes() = plan.changes();
  owner_.Report(response);
  for (const v1::SchemaChange& change : plan.changes()) Note(change.effect());
  for (const std::string& note : plan.notes()) Note(note);
  const std::string unheeded =
      schema::UnheededSettings("the loader", begun.protocol(), offer_.settings());
  if (!unheeded.empty()) Note(unheeded, v1::SEVERITY_WARNING);
  ASSIGN_OR_RETURN(const std::vector<RangeRead> reads, Reads(snapshot, request, plan));
  ASSIGN_OR_RETURN(Extents extents, SendRanges(snapshot, reads));
  const bool nothing = std::all_of(reads.begin(), reads.end(), [&](const RangeRead& read) {
    return read.keys || extents.at(read.number).rows() == 0;
  });
  if (plan.mode() == v1::LOAD_MODE_CHANGES && nothing) {
    Note(absl::StrCat("no row is at or past the bookmark ", plan.lower_bound(),
                      ": rows were deleted at the source, or its greatest key went back"));
  }
  if (offer_.verify()) {
    ASSIGN_OR_RETURN(
        *response.mutable_snapshot_sums(),
        SumSnapshot(snapshot, offer_, plan, extents,
                    {.progress_deadline = options_.progress_deadline, .stop = stop_.get_token()}));
    owner_.Report(response);
  }
  return extents;
}

absl::Status Extraction::WhyWithoutKey(const absl::Status& problem) const {
  const v1::StreamTarget& target = offer_.target();
  v1::GetStateRequest request;
  *request.mutable_destination() = target.destination();
  request.set_integration(target.integration());
  const absl::StatusOr<v1::GetStateResponse> states = options_.loader->GetState(request);
  if (!states.ok()) return problem;
  for (const v1::StreamState& state : states->streams()) {
    const bool read_by_it = state.has_bookmark() &&
                            state.plan().replication_key() == offer_.settings().replication_key();
    if (schema::StreamName(state.table()) == schema::StreamName(target.table()) && read_by_it)
      return Error(Reason::kReplicationKeyChanged, problem.message());
  }
  return problem;
}

absl::StatusOr<v1::BeginLoadRequest> Extraction::Opening(Snapshot& snapshot,
                                                         const SourceMoment& moment,
                                                         const v1::Table& selected) {
  postgres::Connection& source = snapshot.connection();
  const std::stop_callback on_stop(stop_.get_token(), [&] { source.Interrupt(); });
  const v1::StreamSettings& settings = offer_.settings();
  v1::BeginLoadRequest request = DescribeLoad(offer_, claim_, snapshot, selected);
  std::vector<v1::RangeBounds> ranges;
  if (incremental()) {
    const ReplicationKey key = FindReplicationKey(selected, settings.replication_key());
    ASSIGN_OR_RETURN(const Horizon horizon, FindHorizon(source, moment, key, settings));
    if (!horizon.note.empty()) Note(horizon.note);
    ASSIGN_OR_RETURN(
        ranges, CutByKey(source, key, FirstLoadRanges(selected.size_bytes(), settings.ranges())));
    request.set_method(v1::REPLICATION_METHOD_INCREMENTAL);
    request.set_replication_key(key.column);
    if (horizon.key) request.set_horizon(*horizon.key);
    if (settings.has_deletes() && !CanReadKeys(snapshot)) {
      request.set_protocol(schema::kSendsKeys - 1);
      Note(
          "the view, and what it reads, can't be locked: a table that is rewritten meanwhile would "
          "look empty");
    }
    request.set_duplicate_keys(MayRepeatKeys(settings));
  } else {
    ASSIGN_OR_RETURN(parts_, CutTable(snapshot, selected,
                                      {.sessions = Sessions(snapshot),
                                       .wanted = settings.ranges(),
                                       .filter = settings.filter()}));
    for (const TablePart& part : parts_) ranges.push_back(part.bounds);
  }
  request.mutable_ranges()->Add(ranges.begin(), ranges.end());
  return request;
}

absl::StatusOr<v1::BeginLoadResponse> Extraction::Begin(const v1::BeginLoadRequest& request) {
  v1::BeginLoadResponse response;
  RETURN_IF_ERROR(rpc::Retry({}, stop_.get_token(), [&] {
    ASSIGN_OR_RETURN(response, options_.loader->BeginLoad(request, stop_.get_token()));
    return absl::OkStatus();
  }));
  if (response.has_plan() && response.protocol() < schema::kTakesUnchanged)
    response.mutable_plan()->clear_unchanged();
  return response;
}

absl::StatusOr<std::vector<RangeRead>> Extraction::Reads(Snapshot& snapshot,
                                                         const v1::BeginLoadRequest& request,
                                                         const v1::LoadPlan& plan) const {
  postgres::Connection& source = snapshot.connection();
  const std::stop_callback on_stop(stop_.get_token(), [&] { source.Interrupt(); });
  const v1::Table& table = request.table();
  const std::string& filter = offer_.settings().filter();
  if (!incremental()) return ReadParts(table, plan, parts_, filter);
  const ReplicationKey key = FindReplicationKey(table, request.replication_key());
  if (plan.mode() == v1::LOAD_MODE_CHANGES) return ReadChanges(source, table, plan, key, filter);
  if (plan.mode() == v1::LOAD_MODE_FIRST) return ReadKeyRanges(table, plan, key, filter);
  return Error(Reason::kProtocolViolated, "the loader planned no incremental load");
}

absl::StatusOr<Extents> Extraction::SendRanges(Snapshot& snapshot,
                                               const std::vector<RangeRead>& reads) {
  std::stop_source stop;
  const std::stop_callback passed_on(stop_.get_token(), [&] { stop.request_stop(); });
  const RangeSender sender(
      claim_, {.loader = options_.loader,
               .metrics = options_.metrics,
               .progress = &progress_,
               .chunks = options_.chunks,
               .batch_bytes = options_.batch_bytes,
               .progress_deadline = options_.progress_deadline,
               .stop = stop.get_token(),
               .note = [this](const std::string& text) { Note(text, v1::SEVERITY_WARNING); }});
  progress_.QueueRanges(reads.size());
  return SendByAll(sender, snapshot, reads,
                   {.sessions = Sessions(snapshot),
                    .metrics = options_.metrics,
                    .stop = stop,
                    .join = [&] { return snapshot.Join(*options_.sessions, SourceOptions()); },
                    .note = [this](const std::string& text) { Note(text); }});
}

uint32_t Extraction::Sessions(const Snapshot& snapshot) const {
  const v1::ConnectionGrant& grant = offer_.grant();
  return snapshot.shareable()
             ? std::min(std::max(1u, grant.source()), std::max(1u, grant.destination()))
             : 1;
}

absl::StatusOr<v1::LoadResult> Extraction::Finish(const Extents& extents) {
  v1::FinishLoadRequest request;
  *request.mutable_claim() = claim_;
  for (const auto& [range, extent] : extents) {
    v1::RangeExtent* sent = request.add_ranges();
    sent->set_range(range);
    *sent->mutable_extent() = extent;
  }
  Failpoint("extractor.finishing");
  v1::FinishLoadResponse response;
  RETURN_IF_ERROR(rpc::Retry({}, options_.stop, [&] {
    ASSIGN_OR_RETURN(response, options_.loader->FinishLoad(request, options_.stop));
    return absl::OkStatus();
  }));
  const v1::LoadResult& result = response.result();
  for (const std::string& note : result.notes()) Note(note);
  if (incremental() && result.rows() > 0 && !result.has_bookmark()) {
    Note(absl::StrCat("there is no bookmark: no row has a ", offer_.settings().replication_key(),
                      " that is neither NULL, NaN nor infinite, so that each run reads the whole "
                      "table"));
  }
  return result;
}

bool Extraction::incremental() const {
  return offer_.settings().method() == v1::REPLICATION_METHOD_INCREMENTAL;
}

postgres::Connection::Options Extraction::SourceOptions() const {
  return {.server = offer_.source().postgres(),
          .side = postgres::Side::kSource,
          .application_name = postgres::ApplicationName(
              "extractor", offer_.run_id(), schema::StreamName(offer_.target().table()))};
}

void Extraction::Note(const std::string& text, v1::Severity severity) {
  v1::ExtractResponse response;
  response.mutable_log()->set_severity(severity);
  response.mutable_log()->set_message(text);
  owner_.Report(response);
}

}  // namespace lockstitch::extractor
