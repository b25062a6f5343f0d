#ifndef LOCKSTITCH_SERVICES_SCHEDULER_CONTROL_STREAMS_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_CONTROL_STREAMS_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lockstitch/v1/control.pb.h"
#include "services/discovery/discovery_client.h"
#include "services/loader/loader_client.h"
#include "services/scheduler/control/integrations.h"
#include "services/scheduler/control/resource_name.h"
#include "services/scheduler/selection.h"
#include "services/scheduler/store/report_store.h"

namespace lockstitch::scheduler {

// The streams of kept integrations, as the RPCs of the same names say. Thread-safe.
class Streams {
 public:
  // The pointers must outlive it.
  struct Options {
    const Integrations* integrations = nullptr;
    const ReportStore* reports = nullptr;
    const discovery::DiscoveryClient* discovery = nullptr;
    const loader::LoaderClient* loader = nullptr;
  };

  explicit Streams(const Options& options) : options_(options) {}

  // Reads the source's catalog anew for each page.
  absl::StatusOr<v1::ListStreamsResponse> List(const v1::ListStreamsRequest& request) const;
  absl::StatusOr<v1::UpdateStreamsResponse> Update(const v1::UpdateStreamsRequest& request) const;
  absl::StatusOr<v1::IntegrationRecord> Reset(const v1::ResetStreamsRequest& request) const;
  absl::StatusOr<v1::StreamBookmark> GetBookmark(const std::string& name) const;
  absl::StatusOr<v1::IntegrationRecord> SetBookmark(const v1::SetBookmarkRequest& request) const;

 private:
  // Every stream of the source and of the settings, by its name.
  absl::StatusOr<std::map<std::string, v1::StreamRecord>> Records(
      const std::string& id, const v1::Integration& integration) const;
  // OK if the source has what these streams' settings name.
  absl::Status TestAtSource(const v1::Integration& integration,
                            const std::vector<std::string>& streams) const;
  absl::Status AddReports(const std::string& id,
                          std::map<std::string, v1::StreamRecord>* records) const;
  // What a job would read of the catalog.
  absl::StatusOr<std::vector<SelectedStream>> Selected(const v1::Integration& integration,
                                                       const std::vector<v1::Table>& catalog) const;
  absl::StatusOr<v1::GetStateResponse> States(const v1::Integration& integration) const;
  // STREAM_NOT_LOADED, or STREAM_NOT_FOUND as TestSelected.
  absl::StatusOr<v1::StreamBookmark> BookmarkOf(const ResourceName& name,
                                                const v1::Integration& integration,
                                                const v1::GetStateResponse& states) const;
  // STREAM_NOT_FOUND unless each stream has settings of its own or is selected: settings select, so
  // that none may be made for others. Asks the source only where settings don't tell.
  absl::Status TestSelected(const v1::Integration& integration,
                            const std::vector<std::string>& streams) const;

  const Options options_;
};

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_CONTROL_STREAMS_H_
