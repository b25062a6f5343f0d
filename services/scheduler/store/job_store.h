#ifndef LOCKSTITCH_SERVICES_SCHEDULER_STORE_JOB_STORE_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_STORE_JOB_STORE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "lockstitch/v1/job.pb.h"
#include "services/scheduler/store/catalog.h"

namespace lockstitch::scheduler {

// A job and its stream runs, ordered by stream.
struct KeptJob {
  v1::Job job;
  std::vector<v1::StreamRun> runs;
};

struct RequestedJob {
  v1::Job job;
  bool attached = false;  // It was open before.
};

// Which jobs to list. What is empty is any.
struct JobFilter {
  std::string integration;  // Its id.
  v1::JobState state = v1::JOB_STATE_UNSPECIFIED;
};

// Which log entries to list.
struct LogFilter {
  std::string integration;  // Its id. Required.
  std::string job_id;       // Empty: all of its jobs.
  std::string stream;       // Empty: all.
  v1::Severity min_severity = v1::SEVERITY_INFO;
  std::optional<absl::Time> start;
};

struct KeptLogEntry {
  int64_t number = 0;  // Grows in the order of writing.
  std::string job_id;
  v1::LogEntry entry;
};

// The jobs that a catalog keeps, as the API reads and asks for them; only the leader (LeaderStore)
// runs them. Jobs outlive their integration for as long as jobs are kept; of integrations that had
// the same id one after the other, lists and last jobs are the latest one's. INTEGRATION_NOT_FOUND
// where none ever had it. Every call is one transaction. Thread-safe.
class JobStore {
 public:
  // Must outlive the store.
  explicit JobStore(Catalog* catalog) : catalog_(catalog) {}

  // Makes a PENDING job of the integration's present settings, or gives its open one, or that of an
  // earlier call with the same request_id. An interval counts anew from a job that is made; one
  // whose schedule can't be read here goes on as it was. INTEGRATION_NOT_FOUND, also while it is
  // being deleted.
  absl::StatusOr<RequestedJob> Request(const std::string& integration,
                                       const std::string& request_id) const;
  // Asks a job, or the integration's open one (empty job_id), to stop. JOB_NOT_RUNNING,
  // JOB_NOT_FOUND.
  absl::StatusOr<v1::Job> RequestStop(const std::string& integration,
                                      const std::string& job_id) const;
  // An empty job_id is the open one, or else the last. JOB_NOT_FOUND.
  absl::StatusOr<KeptJob> Get(const std::string& integration, const std::string& job_id) const;
  // The latest first; those before the job `before` (empty: from the latest).
  absl::StatusOr<std::vector<v1::Job>> List(const JobFilter& filter, const std::string& before,
                                            int limit) const;
  // Those after the entry `after`, in the order of writing.
  absl::StatusOr<std::vector<KeptLogEntry>> ListLogEntries(const LogFilter& filter, int64_t after,
                                                           int limit) const;

 private:
  Catalog* catalog_;
};

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_STORE_JOB_STORE_H_
