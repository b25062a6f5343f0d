#ifndef LOCKSTITCH_SERVICES_SCHEDULER_CONTROL_INTEGRATION_RECORD_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_CONTROL_INTEGRATION_RECORD_H_

#include <cstdint>
#include <optional>

#include "absl/status/statusor.h"
#include "lockstitch/v1/record.pb.h"
#include "services/scheduler/store/integration_store.h"

namespace lockstitch::scheduler {

// What the API shows of a kept integration: no secrets.
v1::IntegrationRecord RecordOf(const KeptIntegration& kept);

// The revision that an etag stands for; nullopt for an empty one. ETAG_MISMATCH for what is none.
absl::StatusOr<std::optional<int64_t>> RevisionOf(const std::string& etag);

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_CONTROL_INTEGRATION_RECORD_H_
