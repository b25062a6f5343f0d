#include "services/scheduler/job_runner.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "rpc/random_id.h"
#include "rpc/retry.h"
#include "rpc/timestamp.h"
#include "schema/protocol_version.h"
#include "services/scheduler/job_error.h"
#include "services/scheduler/load_preview.h"
#include "services/scheduler/load_verification.h"
#include "services/scheduler/registration.h"
#include "status/macros.h"
#include "status/reason.h"
#include "telemetry/log.h"

namespace lockstitch::scheduler {
namespace {

using telemetry::Metric;

double SecondsOf(const v1::StreamRun& run) {
  return static_cast<double>(run.ended_at().seconds() - run.started_at().seconds()) +
         1e-9 * (run.ended_at().nanos() - run.started_at().nanos());
}

// "STREAM_RUN_STATE_SUCCEEDED" -> "succeeded", the label of metrics.
std::string LabelOf(absl::string_view name, absl::string_view prefix) {
  return absl::AsciiStrToLower(absl::StripPrefix(name, prefix));
}

// A table that was altered for one attempt of a run is as it should be for the next.
void AddChanges(const v1::ExtractBegun& begun, v1::StreamRun* run) {
  for (const v1::SchemaChange& change : begun.changes()) {
    const auto same = [&](const v1::SchemaChange& told) {
      return told.effect() == change.effect();
    };
    if (std::none_of(run->changes().begin(), run->changes().end(), same))
      *run->add_changes() = change;
  }
}

}  // namespace

JobRunner::JobRunner(const v1::Integration& integration, const Options& options, Listener listener)
    : integration_(integration), options_(options), listener_(std::move(listener)) {
  job_.set_job_id(rpc::RandomId());
  job_.set_integration(integration.name());
  job_.set_state(v1::JOB_STATE_PENDING);
}

void JobRunner::Run() {
  {
    absl::MutexLock lock(&mutex_);
    job_.set_state(v1::JOB_STATE_RUNNING);
    *job_.mutable_started_at() = rpc::ToTimestamp(absl::Now());
    ReportJob();
  }
  EndJob(SelectAndRun());
}

absl::Status JobRunner::SelectAndRun() {
  discovery::Catalog catalog;
  RETURN_IF_ERROR(rpc::Retry({.reached = false}, options_.dispatch.stop, [&] {
    ASSIGN_OR_RETURN(catalog,
                     options_.discovery->Discover(integration_.source(), options_.dispatch.stop));
    return absl::OkStatus();
  }));
  std::vector<SelectedStream> selected = SelectStreams(integration_, catalog.tables);
  RETURN_IF_ERROR(Register(catalog, &selected));
  {
    absl::MutexLock lock(&mutex_);
    if (selected.empty()) ReportLog(v1::SEVERITY_WARNING, "", "the selection finds no table");
    for (const SelectedStream& stream : selected) {
      Stream& added = *streams_.emplace_back(std::make_unique<Stream>());
      added.selected = stream;
      added.run.set_run_id(rpc::RandomId());
      added.run.set_stream(stream.settings.stream());
      added.run.set_method(stream.settings.method());
      added.run.set_state(v1::STREAM_RUN_STATE_QUEUED);
      added.connections = std::max(1u, stream.settings.ranges());
      ReportStream(added);
    }
  }
  RunStreams();
  return absl::OkStatus();
}

absl::Status JobRunner::Register(const discovery::Catalog& catalog,
                                 std::vector<SelectedStream>* selected) {
  const bool needed = IgnoresNew(integration_);
  const v1::RegisterStreamsRequest request =
      RegistrationOf(integration_, *selected, /*validate_only=*/false);
  v1::RegisterStreamsResponse registered;
  // Where nothing depends on it, what keeps the destination from answering is each stream's to
  // tell.
  const absl::Status status =
      rpc::Retry({.attempts = needed ? rpc::RetryPolicy().attempts : 1, .reached = false},
                 options_.dispatch.stop, [&] {
                   ASSIGN_OR_RETURN(registered, options_.dispatch.loader->RegisterStreams(request));
                   return absl::OkStatus();
                 });
  if (needed) RETURN_IF_ERROR(status);
  if (status.ok()) {
    uid_ = registered.integration_uid();
    absl::MutexLock lock(&mutex_);
    // The columns' lines come from the loader, which leaves them out.
    for (const LeftOut& left_out : LeaveOutNew(integration_, registered, selected)) {
      if (left_out.column.empty()) ReportLog(v1::SEVERITY_INFO, left_out.stream, left_out.note);
    }
  }
  NameStreams(integration_, selected);
  if (status.ok()) Preview(catalog, registered, *selected);
  return absl::OkStatus();
}

void JobRunner::Preview(const discovery::Catalog& catalog,
                        const v1::RegisterStreamsResponse& registered,
                        const std::vector<SelectedStream>& selected) {
  const std::vector<const SelectedStream*> edited =
      EditedStreams(integration_, registered, selected);
  if (edited.empty()) return;
  const absl::StatusOr<std::vector<v1::LoadPreview>> previews =
      PreviewLoads(integration_, catalog, edited, options_.reset, *options_.dispatch.loader);
  absl::MutexLock lock(&mutex_);
  if (!previews.ok()) {
    return ReportLog(v1::SEVERITY_WARNING, "",
                     absl::StrCat("what the edited settings come to can't be told: ",
                                  previews.status().message()));
  }
  for (size_t i = 0; i < edited.size(); ++i) {
    // What will fail is told by the run itself.
    if (!(*previews)[i].reason().empty()) continue;
    v1::JobEvent event;
    event.mutable_preview()->set_stream(edited[i]->settings.stream());
    *event.mutable_preview()->mutable_changes() = (*previews)[i].changes();
    event.mutable_preview()->set_why_anew((*previews)[i].why_anew());
    listener_(event);
  }
}

void JobRunner::RunStreams() {
  std::vector<std::thread> threads;
  while (true) {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(&plan_due_));
    plan_due_ = false;
    const std::vector<RunStanding> standings = Standings();
    if (PlanJobState(standings, /*stopped=*/false) != v1::JOB_STATE_RUNNING) break;
    const std::vector<StartRun> starts = PlanStarts(standings, options_.limits);
    for (const StartRun& start : starts) {
      Stream& stream = *streams_[start.run];
      stream.connections = start.connections;
      stream.run.set_state(v1::STREAM_RUN_STATE_RUNNING);
      *stream.run.mutable_started_at() = rpc::ToTimestamp(absl::Now());
      telemetry::Log(telemetry::LogSeverity::kInfo, "stream run starts",
                     {{"stream", stream.run.stream()},
                      {"run_id", stream.run.run_id()},
                      {"why", start.reason}});
      threads.emplace_back([this, &stream] { RunStream(stream); });
    }
  }
  for (std::thread& thread : threads) thread.join();
}

