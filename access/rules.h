#ifndef LOCKSTITCH_ACCESS_RULES_H_
#define LOCKSTITCH_ACCESS_RULES_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "access/role.h"

namespace lockstitch::access {

// The names that services' certificates carry, by which they know each other, all begin so.
inline constexpr absl::string_view kServicePrefix = "lockstitch-";
inline constexpr absl::string_view kSchedulerName = "lockstitch-scheduler";
inline constexpr absl::string_view kExtractorName = "lockstitch-extractor";

// Who may call a method.
enum class Audience {
  kAnyone,    // Whoever reaches the server, unknown or not.
  kServices,  // Services whose certificate has one of `services` among its names.
  kUsers,     // Users of `least` or more.
};

// One method's rule.
struct Rule {
  absl::string_view method;  // package.Service/Method
  Audience audience = Audience::kServices;
  std::vector<absl::string_view> services;  // Empty: only who is local may.
  Role least = Role::kNone;
  bool changes = false;  // A user's change of what is kept: every call is told in the audit log.
};

// Every method that any server serves; what isn't here nobody may call. docs/access.md is made from
// it.
absl::Span<const Rule> AllRules();

// Whether certificates of services have this name: it stands for no user.
bool IsServiceName(absl::string_view name);

// The method's rule; nullptr if it has none.
const Rule* RuleOf(absl::string_view method);

// docs/access.md.
std::string AccessPage();

}  // namespace lockstitch::access

#endif  // LOCKSTITCH_ACCESS_RULES_H_
