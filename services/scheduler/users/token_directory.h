#ifndef LOCKSTITCH_SERVICES_SCHEDULER_USERS_TOKEN_DIRECTORY_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_USERS_TOKEN_DIRECTORY_H_

#include <cstdint>
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
// them is five seconds old at most, so that a token that was revoked at another scheduler is
// refused by then, and at once where it was revoked at this one; one that it doesn't know has it
// look again at once, but not more than once a second for long: whoever tries tokens keeps no
// catalog busy. One call at a time reads the catalog. Others that need it wait for five seconds at
// most, then CONNECTION_LOST; the admin of the file never does.
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
  absl::StatusOr<const KeptToken*> Find(const Tokens TokenDirectory::*tokens,
                                        const std::vector<std::string>& keys)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // What the catalog has from now on, for which the lock is given up meanwhile.
  absl::Status Read() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool IsRead() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return begun_ == finished_; }
  void Take(std::vector<KeptToken> tokens) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The token's user, if it may be used. Tells whether the use is to be kept.
  absl::StatusOr<access::User> Use(const KeptToken& token, bool* keep)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void KeepUse(const access::User& user) const;
  bool IsAdmin(const std::string& hash) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Options options_;
  access::RequestLimit looks_;
  absl::Mutex mutex_;
  Tokens by_hash_ ABSL_GUARDED_BY(mutex_);
  Tokens by_certificate_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, absl::Time> used_at_ ABSL_GUARDED_BY(mutex_);  // By id.
  int64_t begun_ ABSL_GUARDED_BY(mutex_) = 0;     // The number of the last read,
  int64_t finished_ ABSL_GUARDED_BY(mutex_) = 0;  // and of the last that has ended, so.
  absl::Status read_ ABSL_GUARDED_BY(mutex_);
  absl::Time read_at_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  int64_t read_changes_ ABSL_GUARDED_BY(mutex_) = 0;  // Of the store, before it was read.
  std::optional<std::string> admin_hash_ ABSL_GUARDED_BY(mutex_);
  absl::Time admin_read_at_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
};

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_USERS_TOKEN_DIRECTORY_H_
