#ifndef LOCKSTITCH_TESTING_STATUS_MATCHERS_H_
#define LOCKSTITCH_TESTING_STATUS_MATCHERS_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gmock/gmock.h"
#include "status/reason.h"

namespace lockstitch::testing {

inline const absl::Status& StatusOf(const absl::Status& status) { return status; }
template <typename T>
const absl::Status& StatusOf(const absl::StatusOr<T>& value) {
  return value.status();
}

MATCHER(IsOk, "is OK") {
  *result_listener << StatusOf(arg);
  return StatusOf(arg).ok();
}

// An error made for the reason, with a message and a remedy.
MATCHER_P(HasReason, reason, "has reason " + std::string(InfoOf(reason).code)) {
  *result_listener << StatusOf(arg);
  const Explanation why = Explain(StatusOf(arg));
  return ReasonOf(StatusOf(arg)) == reason && !why.message.empty() && !why.remedy.empty();
}

}  // namespace lockstitch::testing

#endif  // LOCKSTITCH_TESTING_STATUS_MATCHERS_H_
