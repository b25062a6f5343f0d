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

// One question put to a server: answers what was found, for people, or why it isn't as it should
// be.
struct CheckQuestion {
  std::string name;
  std::function<absl::StatusOr<std::string>(Connection&)> ask;
};

// Connects (the step `connect`), then asks everything, one failure leaving the others alone; all
// are skipped where there is no connection. The session is read-only: nothing is changed.
std::vector<v1::CheckStep> CheckConnection(const Connection::Options& options,
                                           const std::vector<CheckQuestion>& questions);

}  // namespace lockstitch::postgres

#endif  // LOCKSTITCH_POSTGRES_CONNECTION_CHECK_H_
