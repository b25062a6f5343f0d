#include "services/loader/loader.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/time/clock.h"
#include "postgres/transaction.h"
#include "schema/destination_names.h"
#include "schema/stream_name.h"
#include "services/loader/begin_load.h"
#include "services/loader/checksum.h"
#include "services/loader/destination/check.h"
#include "services/loader/destination/claimed_load.h"
#include "services/loader/destination/load_record.h"
#include "services/loader/destination/load_table.h"
#include "services/loader/destination/published_plans.h"
#include "services/loader/destination/range_record.h"
#include "services/loader/destination/registration.h"
#include "services/loader/destination/state_schema.h"
#include "services/loader/destination/stream_state.h"
#include "services/loader/destination/sweep.h"
#include "services/loader/destination_session.h"
#include "services/loader/finish_load.h"
#include "services/loader/forget_integration.h"
#include "services/loader/preview_load.h"
#include "services/loader/range_loader.h"
#include "services/loader/reserve_run.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::loader {

using postgres::Connection;
using postgres::SessionPool;
using postgres::Transaction;
using telemetry::Metric;

namespace {

// An unfinished load that nothing was committed to for so long is given up by a sweep.
constexpr absl::Duration kSweepIdle = absl::Hours(24);

// How long the locks on an integration's tables are waited for: a user waits for the answer.
constexpr absl::Duration kForgetPatience = absl::Seconds(30);

}  // namespace

Loader::Loader(const Options& options)
    : options_(options), sampling_(options.metrics->Sample([this] {
        options_.metrics->Set(Metric::kLoaderDestinationConnections, {},
                              static_cast<double>(sessions_.used()));
      })) {}

absl::StatusOr<v1::ReserveRunResponse> Loader::ReserveRun(const v1::ReserveRunRequest& request) {
  const v1::StreamTarget& target = request.target();
  ASSIGN_OR_RETURN(SessionPool::Lease session,
                   OpenSession(sessions_, target.destination(), request.run_id(),
                               schema::StreamName(target.table())));
  Connection& connection = *session;
  const std::stop_callback on_stop(stop_.get_token(), [&] { connection.Interrupt(); });
  return DrawForRun(connection, request);
}

absl::StatusOr<v1::BeginLoadResponse> Loader::BeginLoad(const v1::BeginLoadRequest& request) {
  ASSIGN_OR_RETURN(SessionPool::Lease session, OpenSession(sessions_, request.claim()));
  Connection& connection = *session;
  const std::stop_callback on_stop(stop_.get_token(), [&] { connection.Interrupt(); });
  return OpenLoad(connection, request,
                  {.deadline = absl::Now() + options_.swap_deadline, .stop = stop_.get_token()});
}

absl::Status Loader::Load(LoadStream& stream) {
  RangeLoader range(stream, {.sessions = &sessions_,
                             .metrics = options_.metrics,
                             .progress_deadline = options_.progress_deadline,
                             .stop = stop_.get_token()});
  return range.Run();
}

absl::StatusOr<v1::FinishLoadResponse> Loader::FinishLoad(const v1::FinishLoadRequest& request) {
  ASSIGN_OR_RETURN(SessionPool::Lease session, OpenSession(sessions_, request.claim()));
  Connection& connection = *session;
  const std::stop_callback on_stop(stop_.get_token(), [&] { connection.Interrupt(); });
  ASSIGN_OR_RETURN(v1::LoadResult result,
                   PublishLoad(connection, request,
                               {.metrics = options_.metrics,
                                .deadline = absl::Now() + options_.swap_deadline,
                                .stop = stop_.get_token()}));
  v1::FinishLoadResponse response;
  *response.mutable_result() = std::move(result);
  return response;
}

absl::StatusOr<v1::AbortLoadResponse> Loader::AbortLoad(const v1::AbortLoadRequest& request) {
  const v1::Claim& claim = request.claim();
  ASSIGN_OR_RETURN(SessionPool::Lease session, OpenSession(sessions_, claim));
  Connection& connection = *session;
  const std::stop_callback on_stop(stop_.get_token(), [&] { connection.Interrupt(); });
  v1::AbortLoadResponse response;
  Transaction transaction = Transaction::Begin(connection);
  ASSIGN_OR_RETURN(ClaimedLoad found, LockRun(connection, claim));
  if (found.result) {
    *response.mutable_result() = *std::move(found.result);
    return response;
  }
  const StreamState& state = found.state;
  const std::optional<LoadRecord>& load = found.load;
  // The run has drawn another fence since: it goes on, and this call came late.
  if (state.run_id == claim.run_id()) RETURN_IF_ERROR(TestClaim(state, claim));
  const bool own = load && load->run_id == claim.run_id();
  v1::LoadResult result;
  result.set_outcome(v1::LOAD_OUTCOME_ABORTED);
  result.mutable_ended_at()->set_seconds(absl::ToUnixSeconds(absl::Now()));
  if (state.bookmark) result.set_bookmark(*state.bookmark);
  RETURN_IF_ERROR(CountRun(connection, state, claim.run_id(), own ? load->load_id : 0, &result));
  KeepResult(connection, state, claim.run_id(), result);
  // The stream's next run goes on with what is durable of a first load.
  const bool ends = own && (load->plan.mode() != v1::LOAD_MODE_FIRST || request.cancelled());
  if (ends) EndLoad(connection, *load, "aborted");
  RETURN_IF_ERROR(transaction.Commit());
  // What can't be dropped now is swept by the stream's next load.
  if (ends) DropLoadTable(connection, load->load_table, load->load_oid).IgnoreError();
  options_.metrics->Add(Metric::kLoaderLoads, {"aborted"}, 1);
  *response.mutable_result() = std::move(result);
  return response;
}

