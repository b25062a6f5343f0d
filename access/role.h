#ifndef LOCKSTITCH_ACCESS_ROLE_H_
#define LOCKSTITCH_ACCESS_ROLE_H_

#include "absl/strings/string_view.h"

namespace lockstitch::access {

// What a user may do. Each role may all that those before it may; the numbers are those of
// lockstitch.v1.Role.
enum class Role {
  kNone = 0,
  kViewer = 1,    // Reads what is kept.
  kOperator = 2,  // Runs and stops jobs; creates and edits integrations.
  kAdmin = 3,     // Deletes integrations; says who may call.
};

// In lower case: "viewer".
absl::string_view RoleName(Role role);

}  // namespace lockstitch::access

#endif  // LOCKSTITCH_ACCESS_ROLE_H_
