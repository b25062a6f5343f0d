#ifndef LOCKSTITCH_STATUS_MACROS_H_
#define LOCKSTITCH_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Returns from the enclosing function with the status of `expression` unless that is OK.
#define RETURN_IF_ERROR(expression)                           \
  do {                                                        \
    if (absl::Status status_ = (expression); !status_.ok()) { \
      return status_;                                         \
    }                                                         \
  } while (false)

// Evaluates `expression`, a StatusOr; returns its status unless that is OK, else assigns the value
// to `left`, which may declare a variable.
#define ASSIGN_OR_RETURN(left, expression) \
  LOCKSTITCH_ASSIGN_OR_RETURN_(LOCKSTITCH_CONCAT_(status_or_, __LINE__), left, expression)

#define LOCKSTITCH_ASSIGN_OR_RETURN_(result, left, expression) \
  auto result = (expression);                                  \
  if (!result.ok()) return std::move(result).status();         \
  left = *std::move(result)

#define LOCKSTITCH_CONCAT_(a, b) LOCKSTITCH_CONCAT_INNER_(a, b)
#define LOCKSTITCH_CONCAT_INNER_(a, b) a##b

#endif  // LOCKSTITCH_STATUS_MACROS_H_
