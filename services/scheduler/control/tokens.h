#ifndef LOCKSTITCH_SERVICES_SCHEDULER_CONTROL_TOKENS_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_CONTROL_TOKENS_H_

#include <string>

#include "absl/status/statusor.h"
#include "lockstitch/v1/access.pb.h"
#include "services/scheduler/store/audit_store.h"
#include "services/scheduler/store/token_store.h"

namespace lockstitch::scheduler {

// Tokens and the audit log of what was done by them, as the RPCs of the same names say.
// Thread-safe.
class Tokens {
 public:
  // The stores must outlive it.
  struct Options {
    const TokenStore* store = nullptr;
    const AuditStore* audit = nullptr;
  };

  explicit Tokens(const Options& options) : options_(options) {}

  absl::StatusOr<v1::CreateTokenResponse> Create(const v1::CreateTokenRequest& request) const;
  absl::StatusOr<v1::ListTokensResponse> List(const v1::ListTokensRequest& request) const;
  absl::StatusOr<v1::Token> Revoke(const std::string& name) const;
  absl::StatusOr<v1::ListAuditEntriesResponse> ListAuditEntries(
      const v1::ListAuditEntriesRequest& request) const;

 private:
  const Options options_;
};

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_CONTROL_TOKENS_H_