void JobRunner::RunStream(Stream& stream) {
  const absl::Status problem = ProblemOf(stream.selected);
  const bool explained =
      stream.selected.replication_key_lost && stream.selected.problems.size() == 1;
  if (!problem.ok() && !explained) return EndStream(stream, problem, absl::OkStatus(), 0);
  const v1::ExtractOffer offer = OfferOf(stream);
  Dispatch dispatch(offer, options_.dispatch,
                    [&](const v1::ExtractResponse& response) { Follow(stream, response); });
  const absl::StatusOr<v1::LoadResult> result = dispatch.Run();
  const absl::Status verified = result.ok() ? VerifyStream(stream) : absl::OkStatus();
  EndStream(stream, result, verified, dispatch.attempts());
}

absl::Status JobRunner::VerifyStream(Stream& stream) {
  if (!options_.verifier) return absl::OkStatus();
  std::optional<v1::RowSums> snapshot;
  {
    absl::MutexLock lock(&mutex_);
    snapshot = stream.snapshot_sums;
  }
  v1::StreamVerification verification;
  const absl::Status status =
      VerifyLoad(integration_, stream.selected.table, snapshot, *options_.dispatch.loader,
                 *options_.verifier, &verification);
  absl::MutexLock lock(&mutex_);
  *stream.run.mutable_verification() = std::move(verification);
  return status;
}

v1::ExtractOffer JobRunner::OfferOf(const Stream& stream) const {
  v1::ExtractOffer offer;
  offer.set_run_id(stream.run.run_id());
  *offer.mutable_source() = integration_.source();
  *offer.mutable_target()->mutable_destination() = integration_.destination();
  offer.mutable_target()->set_integration(integration_.name());
  offer.mutable_target()->set_integration_uid(uid_.empty() ? integration_.uid() : uid_);
  offer.mutable_target()->set_registered(!uid_.empty());
  *offer.mutable_target()->mutable_table() = stream.selected.table;
  *offer.mutable_target()->mutable_naming() = integration_.naming();
  *offer.mutable_settings() = stream.selected.settings;
  offer.set_system_columns(integration_.system_columns());
  offer.mutable_grant()->set_source(stream.connections);
  offer.mutable_grant()->set_destination(stream.connections);
  offer.set_new_columns(integration_.selection().new_columns());
  offer.set_reset(options_.reset);
  offer.set_reset_generation(stream.selected.settings.reset());
  offer.set_verify(options_.verifier.has_value());
  return offer;
}

