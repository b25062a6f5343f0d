#ifndef LOCKSTITCH_SERVICES_SCHEDULER_USERS_TOKEN_DIRECTORY_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_USERS_TOKEN_DIRECTORY_H_

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "access/request_limit.h"
#include "access/user_directory.h"
#include "services/scheduler/store/token_store.h"

namespace lockstitch::scheduler {

// The users of a scheduler: the tokens of its catalog, and the admin of a file. What it knows of
// them is five seconds old at most, so that a token that was revoked at any scheduler is refused by
// then; one that it doesn't know has it look again at once, but not more than once a second for
// long: whoever tries tokens keeps no catalog busy.
class TokenDirectory final : public access::UserDirectory {
 public:
  struct Options {
    const TokenStore* store = nullptr;  // None without a catalog. Must outlive it.
    std::string admin_token_file;       // Optional. Read again each second.
    std::function<absl::Time()> clock = absl::Now;
  };

  explicit TokenDirectory(Options options);

  absl::StatusOr<access::User> FindByToken(const std::string& hash) override;
  absl::StatusOr<access::User> FindByCertificate(const std::vector<std::string>& names) override;

 private:
  // The tokens of the catalog by hash, or by certificate's name.
  using Tokens = std::map<std::string, KeptToken>;

  // nullptr if there is none, as far as is known now.
  absl::StatusOr<KeptToken*> Find(Tokens TokenDirectory::*tokens,
                                  const std::vector<std::string>& keys)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Read(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<access::User> Used(KeptToken* token) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool IsAdmin(const std::string& hash) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Options options_;
  access::RequestLimit looks_;
  absl::Mutex mutex_;
  Tokens by_hash_ ABSL_GUARDED_BY(mutex_);
  Tokens by_certificate_ ABSL_GUARDED_BY(mutex_);
  absl::Time read_at_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  std::optional<std::string> admin_hash_ ABSL_GUARDED_BY(mutex_);
  absl::Time admin_read_at_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
};

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_USERS_TOKEN_DIRECTORY_H_
