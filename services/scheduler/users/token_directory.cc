#include "services/scheduler/users/token_directory.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "access/token.h"
#include "status/macros.h"
#include "status/reason.h"
#include "telemetry/log.h"

namespace lockstitch::scheduler {
namespace {

constexpr absl::Duration kFresh = absl::Seconds(5);
constexpr int kLooksPerMinute = 60;
constexpr absl::Duration kAdminFresh = absl::Seconds(1);

// How exactly it is kept when a token was used last.
constexpr absl::Duration kUseInterval = absl::Minutes(10);

absl::Status Invalid(absl::string_view why) { return Error(Reason::kTokenInvalid, why); }

}  // namespace

TokenDirectory::TokenDirectory(Options options)
    : options_(std::move(options)), looks_(kLooksPerMinute) {}

absl::StatusOr<access::User> TokenDirectory::FindByToken(const std::string& hash) {
  absl::MutexLock lock(&mutex_);
  if (IsAdmin(hash))
    return access::User{.name = "of --admin-token-file", .role = access::Role::kAdmin};
  ASSIGN_OR_RETURN(KeptToken* const token, Find(&TokenDirectory::by_hash_, {hash}));
  if (token == nullptr) return Invalid("the token is not known, or was revoked");
  return Used(token);
}

absl::StatusOr<access::User> TokenDirectory::FindByCertificate(
    const std::vector<std::string>& names) {
  absl::MutexLock lock(&mutex_);
  ASSIGN_OR_RETURN(KeptToken* const token, Find(&TokenDirectory::by_certificate_, names));
  if (token == nullptr) return access::User();
  return Used(token);
}

absl::StatusOr<KeptToken*> TokenDirectory::Find(Tokens TokenDirectory::*tokens,
                                                const std::vector<std::string>& keys) {
  if (options_.store == nullptr) return nullptr;
  const absl::Time now = options_.clock();
  const auto find = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) -> KeptToken* {
    for (const std::string& key : keys) {
      const auto found = (this->*tokens).find(key);
      if (found != (this->*tokens).end()) return &found->second;
    }
    return nullptr;
  };
  const bool fresh = now >= read_at_ && now - read_at_ < kFresh;
  if (!fresh) RETURN_IF_ERROR(Read(now));
  KeptToken* token = find();
  if (token == nullptr && fresh && looks_.Take("", now) == absl::ZeroDuration()) {
    RETURN_IF_ERROR(Read(now));
    token = find();
  }
  return token;
}

absl::Status TokenDirectory::Read(absl::Time now) {
  ASSIGN_OR_RETURN(std::vector<KeptToken> tokens, options_.store->ReadAll());
  by_hash_.clear();
  by_certificate_.clear();
  for (KeptToken& token : tokens) {
    if (token.hash) {
      by_hash_.emplace(*token.hash, std::move(token));
    } else {
      by_certificate_.emplace(*token.certificate_name, std::move(token));
    }
  }
  read_at_ = now;
  return absl::OkStatus();
}

absl::StatusOr<access::User> TokenDirectory::Used(KeptToken* token) {
  const absl::Time now = options_.clock();
  if (!token->valid(now)) {
    return Invalid(absl::StrCat(
        "the token ", token->id, " has expired at ",
        absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", *token->expires_at, absl::UTCTimeZone())));
  }
  if (!token->last_used_at || now - *token->last_used_at >= kUseInterval) {
    token->last_used_at = now;
    const absl::Status marked = options_.store->MarkUsed(token->id, now);
    if (!marked.ok())
      telemetry::LogError("a token's use is not kept", marked, {{"token", token->id}});
  }
  return access::User{.name = token->id, .role = token->role};
}

bool TokenDirectory::IsAdmin(const std::string& hash) {
  if (options_.admin_token_file.empty()) return false;
  const absl::Time now = options_.clock();
  if (now < admin_read_at_ || now - admin_read_at_ >= kAdminFresh) {
    const absl::StatusOr<std::string> token = access::ReadTokenFile(options_.admin_token_file);
    if (!token.ok()) telemetry::LogError("the admin's token is refused", token.status());
    admin_hash_ = token.ok() ? std::optional(access::HashOf(*token)) : std::nullopt;
    admin_read_at_ = now;
  }
  return admin_hash_ == hash;
}

}  // namespace lockstitch::scheduler
