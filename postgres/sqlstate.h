#ifndef LOCKSTITCH_POSTGRES_SQLSTATE_H_
#define LOCKSTITCH_POSTGRES_SQLSTATE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "status/reason.h"

namespace lockstitch::postgres {

// Where a connection leads to, an end of an integration or the scheduler's own database: the same
// SQLSTATE has another remedy there.
enum class Side { kSource, kDestination, kCatalog };

// What messages call it, for example "source".
absl::string_view SideName(Side side);

// The one place where a server's SQLSTATE (five characters) becomes a reason.
Reason ReasonForSqlState(absl::string_view sqlstate, Side side);

// The reason for what has none of its own: the server's message tells more.
Reason OtherReason(Side side);

// An error that keeps the SQLSTATE it came with.
absl::Status SqlError(absl::string_view sqlstate, Side side, absl::string_view message);

// The SQLSTATE that `status` came with, empty if there is none.
std::string SqlStateOf(const absl::Status& status);

inline constexpr absl::string_view kLockNotAvailable = "55P03";
inline constexpr absl::string_view kInsufficientPrivilege = "42501";
inline constexpr absl::string_view kUndefinedColumn = "42703";
inline constexpr absl::string_view kUndefinedTable = "42P01";
inline constexpr absl::string_view kWrongObjectType = "42809";
inline constexpr absl::string_view kUniqueViolation = "23505";
inline constexpr absl::string_view kNotNullViolation = "23502";
inline constexpr absl::string_view kCheckViolation = "23514";
inline constexpr absl::string_view kDependentObjects = "2BP01";
inline constexpr absl::string_view kObjectNotInPrerequisiteState = "55000";
inline constexpr absl::string_view kDeadlockDetected = "40P01";

}  // namespace lockstitch::postgres

#endif  // LOCKSTITCH_POSTGRES_SQLSTATE_H_
