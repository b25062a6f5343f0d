#ifndef LOCKSTITCH_POSTGRES_CONNECTION_CHECK_H_
#define LOCKSTITCH_POSTGRES_CONNECTION_CHECK_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lockstitch/v1/integration.pb.h"
#include "postgres/connection.h"

namespace lockstitch::postgres {

// What a question came to, where it isn't a failure.
struct CheckAnswer {
  v1::CheckResult result = v1::CHECK_RESULT_PASSED;
  std::string message;
  std::string remedy;  // Of a warning.
};
CheckAnswer Passed(absl::string_view message);
CheckAnswer Warning(absl::string_view message, absl::string_view remedy);
CheckAnswer Skipped(absl::string_view message);

// One question put to a server; an error is a failed step.
struct CheckQuestion {
  std::string name;
  std::function<absl::StatusOr<CheckAnswer>(Connection&)> ask;
};

// The question about a pooler.
inline constexpr absl::string_view kPoolerStep = "pooler";

// Connects, in the steps `settings`, `resolve`, `connect`, `tls` and `authenticate`, then asks
// everything. A failed question leaves the others alone; all are skipped where there is no
// connection, or none any more; where the connection is refused for a pooler, the question
// kPoolerStep tells it. The session is read-only and limits its statements: nothing is
// changed, and nothing hangs.
std::vector<v1::CheckStep> CheckConnection(const Connection::Options& options,
                                           const std::vector<CheckQuestion>& questions);

}  // namespace lockstitch::postgres

#endif  // LOCKSTITCH_POSTGRES_CONNECTION_CHECK_H_
