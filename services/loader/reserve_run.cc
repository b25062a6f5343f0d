#include "services/loader/reserve_run.h"

#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "failpoint/failpoint.h"
#include "postgres/sqlstate.h"
#include "postgres/transaction.h"
#include "services/loader/destination/state_schema.h"
#include "services/loader/destination/stream_state.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::loader {
namespace {

using postgres::Connection;
using postgres::Transaction;

// How long a draw waits for a chunk's commit. A loader that was stopped in it is ended by the
// server before that. With the wait after it a draw is well within the extractor's deadline for its
// fence.
constexpr absl::Duration kPatience = absl::Seconds(15);

absl::StatusOr<v1::ReserveRunResponse> Draw(Connection& connection,
                                            const v1::ReserveRunRequest& request,
                                            absl::Duration wait) {
  Transaction transaction = Transaction::Begin(connection);
  RETURN_IF_ERROR(EnsureStream(connection, request.target()));
  std::vector<postgres::Result> answers;
  ASSIGN_OR_RETURN(const StreamState state, LockStream(connection, request.target(), wait,
                                                       {AskForResult(request.run_id())}, &answers));
  ASSIGN_OR_RETURN(
      v1::ReserveRunResponse response,
      DrawFence(std::move(transaction), state, request.run_id(), request.draw(), answers[0]));
  if (!response.has_result()) Failpoint("loader.fence.drawn");
  return response;
}

}  // namespace

absl::StatusOr<v1::ReserveRunResponse> DrawForRun(Connection& connection,
                                                  const v1::ReserveRunRequest& request) {
  if (request.draw() == 0)
    return Error(Reason::kProtocolViolated, "ReserveRun needs the number of the run's draw");
  RETURN_IF_ERROR(MigrateState(connection));
  absl::StatusOr<v1::ReserveRunResponse> drawn = Draw(connection, request, kPatience);
  if (postgres::SqlStateOf(drawn.status()) != postgres::kLockNotAvailable) return drawn;
  RETURN_IF_ERROR(EndOutranked(connection, request.target(), request.run_id(), request.draw()));
  return Draw(connection, request, kStreamLockWait);
}

}  // namespace lockstitch::loader
