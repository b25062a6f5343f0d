#ifndef LOCKSTITCH_SERVICES_SCHEDULER_STORE_STANDING_STORE_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_STORE_STANDING_STORE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "lockstitch/v1/schedule.pb.h"
#include "services/scheduler/store/catalog.h"

namespace lockstitch::scheduler {

// What metrics tell of an integration.
struct IntegrationStanding {
  std::string name;
  v1::Schedule schedule;
  bool paused = false;             // Or it selects nothing.
  absl::Time schedule_changed_at;  // Created, schedule edited, or resumed.
  // When the last job that succeeded ended.
  std::optional<absl::Time> last_success;
  int64_t failing_streams = 0;  // Of its last job that has ended.
};

// What they tell of open jobs.
struct QueueStanding {
  int64_t pending = 0;
  int64_t running = 0;
  std::optional<absl::Time> oldest_pending;  // When that was made.
};

// The first `limit` integrations, in the order of their creation. One whose schedule can't be read
// is left out.
absl::StatusOr<std::vector<IntegrationStanding>> ReadIntegrationStandings(Catalog& catalog,
                                                                          int limit);

absl::StatusOr<QueueStanding> ReadQueueStanding(Catalog& catalog);

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_STORE_STANDING_STORE_H_
