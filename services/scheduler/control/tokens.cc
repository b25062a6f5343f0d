#include "services/scheduler/control/tokens.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "access/rules.h"
#include "access/token.h"
#include "rpc/timestamp.h"
#include "services/scheduler/control/page_token.h"
#include "services/scheduler/control/resource_name.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::scheduler {
namespace {

constexpr int kPageSize = 50;

// As long as names in certificates get.
constexpr size_t kLongestName = 253;

v1::Token TokenOf(const KeptToken& kept) {
  v1::Token token;
  token.set_name(TokenResource(kept.id));
  token.set_role(static_cast<v1::Role>(kept.role));
  token.set_certificate_name(kept.certificate_name.value_or(""));
  *token.mutable_created_at() = rpc::ToTimestamp(kept.created_at);
  if (kept.expires_at) *token.mutable_expires_at() = rpc::ToTimestamp(*kept.expires_at);
  if (kept.last_used_at) *token.mutable_last_used_at() = rpc::ToTimestamp(*kept.last_used_at);
  if (kept.revoked_at) *token.mutable_revoked_at() = rpc::ToTimestamp(*kept.revoked_at);
  return token;
}

absl::Status TestCertificateName(const std::string& name) {
  const bool fits =
      name.size() <= kLongestName &&
      std::all_of(name.begin(), name.end(), [](char c) { return c >= ' ' && c <= '~'; });
  if (!fits) return Error(Reason::kUsageInvalid, "certificate_name is no name of a certificate");
  if (access::IsServiceName(name)) {
    return Error(
        Reason::kUsageInvalid,
        absl::StrCat("certificate_name ", name, " is a service's, as all are that begin with ",
                     access::kServicePrefix),
        "Give the user a certificate of their own.");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::CreateTokenResponse> Tokens::Create(
    const v1::CreateTokenRequest& request) const {
  RETURN_IF_ERROR(TestTokenId(request.token_id()));
  if (request.role() == v1::ROLE_UNSPECIFIED || !v1::Role_IsValid(request.role()))
    return Error(Reason::kUsageInvalid, "role is missing, or none that there is");
  KeptToken token = {.id = request.token_id(), .role = static_cast<access::Role>(request.role())};
  if (request.has_expires_at()) {
    token.expires_at = rpc::FromTimestamp(request.expires_at());
    if (*token.expires_at <= absl::Now())
      return Error(Reason::kUsageInvalid, "expires_at is past already");
  }
  v1::CreateTokenResponse response;
  if (request.certificate_name().empty()) {
    response.set_secret(access::MakeToken());
    token.hash = access::HashOf(response.secret());
  } else {
    RETURN_IF_ERROR(TestCertificateName(request.certificate_name()));
    token.certificate_name = request.certificate_name();
  }
  ASSIGN_OR_RETURN(const KeptToken kept, options_.store->Create(token));
  *response.mutable_token() = TokenOf(kept);
  return response;
}

absl::StatusOr<v1::ListTokensResponse> Tokens::List(const v1::ListTokensRequest& request) const {
  const std::string list = absl::StrCat("tokens, ended ", request.show_ended());
  ASSIGN_OR_RETURN(const int size, PageSize(request.page_size(), kPageSize));
  ASSIGN_OR_RETURN(const std::string after, ParsePageToken(list, request.page_token()));
  ASSIGN_OR_RETURN(const std::vector<KeptToken> tokens,
                   options_.store->List(after, size, request.show_ended()));
  v1::ListTokensResponse response;
  for (const KeptToken& token : tokens) *response.add_tokens() = TokenOf(token);
  if (static_cast<int>(tokens.size()) == size)
    response.set_next_page_token(MakePageToken(list, tokens.back().id));
  return response;
}

absl::StatusOr<v1::Token> Tokens::Revoke(const std::string& name) const {
  ASSIGN_OR_RETURN(const std::string id, ParseTokenResource(name));
  ASSIGN_OR_RETURN(const KeptToken kept, options_.store->Revoke(id));
  return TokenOf(kept);
}

absl::StatusOr<v1::ListAuditEntriesResponse> Tokens::ListAuditEntries(
    const v1::ListAuditEntriesRequest& request) const {
  const std::string list = "audit entries";
  ASSIGN_OR_RETURN(const int size, PageSize(request.page_size(), kPageSize));
  ASSIGN_OR_RETURN(const int64_t before, ParseNumberedPageToken(list, request.page_token()));
  ASSIGN_OR_RETURN(const std::vector<KeptAuditEntry> entries, options_.audit->List(before, size));
  v1::ListAuditEntriesResponse response;
  for (const KeptAuditEntry& kept : entries) {
    v1::AuditEntry& entry = *response.add_entries();
    *entry.mutable_time() = rpc::ToTimestamp(kept.time);
    entry.set_principal(kept.principal);
    entry.set_method(kept.method);
    entry.set_resource(kept.resource);
    entry.set_outcome(kept.outcome);
    entry.set_reason(kept.reason);
    entry.set_peer(kept.peer);
  }
  if (static_cast<int>(entries.size()) == size)
    response.set_next_page_token(MakePageToken(list, absl::StrCat(entries.back().number)));
  return response;
}

}  // namespace lockstitch::scheduler
