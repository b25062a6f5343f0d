#ifndef LOCKSTITCH_SERVICES_SCHEDULER_STORE_TOKEN_STORE_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_STORE_TOKEN_STORE_H_

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "access/role.h"
#include "services/scheduler/store/catalog.h"

namespace lockstitch::scheduler {

// A token as it is kept: of one that a secret proves the hash alone.
struct KeptToken {
  std::string id;
  access::Role role = access::Role::kNone;
  std::optional<std::string> hash;              // Either this,
  std::optional<std::string> certificate_name;  // or this.
  absl::Time created_at;
  std::optional<absl::Time> expires_at;
  std::optional<absl::Time> last_used_at;
  std::optional<absl::Time> revoked_at;

  // Whether it may be used at that time.
  bool valid(absl::Time now) const { return !revoked_at && (!expires_at || now < *expires_at); }
};

// The tokens that a catalog keeps. Thread-safe.
class TokenStore {
 public:
  // The catalog must outlive it.
  explicit TokenStore(Catalog* catalog) : catalog_(catalog) {}

  // Keeps id, role, proof and expiry of `token`, and answers what is kept. TOKEN_EXISTS.
  absl::StatusOr<KeptToken> Create(const KeptToken& token) const;
  // Ordered by id, after the id given.
  absl::StatusOr<std::vector<KeptToken>> List(const std::string& after, int limit,
                                              bool show_ended) const;
  // Every one that was not revoked.
  absl::StatusOr<std::vector<KeptToken>> ReadAll() const;
  // Revokes it, or finds that it was. TOKEN_NOT_FOUND.
  absl::StatusOr<KeptToken> Revoke(const std::string& id) const;
  absl::Status MarkUsed(const std::string& id, absl::Time at) const;

  // How often this process has made or revoked one: what was read before the last time is old.
  int64_t changes() const { return changes_; }

 private:
  Catalog* catalog_;
  mutable std::atomic<int64_t> changes_ = 0;
};

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_STORE_TOKEN_STORE_H_
