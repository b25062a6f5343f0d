#ifndef LOCKSTITCH_SERVICES_SCHEDULER_JOB_STREAMS_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_JOB_STREAMS_H_

#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lockstitch/v1/integration.pb.h"
#include "services/discovery/discovery_client.h"
#include "services/loader/loader_client.h"
#include "services/scheduler/job_recorder.h"
#include "services/scheduler/selection.h"

namespace lockstitch::scheduler {

// What a job is to run.
struct JobStreams {
  std::string integration_uid;  // As the destination has it; empty where that could not be asked.
  std::vector<SelectedStream> selected;
};

struct FindStreamsOptions {
  const discovery::DiscoveryClient* discovery = nullptr;
  const loader::LoaderClient* loader = nullptr;
  bool reset = false;  // The job's.
  // An earlier owner has done all this: the source was reached then, and users were told what has
  // become of edited settings.
  bool begun = false;
  std::stop_token stop;
};

// Reads the source's catalog, selects, makes the integration known to its destination, and takes
// away what appeared after its first job where it wants that.
absl::StatusOr<JobStreams> FindStreams(const v1::Integration& integration,
                                       const FindStreamsOptions& options, JobRecorder& recorder);

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_JOB_STREAMS_H_
