#ifndef LOCKSTITCH_ACCESS_PRINCIPAL_H_
#define LOCKSTITCH_ACCESS_PRINCIPAL_H_

#include <string>
#include <vector>

#include "access/role.h"

namespace lockstitch::access {

// Whom a call is made by, once that is known.
struct Principal {
  // In logs: `local`, `network`, `token NAME`, `certificate NAME`.
  std::string name;
  // Stands for any service: it is on the same machine, or in a network that the server was told to
  // trust.
  bool any_service = false;
  std::vector<std::string> certificate_names;
  Role role = Role::kNone;
};

}  // namespace lockstitch::access

#endif  // LOCKSTITCH_ACCESS_PRINCIPAL_H_
