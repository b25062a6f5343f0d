#include "services/scheduler/store/token_store.h"

#include "absl/strings/str_cat.h"
#include "services/scheduler/store/column_value.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::scheduler {
namespace {

using postgres::Result;

constexpr absl::string_view kSelect =
    "SELECT id, role, hash, certificate_name, created_at, expires_at, last_used_at, revoked_at "
    "FROM lockstitch.tokens ";

// $1 id, $2 role, $3 hash, $4 certificate's name, $5 expiry. Nothing where one is taken.
constexpr absl::string_view kCreate = R"sql(
INSERT INTO lockstitch.tokens (id, role, hash, certificate_name, expires_at)
VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING created_at)sql";

// $1 id, $2 certificate's name: which token has either.
constexpr absl::string_view kFindTaken = R"sql(
SELECT id FROM lockstitch.tokens WHERE id = $1 OR certificate_name = $2 AND revoked_at IS NULL LIMIT 1)sql";

// $1 the id after which they come, $2 how many, $3 whether ended ones too.
constexpr absl::string_view kList = R"sql(
WHERE id > $1 AND ($3 OR revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now()))
ORDER BY id LIMIT $2)sql";

constexpr absl::string_view kNotRevoked = "WHERE revoked_at IS NULL";

// $1 id.
constexpr absl::string_view kRevoke =
    "UPDATE lockstitch.tokens SET revoked_at = coalesce(revoked_at, now()) WHERE id = $1";
constexpr absl::string_view kOfId = "WHERE id = $1";

// $1 id, $2 when.
constexpr absl::string_view kMarkUsed =
    "UPDATE lockstitch.tokens SET last_used_at = greatest(last_used_at, $2) WHERE id = $1";

std::vector<KeptToken> Read(const Result& found) {
  std::vector<KeptToken> tokens;
  for (int row = 0; row < found.rows(); ++row) {
    tokens.push_back({.id = found.String(row, 0),
                      .role = static_cast<access::Role>(found.Int(row, 1)),
                      .hash = found.Optional(row, 2),
                      .certificate_name = found.Optional(row, 3),
                      .created_at = TimeAt(found, row, 4).value_or(absl::UnixEpoch()),
                      .expires_at = TimeAt(found, row, 5),
                      .last_used_at = TimeAt(found, row, 6),
                      .revoked_at = TimeAt(found, row, 7)});
  }
  return tokens;
}

}  // namespace

absl::StatusOr<KeptToken> TokenStore::Create(const KeptToken& token) const {
  ASSIGN_OR_RETURN(const postgres::SessionPool::Lease session, catalog_->Session());
  ASSIGN_OR_RETURN(
      const Result made,
      session->Query(kCreate, {token.id, NumberValue(static_cast<int>(token.role)), token.hash,
                               token.certificate_name, TimeValue(token.expires_at)}));
  if (made.empty()) {
    ASSIGN_OR_RETURN(const Result taken,
                     session->Query(kFindTaken, {token.id, token.certificate_name}));
    const std::string by = taken.empty() ? token.id : taken.String(0, 0);
    return Error(Reason::kTokenExists,
                 by == token.id ? absl::StrCat("there is or was a token ", by)
                                : absl::StrCat("the certificate stands for the token ", by));
  }
  ++changes_;
  KeptToken kept = token;
  kept.created_at = TimeAt(made, 0, 0).value_or(absl::UnixEpoch());
  return kept;
}

absl::StatusOr<std::vector<KeptToken>> TokenStore::List(const std::string& after, int limit,
                                                        bool show_ended) const {
  ASSIGN_OR_RETURN(const postgres::SessionPool::Lease session, catalog_->Session());
  ASSIGN_OR_RETURN(const Result found,
                   session->Query(absl::StrCat(kSelect, kList),
                                  {after, NumberValue(limit), show_ended ? "true" : "false"}));
  return Read(found);
}

absl::StatusOr<std::vector<KeptToken>> TokenStore::ReadAll() const {
  ASSIGN_OR_RETURN(const postgres::SessionPool::Lease session, catalog_->Session());
  ASSIGN_OR_RETURN(const Result found, session->Query(absl::StrCat(kSelect, kNotRevoked), {}));
  return Read(found);
}

absl::StatusOr<KeptToken> TokenStore::Revoke(const std::string& id) const {
  ASSIGN_OR_RETURN(const postgres::SessionPool::Lease session, catalog_->Session());
  RETURN_IF_ERROR(session->Execute(kRevoke, {id}));
  ++changes_;
  ASSIGN_OR_RETURN(const Result found, session->Query(absl::StrCat(kSelect, kOfId), {id}));
  if (found.empty()) return Error(Reason::kTokenNotFound, absl::StrCat("there is no token ", id));
  return Read(found).front();
}

absl::Status TokenStore::MarkUsed(const std::string& id, absl::Time at) const {
  ASSIGN_OR_RETURN(const postgres::SessionPool::Lease session, catalog_->Session());
  return session->Execute(kMarkUsed, {id, TimeValue(at)});
}

}  // namespace lockstitch::scheduler
