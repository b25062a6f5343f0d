#ifndef LOCKSTITCH_SERVICES_SCHEDULER_CONTROL_REPORTS_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_CONTROL_REPORTS_H_

#include "absl/status/statusor.h"
#include "lockstitch/v1/control.pb.h"
#include "services/loader/loader_client.h"
#include "services/scheduler/control/integrations.h"
#include "services/scheduler/store/report_store.h"

namespace lockstitch::scheduler {

// What jobs have come to, as the RPCs of the same names say. Thread-safe.
class Reports {
 public:
  // The pointers must outlive it.
  struct Options {
    const Integrations* integrations = nullptr;
    const ReportStore* store = nullptr;
    const loader::LoaderClient* loader = nullptr;
  };

  explicit Reports(const Options& options) : options_(options) {}

  absl::StatusOr<v1::ListLoadReportsResponse> ListLoadReports(
      const v1::ListLoadReportsRequest& request) const;
  absl::StatusOr<v1::ListUsageResponse> ListUsage(const v1::ListUsageRequest& request) const;
  absl::StatusOr<v1::ListSkippedSlotsResponse> ListSkippedSlots(
      const v1::ListSkippedSlotsRequest& request) const;

 private:
  // Asks the destination how many rows its tables have.
  void AddDestinationRows(const v1::Integration& integration,
                          v1::ListLoadReportsResponse* response) const;

  const Options options_;
};

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_CONTROL_REPORTS_H_
