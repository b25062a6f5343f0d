#ifndef LOCKSTITCH_SERVICES_SCHEDULER_USERS_USER_GATE_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_USERS_USER_GATE_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "access/gate.h"
#include "services/scheduler/control/control.h"
#include "services/scheduler/users/catalog_audit.h"
#include "services/scheduler/users/token_directory.h"

namespace lockstitch::scheduler {

// The gate of a scheduler, which users call. Thread-safe.
class UserGate {
 public:
  struct Options {
    std::string admin_token_file;    // Optional.
    int requests_per_minute = 6000;  // Of each token and certificate; 0 is no limit.
    int calls_at_once = 100;         // The same of those under way.
  };

  // `control` is what the scheduler keeps, and must outlive the gate; nullptr without a catalog.
  UserGate(const Options& options, const Control* control);

  access::Gate* gate() { return &gate_; }

 private:
  TokenDirectory users_;
  std::optional<CatalogAudit> audit_;
  access::Gate gate_;
};

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_USERS_USER_GATE_H_
