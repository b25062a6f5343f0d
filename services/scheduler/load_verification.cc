#include "services/scheduler/load_verification.h"

#include "absl/strings/str_cat.h"
#include "rpc/retry.h"
#include "schema/stream_name.h"
#include "services/scheduler/compared_stream.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::scheduler {
namespace {

absl::StatusOr<v1::StreamState> FindState(const v1::Integration& integration,
                                          const v1::TableName& table,
                                          const loader::LoaderClient& loader,
                                          std::stop_token stop) {
  v1::GetStateRequest request;
  *request.mutable_destination() = integration.destination();
  request.set_integration(integration.name());
  v1::GetStateResponse states;
  RETURN_IF_ERROR(rpc::Retry({}, stop, [&] {
    ASSIGN_OR_RETURN(states, loader.GetState(request));
    return absl::OkStatus();
  }));
  for (const v1::StreamState& state : states.streams()) {
    if (schema::StreamName(state.table()) == schema::StreamName(table)) return state;
  }
  v1::StreamState unknown;
  *unknown.mutable_table() = table;
  return unknown;
}

absl::Status Compare(const v1::Integration& integration, const v1::TableName& table,
                     const std::optional<v1::RowSums>& snapshot, const loader::LoaderClient& loader,
                     const StreamVerifier::Options& options, v1::StreamVerification* verification) {
  ASSIGN_OR_RETURN(const v1::StreamState state,
                   FindState(integration, table, loader, options.stop));
  ASSIGN_OR_RETURN(const ComparedStream stream, CompareByState(integration, state));
  verification->set_stream(schema::StreamName(table));
  verification->set_method(stream.method);
  verification->set_destination_table(stream.destination_table);
  absl::Mutex listing;
  StreamVerifier::Options own = options;
  own.listing = &listing;
  StreamVerifier verifier(stream, own, verification, [](const v1::StreamVerification&) {});
  RETURN_IF_ERROR(snapshot ? verifier.RunAgainst(*snapshot) : verifier.Run());
  if (verification->outcome() != v1::VERIFICATION_OUTCOME_DIFFERENT) return absl::OkStatus();
  return Error(Reason::kVerifyDifferent,
               absl::StrCat(verification->more_differ() ? "at least " : "",
                            verification->different(), " rows of ", stream.destination_table,
                            " differ from what was read: ", verification->destination_rows(),
                            " rows are there, ", verification->source_rows(), " were read"));
}

}  // namespace

absl::Status VerifyLoad(const v1::Integration& integration, const v1::TableName& table,
                        const std::string& run_id, const std::optional<v1::RowSums>& snapshot,
                        const loader::LoaderClient& loader, const StreamVerifier::Options& options,
                        v1::StreamVerification* verification) {
  const absl::Status compared =
      Compare(integration, table, snapshot, loader, options, verification);
  const std::optional<Reason> reason = ReasonOf(compared);
  if (reason != Reason::kVerifyDifferent && reason != Reason::kStreamNotLoaded) return compared;
  ASSIGN_OR_RETURN(const v1::StreamState state,
                   FindState(integration, table, loader, options.stop));
  if (state.run_id() == run_id) return compared;
  verification->Clear();
  verification->set_stream(schema::StreamName(table));
  verification->set_outcome(v1::VERIFICATION_OUTCOME_FAILED);
  return Error(Reason::kSuperseded,
               absl::StrCat("run ", state.run_id(),
                            " has begun since the load was published: what that left in the "
                            "destination table can't be compared any more"),
               "Run one job of the stream at a time to have each verified.");
}

}  // namespace lockstitch::scheduler
