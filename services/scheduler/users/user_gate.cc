#include "services/scheduler/users/user_gate.h"

namespace lockstitch::scheduler {

UserGate::UserGate(const Options& options, const Control* control)
    : users_({.store = control == nullptr ? nullptr : &control->token_store(),
              .admin_token_file = options.admin_token_file}),
      audit_(control == nullptr ? std::nullopt
                                : std::optional<CatalogAudit>(&control->audit_store())),
      gate_({.users = &users_,
             .requests_per_minute = options.requests_per_minute,
             .calls_at_once = options.calls_at_once,
             .audit = audit_ ? &*audit_ : nullptr}) {}

}  // namespace lockstitch::scheduler
