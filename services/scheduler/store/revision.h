#ifndef LOCKSTITCH_SERVICES_SCHEDULER_STORE_REVISION_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_STORE_REVISION_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "lockstitch/v1/integration.pb.h"
#include "postgres/result.h"
#include "services/scheduler/secrets/secret_box.h"

namespace lockstitch::scheduler {

// Settings as lockstitch.revisions keeps them: values of its columns.
struct RevisionValues {
  std::string settings;
  std::string secrets;
};
RevisionValues SealRevision(const v1::Integration& integration, const std::string& uid,
                            int64_t revision, const SecretBox& secrets);

// The settings whose columns `settings` and `secrets` begin at `column`. SECRET_KEY_UNKNOWN, and
// INTERNAL_ERROR for what was altered or belongs to another row.
absl::StatusOr<v1::Integration> UnsealRevision(const postgres::Result& result, int row, int column,
                                               const std::string& uid, int64_t revision,
                                               const SecretBox& secrets);

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_STORE_REVISION_H_
