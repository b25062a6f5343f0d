#ifndef LOCKSTITCH_SERVICES_SCHEDULER_STORE_REPORT_STORE_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_STORE_REPORT_STORE_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "lockstitch/v1/record.pb.h"
#include "services/scheduler/store/catalog.h"

namespace lockstitch::scheduler {

struct NumberedSlots {
  int64_t number = 0;
  v1::SkippedSlots slots;
};

// What jobs have come to, as the API reads it. Every call is one transaction. Thread-safe.
class ReportStore {
 public:
  // Must outlive the store.
  explicit ReportStore(Catalog* catalog) : catalog_(catalog) {}

  // One a stream that was ever run, ordered by stream, those after the stream `after`; rows counted
  // back from `now`.
  absl::StatusOr<std::vector<v1::LoadReport>> ListLoadReports(const std::string& integration,
                                                              const std::string& after, int limit,
                                                              absl::Time now) const;
  // An empty integration is any, deleted ones as well. Ordered by day and integration; of the first
  // day those after the integration `after`.
  absl::StatusOr<std::vector<v1::UsageDay>> ListUsage(const std::string& integration,
                                                      absl::CivilDay first, absl::CivilDay last,
                                                      const std::string& after, int limit) const;
  // Rows of the month of `now` (UTC) that count for a quota, by the integrations' keys; those
  // without any are left out.
  absl::StatusOr<std::map<int64_t, int64_t>> RowsThisMonth(const std::vector<int64_t>& integrations,
                                                           absl::Time now) const;
  // The latest first; those before the number `before` (0: from the latest).
  absl::StatusOr<std::vector<NumberedSlots>> ListSkippedSlots(const std::string& integration,
                                                              int64_t before, int limit) const;

 private:
  Catalog* catalog_;
};

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_STORE_REPORT_STORE_H_
