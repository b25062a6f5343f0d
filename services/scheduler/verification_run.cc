#include "services/scheduler/verification_run.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "rpc/retry.h"
#include "schema/stream_name.h"
#include "services/scheduler/compared_stream.h"
#include "services/scheduler/job_error.h"
#include "services/scheduler/registration.h"
#include "status/macros.h"
#include "status/reason.h"
#include "telemetry/call_context.h"

namespace lockstitch::scheduler {
namespace {

bool SelectsNothing(const v1::Integration& integration) {
  return integration.streams().empty() && integration.selection().patterns().empty();
}

}  // namespace

VerificationRun::VerificationRun(const v1::Integration& integration, const Options& options,
                                 Listener listener)
    : integration_(integration), options_(options), listener_(std::move(listener)) {
  options_.verifier.listing = &listing_;
}

absl::Status VerificationRun::Run() {
  RETURN_IF_ERROR(FindStreams());
  for (const auto& stream : streams_) Tell(*stream);
  std::atomic<size_t> next = 0;
  const auto compare_some = [&] {
    for (size_t i = next++; i < streams_.size(); i = next++) Compare(*streams_[i]);
  };
  std::vector<std::thread> threads;
  const size_t parallel = std::min(std::max<size_t>(options_.parallel_streams, 1), streams_.size());
  for (size_t i = 0; i < parallel; ++i) threads.emplace_back(telemetry::InContext(compare_some));
  for (std::thread& thread : threads) thread.join();
  return absl::OkStatus();
}

absl::Status VerificationRun::FindStreams() {
  v1::GetStateRequest request;
  *request.mutable_destination() = integration_.destination();
  request.set_integration(integration_.name());
  v1::GetStateResponse states;
  RETURN_IF_ERROR(rpc::Retry({.reached = false}, options_.verifier.stop, [&] {
    ASSIGN_OR_RETURN(states, options_.loader->GetState(request));
    return absl::OkStatus();
  }));
  std::map<std::string, const v1::StreamState*> kept;
  for (const v1::StreamState& state : states.streams()) {
    if (!state.destination_table().empty()) kept[schema::StreamName(state.table())] = &state;
  }
  if (SelectsNothing(integration_)) {
    for (const auto& [name, state] : kept) AddStream(name, *state, absl::OkStatus());
  } else {
    ASSIGN_OR_RETURN(const std::vector<SelectedStream> selected, Select(states));
    for (const SelectedStream& stream : selected) {
      v1::StreamState unknown;
      *unknown.mutable_table() = stream.table;
      const auto state = kept.find(stream.settings.stream());
      AddStream(stream.settings.stream(), state == kept.end() ? unknown : *state->second,
                ProblemOf(stream));
    }
  }
  if (!streams_.empty()) return absl::OkStatus();
  return Error(Reason::kStreamNotLoaded, absl::StrCat("the destination holds no stream of ",
                                                      integration_.name(), " to compare"));
}

absl::StatusOr<std::vector<SelectedStream>> VerificationRun::Select(
    const v1::GetStateResponse& states) {
  discovery::Catalog catalog;
  RETURN_IF_ERROR(rpc::Retry({.reached = false}, options_.verifier.stop, [&] {
    ASSIGN_OR_RETURN(catalog,
                     options_.discovery->Discover(integration_.source(), options_.verifier.stop));
    return absl::OkStatus();
  }));
  const v1::RegisterStreamsResponse known = KnownBy(states);
  std::vector<SelectedStream> selected = SelectStreams(integration_, catalog.tables, known);
  LeaveOutNew(integration_, known, &selected);
  return selected;
}

void VerificationRun::AddStream(const std::string& name, const v1::StreamState& state,
                                const absl::Status& problem) {
  Stream& added = *streams_.emplace_back(std::make_unique<Stream>());
  added.told.mutable_stream()->set_stream(name);
  added.told.mutable_stream()->set_method(state.method());
  added.problem = problem;
  added.state = state;
}

void VerificationRun::Compare(Stream& stream) {
  const absl::Time started = absl::Now();
  v1::StreamVerification& verification = *stream.told.mutable_stream();
  verification.set_outcome(v1::VERIFICATION_OUTCOME_RUNNING);
  Tell(stream);
  const absl::Status status = stream.problem.ok() ? CompareEnds(stream) : stream.problem;
  verification.set_seconds(absl::ToDoubleSeconds(absl::Now() - started));
  if (!status.ok()) {
    const bool stopped = options_.verifier.stop.stop_requested();
    verification.set_outcome(stopped ? v1::VERIFICATION_OUTCOME_CANCELLED
                                     : v1::VERIFICATION_OUTCOME_FAILED);
    *stream.told.mutable_error() =
        ErrorOf(stopped ? Error(Reason::kStopped, "the comparison was stopped") : status);
  }
  Tell(stream);
}

absl::Status VerificationRun::CompareEnds(Stream& stream) {
  ASSIGN_OR_RETURN(const ComparedStream compared, CompareByState(integration_, stream.state));
  stream.told.mutable_stream()->set_destination_table(compared.destination_table);
  StreamVerifier verifier(compared, options_.verifier, stream.told.mutable_stream(),
                          [&](const v1::StreamVerification&) { Tell(stream); });
  return verifier.Run();
}

void VerificationRun::Tell(const Stream& stream) {
  absl::MutexLock lock(&listening_);
  listener_(stream.told);
}

}  // namespace lockstitch::scheduler
