#include "access/gate.h"

#include <optional>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "access/rules.h"
#include "access/token.h"
#include "google/rpc/error_details.pb.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::access {
namespace {

constexpr int kRefusalsPerMinute = 60;

constexpr char kRetryInfo[] = "type.googleapis.com/google.rpc.RetryInfo";

absl::Status TooManyRequests(const std::string& principal, absl::Duration wait) {
  absl::Status status =
      Error(Reason::kRequestLimitExceeded,
            absl::StrCat(principal, " makes more requests than it may; the next one in ",
                         absl::FormatDuration(absl::Ceil(wait, absl::Milliseconds(1)))));
  google::rpc::RetryInfo info;
  info.mutable_retry_delay()->set_seconds(absl::ToInt64Seconds(wait));
  info.mutable_retry_delay()->set_nanos(static_cast<int>(
      absl::ToInt64Nanoseconds(wait - absl::Seconds(info.retry_delay().seconds()))));
  status.SetPayload(kRetryInfo, absl::Cord(info.SerializeAsString()));
  return status;
}

bool IsUser(const Principal& principal) {
  return !principal.any_service && principal.role != Role::kNone;
}

}  // namespace

Gate::Gate(Options options)
    : options_(std::move(options)),
      limit_(options_.requests_per_minute),
      calls_(options_.calls_at_once),
      refusals_(kRefusalsPerMinute) {}

absl::StatusOr<Principal> Gate::Find(const Credentials& credentials) const {
  if (options_.users != nullptr && !credentials.authorization.empty()) {
    const bool one = credentials.authorization.size() == 1;
    const std::optional<std::string> token =
        one ? TokenOf(credentials.authorization.front()) : std::nullopt;
    if (!token)
      return Error(Reason::kTokenInvalid, one ? "the authorization header is no `Bearer lst_...`"
                                              : "the call has several authorization headers");
    ASSIGN_OR_RETURN(const User user, options_.users->FindByToken(HashOf(*token)));
    return Principal{.name = absl::StrCat("token ", user.name), .role = user.role};
  }
  if (credentials.local)
    return Principal{.name = "local", .any_service = true, .role = Role::kAdmin};
  if (!credentials.certificate_names.empty()) {
    Principal principal = {
        .name = absl::StrCat("certificate ", credentials.certificate_names.front()),
        .certificate_names = credentials.certificate_names};
    if (options_.users != nullptr) {
      ASSIGN_OR_RETURN(const User user,
                       options_.users->FindByCertificate(credentials.certificate_names));
      principal.role = user.role;
      if (!user.name.empty()) principal.name = absl::StrCat("certificate ", user.name);
    }
    return principal;
  }
  if (credentials.plaintext && options_.users == nullptr)
    return Principal{.name = "network", .any_service = true};
  return Error(Reason::kCredentialsMissing,
               options_.users == nullptr ? "the call shows no client certificate"
                                         : "the call shows neither a token nor a certificate");
}

absl::StatusOr<Principal> Gate::Identify(absl::string_view method, const Credentials& credentials) {
  const Rule* rule = RuleOf(method);
  if (rule != nullptr && rule->audience == Audience::kAnyone) return Principal{.name = "anyone"};
  ASSIGN_OR_RETURN(Principal principal, Find(credentials));
  if (!principal.any_service) {
    const absl::Duration wait = limit_.Take(principal.name, options_.clock());
    if (wait > absl::ZeroDuration()) return TooManyRequests(principal.name, wait);
  }
  return principal;
}

absl::Status Gate::Begin(const Principal& principal) {
  if (!IsUser(principal) || calls_.Begin(principal.name)) return absl::OkStatus();
  return Error(Reason::kRequestLimitExceeded,
               absl::StrCat(principal.name, " has ", options_.calls_at_once,
                            " calls under way, and may have no more"));
}

void Gate::End(const Principal& principal) {
  if (IsUser(principal)) calls_.End(principal.name);
}

void Gate::Audit(AuditEntry entry) {
  if (entry.refused) {
    if (refusals_.Take(entry.principal, options_.clock()) > absl::ZeroDuration()) {
      ++untold_;
      return;
    }
    entry.untold = untold_.exchange(0);
  }
  LogAudit(entry);
  if (options_.audit != nullptr) options_.audit->Record(entry);
}

}  // namespace lockstitch::access
