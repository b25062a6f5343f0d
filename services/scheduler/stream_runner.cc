#include "services/scheduler/stream_runner.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "rpc/timestamp.h"
#include "schema/protocol_version.h"
#include "schema/stream_name.h"
#include "services/scheduler/change_label.h"
#include "services/scheduler/job_error.h"
#include "services/scheduler/load_verification.h"
#include "services/scheduler/log_line.h"
#include "status/macros.h"
#include "status/reason.h"
#include "telemetry/call_context.h"
#include "telemetry/error_count.h"

namespace lockstitch::scheduler {
namespace {

using telemetry::Metric;

double SecondsOf(const v1::StreamRun& run) {
  return static_cast<double>(run.ended_at().seconds() - run.started_at().seconds()) +
         1e-9 * (run.ended_at().nanos() - run.started_at().nanos());
}

// "STREAM_RUN_STATE_SUCCEEDED" -> "succeeded", the label of metrics.
std::string LabelOf(v1::StreamRunState state) {
  return absl::AsciiStrToLower(
      absl::StripPrefix(v1::StreamRunState_Name(state), "STREAM_RUN_STATE_"));
}

// What is known of a run's stream before it is selected.
SelectedStream ByName(const v1::Integration& integration, const v1::StreamRun& run) {
  SelectedStream stream;
  for (const v1::StreamSettings& settings : integration.streams()) {
    const absl::StatusOr<v1::TableName> table = schema::ParseStreamName(settings.stream());
    if (table.ok() && schema::StreamName(*table) == run.stream()) stream.settings = settings;
  }
  stream.settings.set_stream(run.stream());
  stream.settings.set_method(run.method());
  if (const auto table = schema::ParseStreamName(run.stream()); table.ok()) stream.table = *table;
  stream.size_bytes = run.size_bytes();
  return stream;
}

void AddResult(const v1::LoadResult& result, const std::string& replication_key,
               v1::StreamRun* run) {
  run->set_destination_table(result.destination_table());
  v1::PublishedLoad& published = *run->mutable_published();
  published.set_table_version(result.table_version());
  published.set_replaced(result.replaced());
  *published.mutable_key_columns() = result.key_columns();
  if (result.has_bookmark()) {
    published.set_replication_key(replication_key);
    published.set_bookmark(result.bookmark());
  }
  run->set_rows_deleted(result.deleted());
  if (!result.changes().empty()) *run->mutable_changes() = result.changes();
  v1::Progress& progress = *run->mutable_progress();
  progress.set_rows_loaded(result.rows());
  if (progress.rows_extracted() >= result.rows()) return;
  // The extractor's last words were lost; its rows are durable.
  progress.set_rows_extracted(result.rows());
  progress.set_bytes_extracted(result.bytes());
}

}  // namespace

StreamRunner::StreamRunner(const Options& options, OpenRun open,
                           std::optional<SelectedStream> selected)
    : options_(options),
      by_name_(!selected),
      selected_(selected ? *std::move(selected) : ByName(*options.integration, open.run)),
      dispatched_(std::move(open.dispatched)),
      run_(std::move(open.run)) {}

absl::Status StreamRunner::Run(uint32_t connections) {
  telemetry::CallContext context = telemetry::CurrentContext();
  context.stream = run_.stream();
  context.run_id = run_.run_id();
  const telemetry::ContextScope scope(std::move(context));
  RunWatch::Run watched(options_.watch, options_.integration->name());
  if (!run_.has_started_at()) *run_.mutable_started_at() = rpc::ToTimestamp(absl::Now());
  run_.set_state(v1::STREAM_RUN_STATE_RUNNING);
  Dispatch::Options options = options_.dispatch;
  if (options.keeping) {
    options.keeping->left = dispatched_;
    options.keeping->record = [&](const DispatchedRun& dispatched) {
      return options_.recorder->RecordDispatch(run_.run_id(), dispatched);
    };
  }
  if (by_name_) {
    options.complete = [this, connections](v1::ExtractOffer* offer) -> absl::Status {
      ASSIGN_OR_RETURN(selected_, options_.selection->Find(run_.stream()));
      RETURN_IF_ERROR(Problem());
      *offer = OfferOf(connections);
      return absl::OkStatus();
    };
  }
  options.retrying = [&](const absl::Status& failure) { CountRetry(failure, watched); };
  Dispatch dispatch(OfferOf(connections), options,
                    [&](const v1::ExtractResponse& response) { Follow(response, watched); });
  const absl::Status problem = Problem();
  const absl::StatusOr<v1::LoadResult> result =
      problem.ok() ? dispatch.Run() : dispatch.GiveUp(problem);
  if (dispatch.left()) return result.status();
  run_.set_attempts(static_cast<uint32_t>(dispatch.attempts()));
  durable_rows_ = dispatch.durable_rows();
  if (!result.ok()) return End(result.status(), dispatch.kept());
  return End(Verify(), *result);
}

absl::Status StreamRunner::Problem() const {
  const bool explained = selected_.replication_key_lost && selected_.problems.size() == 1;
  return explained ? absl::OkStatus() : ProblemOf(selected_);
}

absl::Status StreamRunner::Verify() {
  if (!options_.verifier) return absl::OkStatus();
  v1::StreamVerification verification;
  const absl::Status status =
      VerifyLoad(*options_.integration, selected_.table, run_.run_id(), snapshot_sums_,
                 *options_.dispatch.loader, *options_.verifier, &verification);
  *run_.mutable_verification() = std::move(verification);
  return status;
}

v1::ExtractOffer StreamRunner::OfferOf(uint32_t connections) const {
  const v1::Integration& integration = *options_.integration;
  const std::string uid = options_.selection->integration_uid();
  v1::ExtractOffer offer;
  offer.set_run_id(run_.run_id());
  *offer.mutable_source() = integration.source();
  *offer.mutable_target()->mutable_destination() = integration.destination();
  offer.mutable_target()->set_integration(integration.name());
  offer.mutable_target()->set_integration_uid(uid.empty() ? integration.uid() : uid);
  offer.mutable_target()->set_registered(!uid.empty());
  *offer.mutable_target()->mutable_table() = selected_.table;
  *offer.mutable_target()->mutable_naming() = integration.naming();
  *offer.mutable_settings() = selected_.settings;
  offer.set_system_columns(integration.system_columns());
  offer.mutable_grant()->set_source(connections);
  offer.mutable_grant()->set_destination(connections);
  offer.set_new_columns(integration.selection().new_columns());
  offer.set_reset(options_.reset);
  offer.set_reset_generation(selected_.settings.reset());
  offer.set_verify(options_.verifier.has_value());
  offer.mutable_known_columns()->Add(selected_.known_columns.begin(),
                                     selected_.known_columns.end());
  return offer;
}

void StreamRunner::CountRetry(const absl::Status& failure, RunWatch::Run& watched) const {
  if (ReasonOf(failure) == Reason::kSlotsExhausted) return watched.Displace();
  options_.metrics->Add(Metric::kSchedulerStreamRunRetries, {Explain(failure).reason}, 1);
}

void StreamRunner::AddChanges(const v1::ExtractBegun& begun) {
  for (const v1::SchemaChange& change : begun.changes()) {
    const auto same = [&](const v1::SchemaChange& told) {
      return told.effect() == change.effect();
    };
    // A table that was altered for one attempt of a run is as it should be for the next.
    if (std::any_of(run_.changes().begin(), run_.changes().end(), same)) continue;
    *run_.add_changes() = change;
    options_.metrics->Add(Metric::kSchedulerSchemaChanges,
                          {options_.integration->name(), LabelOf(change.kind())}, 1);
  }
}

void StreamRunner::Follow(const v1::ExtractResponse& response, RunWatch::Run& watched) {
  if (response.has_log()) {
    v1::LogEntry entry = response.log();
    *entry.mutable_time() = rpc::ToTimestamp(absl::Now());
    entry.set_stream(run_.stream());
    if (entry.origin().empty()) entry.set_origin(std::string(kExtractorOrigin));
    return options_.recorder->Log(entry);
  }
  if (response.has_accepted()) {
    watched.Place();
    const std::string unheeded = schema::UnheededSettings(
        "the extractor", response.accepted().protocol(), selected_.settings);
    if (!unheeded.empty())
      options_.recorder->Log(LogLine(v1::SEVERITY_WARNING, run_.stream(), unheeded));
  }
  if (response.has_begun()) {
    run_.set_destination_table(response.begun().destination_table());
    AddChanges(response.begun());
  }
  if (response.has_snapshot_sums()) snapshot_sums_ = response.snapshot_sums();
  if (response.has_progress()) {
    *run_.mutable_progress() = response.progress();
    watched.Tell(response.progress());
  }
  options_.recorder->TellProgress(run_);
}

absl::Status StreamRunner::End(const absl::Status& failure,
                               const std::optional<v1::LoadResult>& kept) {
  *run_.mutable_ended_at() = rpc::ToTimestamp(absl::Now());
  EndedRun ended = {.rows = run_.progress().rows_loaded(),
                    .replication_key = selected_.settings.replication_key()};
  if (kept) {
    // An older loader tells only the rows of the last load.
    ended.rows = std::max(kept->rows(), kept->run_rows());
    if (kept->has_bookmark()) ended.bookmark = kept->bookmark();
    ended.table_version = kept->table_version();
  }
  rows_ = ended.rows;
  if (kept && kept->outcome() == v1::LOAD_OUTCOME_PUBLISHED) {
    run_.set_state(v1::STREAM_RUN_STATE_SUCCEEDED);
    AddResult(*kept, ended.replication_key, &run_);
  } else {
    run_.mutable_progress()->set_rows_loaded(durable_rows_);
  }
  if (!failure.ok()) {
    const bool stopped =
        ReasonOf(failure) == Reason::kStopped && options_.dispatch.stop.stop_requested();
    run_.set_state(stopped ? v1::STREAM_RUN_STATE_CANCELLED : v1::STREAM_RUN_STATE_FAILED);
    *run_.mutable_error() = ErrorOf(failure);
    options_.recorder->Log(FailureLine(run_.stream(), run_.error()));
  }
  const std::string state = LabelOf(run_.state());
  const bool failed = run_.state() == v1::STREAM_RUN_STATE_FAILED;
  if (failed) telemetry::CountError(failure, options_.metrics);
  options_.metrics->Add(
      Metric::kSchedulerStreamRuns,
      {options_.integration->name(), state,
       failed ? std::string(telemetry::FaultOf(failure)) : std::string(telemetry::kNoFault)},
      1);
  options_.metrics->Observe(Metric::kSchedulerStreamRunSeconds, {state}, SecondsOf(run_));
  ended.run = run_;
  return options_.recorder->EndRun(ended);
}

}  // namespace lockstitch::scheduler
