#include "services/scheduler/users/token_directory.h"

#include <algorithm>
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

// Of those who wait for another call's read.
constexpr absl::Duration kPatience = absl::Seconds(5);

// How exactly it is kept when a token was used last.
constexpr absl::Duration kUseInterval = absl::Minutes(10);

absl::Status Invalid(absl::string_view why) { return Error(Reason::kTokenInvalid, why); }

}  // namespace

TokenDirectory::TokenDirectory(Options options)
    : options_(std::move(options)), looks_(kLooksPerMinute) {}

absl::StatusOr<access::User> TokenDirectory::FindByToken(const std::string& hash) {
  access::User user;
  bool keep = false;
  {
    absl::MutexLock lock(&mutex_);
    if (IsAdmin(hash))
      return access::User{.name = "of --admin-token-file", .role = access::Role::kAdmin};
    ASSIGN_OR_RETURN(const KeptToken* const token, Find(&TokenDirectory::by_hash_, {hash}));
    if (token == nullptr) return Invalid("the token is not known, or was revoked");
    ASSIGN_OR_RETURN(user, Use(*token, &keep));
  }
  if (keep) KeepUse(user);
  return user;
}

absl::StatusOr<access::User> TokenDirectory::FindByCertificate(
    const std::vector<std::string>& names) {
  access::User user;
  bool keep = false;
  {
    absl::MutexLock lock(&mutex_);
    ASSIGN_OR_RETURN(const KeptToken* const token, Find(&TokenDirectory::by_certificate_, names));
    if (token == nullptr) return access::User();
    ASSIGN_OR_RETURN(user, Use(*token, &keep));
  }
  if (keep) KeepUse(user);
  return user;
}

absl::StatusOr<const KeptToken*> TokenDirectory::Find(const Tokens TokenDirectory::*tokens,
                                                      const std::vector<std::string>& keys) {
  if (options_.store == nullptr) return nullptr;
  const auto find = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) -> const KeptToken* {
    for (const std::string& key : keys) {
      const auto found = (this->*tokens).find(key);
      if (found != (this->*tokens).end()) return &found->second;
    }
    return nullptr;
  };
  const absl::Time now = options_.clock();
  const bool fresh =
      now >= read_at_ && now - read_at_ < kFresh && read_changes_ == options_.store->changes();
  if (!fresh) RETURN_IF_ERROR(Read());
  const KeptToken* token = find();
  if (token == nullptr && fresh && looks_.Take("", now) == absl::ZeroDuration()) {
    RETURN_IF_ERROR(Read());
    token = find();
  }
  return token;
}

// A read that is under way may have passed what is wanted already: the one after it is shared.
absl::Status TokenDirectory::Read() {
  const int64_t wanted = begun_ + 1;
  const absl::Time deadline = absl::Now() + kPatience;
  while (finished_ < wanted && !IsRead()) {
    if (!mutex_.AwaitWithDeadline(absl::Condition(this, &TokenDirectory::IsRead), deadline))
      return Error(Reason::kConnectionLost, "catalog: it doesn't tell whose token this is");
  }
  if (finished_ >= wanted) return read_;
  ++begun_;
  const absl::Time now = options_.clock();
  const int64_t changes = options_.store->changes();
  mutex_.Unlock();
  absl::StatusOr<std::vector<KeptToken>> tokens = options_.store->ReadAll();
  mutex_.Lock();
  ++finished_;
  read_ = tokens.status();
  if (!tokens.ok()) return read_;
  Take(*std::move(tokens));
  read_at_ = now;
  read_changes_ = changes;
  return absl::OkStatus();
}

void TokenDirectory::Take(std::vector<KeptToken> tokens) {
  by_hash_.clear();
  by_certificate_.clear();
  for (KeptToken& token : tokens) {
    if (token.hash) {
      by_hash_.emplace(*token.hash, std::move(token));
    } else {
      by_certificate_.emplace(*token.certificate_name, std::move(token));
    }
  }
}

absl::StatusOr<access::User> TokenDirectory::Use(const KeptToken& token, bool* keep) {
  const absl::Time now = options_.clock();
  if (!token.valid(now)) {
    return Invalid(absl::StrCat(
        "the token ", token.id, " has expired at ",
        absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", *token.expires_at, absl::UTCTimeZone())));
  }
  absl::Time& used_at = used_at_[token.id];
  if (token.last_used_at) used_at = std::max(used_at, *token.last_used_at);
  *keep = now - used_at >= kUseInterval;
  if (*keep) used_at = now;
  return access::User{.name = token.id, .role = token.role};
}

void TokenDirectory::KeepUse(const access::User& user) const {
  const absl::Status marked = options_.store->MarkUsed(user.name, options_.clock());
  if (!marked.ok())
    telemetry::LogError("a token's use is not kept", marked, {{"token", user.name}});
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
