#include "access/decision.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "access/rules.h"
#include "status/reason.h"

namespace lockstitch::access {
namespace {

absl::Status NotAllowed(absl::string_view method, const Principal& principal,
                        absl::string_view remedy) {
  return Error(Reason::kCallNotAllowed, absl::StrCat(principal.name, " may not call ", method),
               remedy);
}

bool IsOneOf(const Principal& principal, const Rule& rule) {
  const std::vector<std::string>& names = principal.certificate_names;
  return !names.empty() && std::find(rule.services.begin(), rule.services.end(), names.front()) !=
                               rule.services.end();
}

}  // namespace

absl::Status Decide(absl::string_view method, const Principal& principal) {
  const Rule* rule = RuleOf(method);
  if (rule == nullptr)
    return NotAllowed(method, principal, "Report it: no rule says who may call the method.");
  switch (rule->audience) {
    case Audience::kAnyone:
      return absl::OkStatus();
    case Audience::kServices:
      if (principal.any_service || IsOneOf(principal, *rule)) return absl::OkStatus();
      return NotAllowed(method, principal, "");
    case Audience::kUsers:
      if (principal.role >= rule->least) return absl::OkStatus();
      return NotAllowed(
          method, principal,
          absl::StrCat("Use a token of role ", RoleName(rule->least), " or above: this one has ",
                       principal.role == Role::kNone ? "no role" : RoleName(principal.role), "."));
  }
  return NotAllowed(method, principal, "");
}

}  // namespace lockstitch::access