absl::StatusOr<v1::GetStateResponse> Loader::GetState(const v1::GetStateRequest& request) {
  ASSIGN_OR_RETURN(SessionPool::Lease session,
                   OpenSession(sessions_, request.destination(), "state", ""));
  Connection& connection = *session;
  const std::stop_callback on_stop(stop_.get_token(), [&] { connection.Interrupt(); });
  ASSIGN_OR_RETURN(const std::optional<int> version, StateVersion(connection));
  if (!version) return v1::GetStateResponse();
  std::string schema;
  if (!request.integration().empty()) {
    ASSIGN_OR_RETURN(schema, schema::DestinationSchema(request.integration()));
  }
  ASSIGN_OR_RETURN(v1::GetStateResponse states, ReadStates(connection, schema));
  RETURN_IF_ERROR(AddPublishedPlans(connection, schema, &states));
  return states;
}

absl::StatusOr<v1::RegisterStreamsResponse> Loader::RegisterStreams(
    const v1::RegisterStreamsRequest& request) {
  ASSIGN_OR_RETURN(SessionPool::Lease session,
                   OpenSession(sessions_, request.destination(), "registration", ""));
  Connection& connection = *session;
  const std::stop_callback on_stop(stop_.get_token(), [&] { connection.Interrupt(); });
  return loader::RegisterStreams(connection, request);
}

absl::StatusOr<v1::SweepResponse> Loader::Sweep(const v1::SweepRequest& request) {
  ASSIGN_OR_RETURN(SessionPool::Lease session,
                   OpenSession(sessions_, request.destination(), "sweep", ""));
  Connection& connection = *session;
  const std::stop_callback on_stop(stop_.get_token(), [&] { connection.Interrupt(); });
  ASSIGN_OR_RETURN(const std::optional<int> version, StateVersion(connection));
  if (!version) return v1::SweepResponse();
  RETURN_IF_ERROR(MigrateState(connection));
  SweepOptions options = {.idle = kSweepIdle, .dry_run = request.dry_run()};
  if (request.has_idle()) options.idle = absl::Seconds(request.idle().seconds());
  if (!request.integration().empty()) {
    ASSIGN_OR_RETURN(options.schema, schema::DestinationSchema(request.integration()));
  }
  return SweepLoads(connection, options);
}

absl::StatusOr<v1::PreviewLoadsResponse> Loader::PreviewLoads(
    const v1::PreviewLoadsRequest& request) {
  v1::PreviewLoadsResponse response;
  for (const v1::BeginLoadRequest& load : request.loads()) {
    // The session of the last one, where that went to the same destination.
    ASSIGN_OR_RETURN(SessionPool::Lease session,
                     OpenSession(sessions_, load.claim().target().destination(), "preview", ""));
    Connection& connection = *session;
    const std::stop_callback on_stop(stop_.get_token(), [&] { connection.Interrupt(); });
    ASSIGN_OR_RETURN(*response.add_loads(), PreviewLoad(connection, load));
  }
  return response;
}

absl::StatusOr<v1::ForgetIntegrationResponse> Loader::ForgetIntegration(
    const v1::ForgetIntegrationRequest& request) {
  ASSIGN_OR_RETURN(SessionPool::Lease session,
                   OpenSession(sessions_, request.destination(), "forget", ""));
  Connection& connection = *session;
  const std::stop_callback on_stop(stop_.get_token(), [&] { connection.Interrupt(); });
  ASSIGN_OR_RETURN(const std::optional<int> version, StateVersion(connection));
  if (!version) {
    return Error(Reason::kIntegrationNotFound,
                 "the destination has no _lockstitch schema: nothing was ever loaded into it");
  }
  RETURN_IF_ERROR(MigrateState(connection));
  v1::ForgetIntegrationResponse response;
  ASSIGN_OR_RETURN(*response.mutable_forgotten(),
                   loader::ForgetIntegration(
                       connection, request,
                       {.deadline = absl::Now() + std::min(options_.swap_deadline, kForgetPatience),
                        .stop = stop_.get_token()}));
  return response;
}

absl::StatusOr<v1::CheckDestinationResponse> Loader::CheckDestination(
    const v1::CheckDestinationRequest& request) {
  ASSIGN_OR_RETURN(const Connection::Options options,
                   SessionOptions(request.destination(), "check", ""));
  return loader::CheckDestination(options, request);
}

absl::Status Loader::Checksum(const v1::ChecksumRequest& request,
                              const verification::ChecksumSink& sink, std::stop_token stop) {
  std::stop_source either;
  const std::stop_callback by_caller(stop, [&] { either.request_stop(); });
  const std::stop_callback by_process(stop_.get_token(), [&] { either.request_stop(); });
  const absl::Status status = ReadDestination(
      request, {.progress_deadline = options_.progress_deadline, .stop = either.get_token()}, sink,
      sessions_);
  if (status.ok() || !stop_.stop_requested()) return status;
  return Error(Reason::kShuttingDown, "the loader is shutting down");
}

}  // namespace lockstitch::loader