void JobRunner::Follow(Stream& stream, const v1::ExtractResponse& response) {
  absl::MutexLock lock(&mutex_);
  if (response.has_log()) {
    return ReportLog(response.log().severity(), stream.run.stream(), response.log().message());
  }
  if (response.has_accepted()) {
    const std::string unheeded = schema::UnheededSettings(
        "the extractor", response.accepted().protocol(), stream.selected.settings);
    if (!unheeded.empty()) ReportLog(v1::SEVERITY_WARNING, stream.run.stream(), unheeded);
  }
  if (response.has_begun()) {
    stream.run.set_destination_table(response.begun().destination_table());
    AddChanges(response.begun(), &stream.run);
  }
  if (response.has_snapshot_sums()) stream.snapshot_sums = response.snapshot_sums();
  if (response.has_progress()) *stream.run.mutable_progress() = response.progress();
  ReportStream(stream);
}

void JobRunner::EndStream(Stream& stream, const absl::StatusOr<v1::LoadResult>& result,
                          const absl::Status& verified, int attempts) {
  absl::MutexLock lock(&mutex_);
  v1::StreamRun& run = stream.run;
  run.set_attempts(static_cast<uint32_t>(attempts));
  *run.mutable_ended_at() = rpc::ToTimestamp(absl::Now());
  if (result.ok()) {
    run.set_state(v1::STREAM_RUN_STATE_SUCCEEDED);
    run.set_destination_table(result->destination_table());
    run.set_rows_deleted(result->deleted());
    run.mutable_progress()->set_rows_loaded(result->rows());
    if (run.progress().rows_extracted() < result->rows()) {
      // The extractor's last words were lost; its rows are durable.
      run.mutable_progress()->set_rows_extracted(result->rows());
      run.mutable_progress()->set_bytes_extracted(result->bytes());
    }
  } else {
    run.mutable_progress()->set_rows_loaded(0);
  }
  const absl::Status& failure = result.ok() ? verified : result.status();
  if (!failure.ok()) {
    const bool stopped =
        ReasonOf(failure) == Reason::kStopped && options_.dispatch.stop.stop_requested();
    run.set_state(stopped ? v1::STREAM_RUN_STATE_CANCELLED : v1::STREAM_RUN_STATE_FAILED);
    *run.mutable_error() = ErrorOf(failure);
    ReportLog(
        v1::SEVERITY_ERROR, run.stream(),
        absl::StrCat(run.error().reason(), ": ", run.error().message(), " ", run.error().remedy()));
  }
  const std::string state = LabelOf(v1::StreamRunState_Name(run.state()), "STREAM_RUN_STATE_");
  options_.metrics->Add(Metric::kSchedulerStreamRuns,
                        {state, run.has_error() ? run.error().reason() : "NONE"}, 1);
  options_.metrics->Observe(Metric::kSchedulerStreamRunSeconds, {state}, SecondsOf(run));
  plan_due_ = true;
  ReportStream(stream);
}

void JobRunner::EndJob(const absl::Status& failure) {
  absl::MutexLock lock(&mutex_);
  job_.set_state(PlanJobState(Standings(), options_.dispatch.stop.stop_requested()));
  if (!failure.ok()) {
    const bool stopped =
        ReasonOf(failure) == Reason::kStopped && options_.dispatch.stop.stop_requested();
    job_.set_state(stopped ? v1::JOB_STATE_CANCELLED : v1::JOB_STATE_FAILED);
    *job_.mutable_error() = ErrorOf(failure);
    ReportLog(v1::SEVERITY_ERROR, "",
              absl::StrCat(job_.error().reason(), ": ", job_.error().message(), " ",
                           job_.error().remedy()));
  }
  *job_.mutable_ended_at() = rpc::ToTimestamp(absl::Now());
  options_.metrics->Add(Metric::kSchedulerJobs,
                        {LabelOf(v1::JobState_Name(job_.state()), "JOB_STATE_")}, 1);
  ReportJob();
}

std::vector<RunStanding> JobRunner::Standings() const {
  std::vector<RunStanding> standings;
  for (const auto& stream : streams_) {
    standings.push_back({.state = stream->run.state(),
                         .size_bytes = stream->selected.size_bytes,
                         .connections = stream->connections});
  }
  return standings;
}

void JobRunner::ReportStream(const Stream& stream) {
  v1::JobEvent event;
  *event.mutable_stream_run() = stream.run;
  listener_(event);
}

void JobRunner::ReportJob() {
  v1::JobEvent event;
  *event.mutable_job() = job_;
  listener_(event);
}

void JobRunner::ReportLog(v1::Severity severity, const std::string& stream,
                          const std::string& text) {
  v1::JobEvent event;
  v1::LogEntry& entry = *event.mutable_log();
  *entry.mutable_time() = rpc::ToTimestamp(absl::Now());
  entry.set_severity(severity);
  entry.set_stream(stream);
  entry.set_message(text);
  listener_(event);
}

}  // namespace lockstitch::scheduler
