#ifndef LOCKSTITCH_SERVICES_SCHEDULER_STORE_LEADER_STORE_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_STORE_LEADER_STORE_H_

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "lockstitch/v1/integration.pb.h"
#include "lockstitch/v1/job.pb.h"
#include "lockstitch/v1/record.pb.h"
#include "services/scheduler/dispatched_run.h"
#include "services/scheduler/secrets/secret_box.h"
#include "services/scheduler/store/catalog.h"

namespace lockstitch::scheduler {

// What a plan needs of an integration.
struct DueIntegration {
  int64_t key = 0;
  std::string id;
  std::string name;
  std::string uid;
  v1::Schedule schedule;
  absl::Status readable;  // Else why what is kept is no schedule.
  bool paused = false;    // Or it selects nothing, which comes to the same.
  bool held = false;      // Its quota is used up, and it wants that to count.
  bool job_open = false;
  // Of its last job, or when that started if it was started by hand; nullopt before the first.
  std::optional<absl::Time> last_slot;
  int64_t version = 0;  // Of what was read; grows with all that matters to a plan.
  std::optional<absl::Time> next_slot;
  absl::Time changed_at;  // Created, schedule edited, or resumed.
};

// What a plan does to an integration. Of `job` and `skipped` either, both or none may be there.
struct PlannedSlot {
  int64_t key = 0;
  int64_t version = 0;            // The DueIntegration's.
  std::optional<absl::Time> job;  // The slot that a PENDING job is made for.
  std::optional<v1::SkippedSlots> skipped;
  std::optional<absl::Time> next_slot;
};

struct OpenRun {
  v1::StreamRun run;
  DispatchedRun dispatched;
};

// An open job with all that running it needs.
struct OpenJob {
  v1::Job job;
  int64_t integration_key = 0;
  std::string integration_id;
  v1::Integration integration;  // A copy as it was when the job was made, with secrets and the uid.
  std::vector<OpenRun> runs;    // Empty before streams were selected.
  absl::Status readable;        // Else why its secrets can't be decrypted: it can only be failed.
};

// What has become of a run that has ended, and is counted with it.
struct EndedRun {
  v1::StreamRun run;
  int64_t rows = 0;  // Committed by the run id over all of its extractions: its usage.
  std::optional<std::string> bookmark;
  std::string replication_key;
  int64_t table_version = 0;
};

struct JobLogEntry {
  std::string job_id;
  v1::LogEntry entry;
};

// What a webhook of a job's integration is to be told.
struct Notification {
  v1::Webhook webhook;  // With its secrets.
  std::string body;     // JSON.
};

// A notification that is due.
struct DueNotification {
  int64_t number = 0;
  int attempts = 0;  // Made before.
  int64_t integration_key = 0;
  std::string integration;  // Its id.
  v1::Webhook webhook;      // With its secrets; empty if they can't be decrypted.
  std::string body;         // JSON.
};

// What only the leading scheduler writes. Every write tests, in its transaction, that `term` is
// still the leader's, and the legal old state; LEADERSHIP_LOST if not, with nothing written. Every
// write is one statement, and repeated, as after an answer that was lost, it changes nothing (but
// for log entries and attempts, which are told again). Thread-safe.
class LeaderStore {
 public:
  // Both must outlive the store.
  LeaderStore(Catalog* catalog, const SecretBox* secrets, int64_t term)
      : catalog_(catalog), secrets_(secrets), term_(term) {}

  // Integrations whose slot is due at `now`, or that have to be planned anew; the longest due
  // first. Those whose keys are in `put_off` are left out.
  absl::StatusOr<std::vector<DueIntegration>> ReadDue(
      absl::Time now, int limit, const std::vector<int64_t>& put_off = {}) const;
  // Carries plans out. An integration that was edited, deleted or given a job meanwhile is left for
  // the next plan.
  absl::Status Apply(const std::vector<PlannedSlot>& plans) const;

  // Open jobs that this leader doesn't run yet (`known` are their ids), the oldest first; takes
  // them over.
  absl::StatusOr<std::vector<OpenJob>> TakeOpenJobs(const std::vector<std::string>& known,
                                                    int limit) const;
  // Open jobs that were asked to stop, whoever runs them, if anybody.
  absl::StatusOr<std::vector<v1::Job>> ReadStopRequests() const;

  // PENDING -> RUNNING.
  absl::Status StartJob(const v1::Job& job) const;
  // Adds the runs of a job, QUEUED.
  absl::Status AddRuns(const std::string& job_id, const std::vector<v1::StreamRun>& runs) const;
  // Writes a run's dispatch before its `go` is sent; nothing may be sent unless this was OK.
  absl::Status RecordDispatch(const std::string& run_id, const DispatchedRun& dispatched) const;
  // Writes how open runs stand, of any jobs, and appends log entries. Ended runs are left alone.
  absl::Status WriteProgress(const std::vector<v1::StreamRun>& runs,
                             const std::vector<JobLogEntry>& entries) const;
  // Writes a run's end, counts its rows as usage and puts its report in place, once per run id:
  // repeated it changes nothing.
  absl::Status EndRun(const std::string& job_id, const EndedRun& ended) const;
  // RUNNING (or PENDING) -> SUCCEEDED | FAILED | CANCELLED, and puts its notifications into the
  // outbox.
  absl::Status EndJob(const v1::Job& job, const std::vector<Notification>& notifications) const;

  // Those of one integration, the one that has waited longest, but for those whose keys are in
  // `others`.
  absl::StatusOr<std::vector<DueNotification>> ReadDueNotifications(
      absl::Time now, int limit, const std::set<int64_t>& others = {}) const;
  // Ends a notification (nullopt) or puts it off; `failure` is what the receiver said, empty where
  // it accepted. One that was given up stays, with its failure, as long as its job.
  absl::Status EndAttempt(int64_t number, std::optional<absl::Time> next_attempt,
                          const std::string& failure) const;

  // Deletes jobs that ended before `before`, the oldest first, each after its log, runs and
  // notifications, and slots that were skipped before: at most `limit` rows of a table. Answers how
  // many rows of all; 0 once nothing is left.
  absl::StatusOr<int> Prune(absl::Time before, int limit) const;

 private:
  Catalog* catalog_;
  const SecretBox* secrets_;
  const int64_t term_;
};

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_STORE_LEADER_STORE_H_
