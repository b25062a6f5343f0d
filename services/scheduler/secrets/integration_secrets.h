#ifndef LOCKSTITCH_SERVICES_SCHEDULER_SECRETS_INTEGRATION_SECRETS_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_SECRETS_INTEGRATION_SECRETS_H_

#include <vector>

#include "absl/status/statusor.h"
#include "lockstitch/v1/integration.pb.h"
#include "lockstitch/v1/record.pb.h"

namespace lockstitch::scheduler {

// An integration apart: what may be seen, and what may not.
struct SplitIntegration {
  v1::Integration shown;  // Passwords and keys empty; URLs without password, webhooks' URLs without
                          // credentials and query.
  v1::Integration secrets;  // The same connections and webhooks whole, nothing else.
};
SplitIntegration Split(const v1::Integration& integration);
v1::Integration Join(const SplitIntegration& split);

// `edited` with those secrets of `kept` that it leaves empty, where they are for the same host,
// port, database and user, or the same webhook.
v1::Integration WithKeptSecrets(const v1::Integration& edited, const v1::Integration& kept);

// What differs, field by field, in the order of the fields; streams and webhooks by name. Secrets
// are `***`.
std::vector<v1::FieldChange> ChangesBetween(const v1::Integration& before,
                                            const v1::Integration& after);

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_SECRETS_INTEGRATION_SECRETS_H_
