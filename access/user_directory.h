#ifndef LOCKSTITCH_ACCESS_USER_DIRECTORY_H_
#define LOCKSTITCH_ACCESS_USER_DIRECTORY_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "access/role.h"

namespace lockstitch::access {

// Whom a token or a client certificate stands for.
struct User {
  std::string name;
  Role role = Role::kNone;
};

// Knows users. Thread-safe; called with every call of one.
class UserDirectory {
 public:
  virtual ~UserDirectory() = default;

  // The user of the token with this hash (see HashOf). TOKEN_INVALID if there is none, or it may be
  // used no more; errors of where tokens are kept.
  virtual absl::StatusOr<User> FindByToken(const std::string& hash) = 0;

  // The user whom the first of these names of one verified certificate stands for that stands for
  // any; a user without a role if none does. Errors as before.
  virtual absl::StatusOr<User> FindByCertificate(const std::vector<std::string>& names) = 0;
};

}  // namespace lockstitch::access

#endif  // LOCKSTITCH_ACCESS_USER_DIRECTORY_H_
