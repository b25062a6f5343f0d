#include "services/scheduler/control/jobs.h"

#include <map>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "rpc/retry.h"
#include "rpc/timestamp.h"
#include "services/scheduler/control/page_room.h"
#include "services/scheduler/control/page_token.h"
#include "services/scheduler/control/resource_name.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::scheduler {
namespace {

constexpr int kPageSize = 50;
constexpr int kLogPageSize = 100;
constexpr int kWatchedLines = 1'000;

// What of a job has been told to one who watches it.
class Watched {
 public:
  explicit Watched(const Jobs::Listener& listener) : listener_(listener) {}

  absl::Status TellJob(const v1::Job& job) {
    v1::JobEvent event;
    *event.mutable_job() = job;
    return Tell("", job, event);
  }
  // Even if it had ended when it was told first.
  absl::Status TellEnd(const v1::Job& job) {
    v1::JobEvent event;
    *event.mutable_job() = job;
    return listener_(event);
  }
  absl::Status TellRun(const v1::StreamRun& run) {
    v1::JobEvent event;
    *event.mutable_stream_run() = run;
    return Tell(run.run_id(), run, event);
  }
  absl::Status TellLine(const v1::LogEntry& entry) {
    v1::JobEvent event;
    *event.mutable_log() = entry;
    return listener_(event);
  }

 private:
  template <typename Message>
  absl::Status Tell(const std::string& key, const Message& message, const v1::JobEvent& event) {
    std::string text = message.SerializeAsString();
    std::string& told = told_[key];
    if (told == text) return absl::OkStatus();
    told = std::move(text);
    return listener_(event);
  }

  const Jobs::Listener& listener_;
  std::map<std::string, std::string> told_;  // By run ids; the job itself by an empty one.
};

}  // namespace

absl::StatusOr<v1::RunJobResponse> Jobs::Run(const v1::RunJobRequest& request) const {
  ASSIGN_OR_RETURN(const ResourceName parts, ParseIntegrationResource(request.parent()));
  ASSIGN_OR_RETURN(const RequestedJob requested,
                   options_.store->Request(parts.integration, request.request_id()));
  v1::RunJobResponse response;
  *response.mutable_job() = requested.job;
  response.set_attached(requested.attached);
  return response;
}

absl::StatusOr<v1::Job> Jobs::Stop(const std::string& name) const {
  ASSIGN_OR_RETURN(const ResourceName parts, ParseIntegrationOrJobResource(name));
  return options_.store->RequestStop(parts.integration, parts.job);
}

absl::StatusOr<v1::GetJobResponse> Jobs::Get(const std::string& name) const {
  ASSIGN_OR_RETURN(const ResourceName parts, ParseJobResource(name));
  ASSIGN_OR_RETURN(const KeptJob kept, options_.store->Get(parts.integration, parts.job));
  v1::GetJobResponse response;
  *response.mutable_job() = kept.job;
  response.mutable_stream_runs()->Add(kept.runs.begin(), kept.runs.end());
  return response;
}

absl::StatusOr<v1::ListJobsResponse> Jobs::List(const v1::ListJobsRequest& request) const {
  const std::string list =
      absl::StrCat("jobs of ", request.parent(), " in state ", request.state());
  ASSIGN_OR_RETURN(const int size, PageSize(request.page_size(), kPageSize));
  ASSIGN_OR_RETURN(const std::string before, ParsePageToken(list, request.page_token()));
  ASSIGN_OR_RETURN(const ResourceName parts, ParseIntegrationOrAll(request.parent()));
  ASSIGN_OR_RETURN(const std::vector<v1::Job> jobs,
                   options_.store->List(
                       {.integration = parts.integration, .state = request.state()}, before, size));
  v1::ListJobsResponse response;
  PageRoom room;
  for (const v1::Job& job : jobs) {
    if (!room.Takes(job)) break;
    *response.add_jobs() = job;
  }
  const int given = response.jobs_size();
  if (given == size || given < static_cast<int>(jobs.size()))
    response.set_next_page_token(MakePageToken(list, jobs[given - 1].job_id()));
  return response;
}

absl::StatusOr<v1::ListLogEntriesResponse> Jobs::ListLogEntries(
    const v1::ListLogEntriesRequest& request) const {
  const std::string list =
      absl::StrCat("log of ", request.parent(), " of ", request.stream(), " from ",
                   request.min_severity(), " on since ", request.start_time().seconds());
  ASSIGN_OR_RETURN(const int size, PageSize(request.page_size(), kLogPageSize));
  ASSIGN_OR_RETURN(const int64_t after, ParseNumberedPageToken(list, request.page_token()));
  ASSIGN_OR_RETURN(const ResourceName parts, ParseIntegrationOrJobResource(request.parent()));
  LogFilter filter = {
      .integration = parts.integration, .job_id = parts.job, .stream = request.stream()};
  if (request.min_severity() != v1::SEVERITY_UNSPECIFIED)
    filter.min_severity = request.min_severity();
  if (request.has_start_time()) filter.start = rpc::FromTimestamp(request.start_time());
  // One more than wanted tells whether there are more.
  ASSIGN_OR_RETURN(const std::vector<KeptLogEntry> entries,
                   options_.store->ListLogEntries(filter, after, size + 1));
  v1::ListLogEntriesResponse response;
  int64_t last = after;
  PageRoom room;
  for (const KeptLogEntry& kept : entries) {
    if (response.entries_size() == size || !room.Takes(kept.entry)) {
      response.set_more(true);
      break;
    }
    v1::KeptLogEntry& entry = *response.add_entries();
    entry.set_job(JobResource(parts.integration, kept.job_id));
    *entry.mutable_entry() = kept.entry;
    last = kept.number;
  }
  response.set_next_page_token(MakePageToken(list, absl::StrCat(last)));
  return response;
}

absl::Status Jobs::Watch(const std::string& name, const Listener& listener,
                         std::stop_token stop) const {
  ASSIGN_OR_RETURN(const ResourceName parts, ParseIntegrationOrJobResource(name));
  LogFilter filter = {.integration = parts.integration, .job_id = parts.job};
  Watched watched(listener);
  int64_t last_line = 0;
  const rpc::RetryPolicy looks = {.first = options_.watch_interval,
                                  .most = options_.watch_interval};
  for (int look = 1; rpc::WaitBeforeAttempt(looks, look, stop); ++look) {
    // What is read first is not newer than what follows: the ended job comes after all of its
    // lines.
    ASSIGN_OR_RETURN(const KeptJob kept, options_.store->Get(parts.integration, filter.job_id));
    filter.job_id = kept.job.job_id();
    if (look == 1) RETURN_IF_ERROR(watched.TellJob(kept.job));
    for (const v1::StreamRun& run : kept.runs) RETURN_IF_ERROR(watched.TellRun(run));
    while (true) {
      ASSIGN_OR_RETURN(const std::vector<KeptLogEntry> lines,
                       options_.store->ListLogEntries(filter, last_line, kWatchedLines));
      for (const KeptLogEntry& line : lines) {
        RETURN_IF_ERROR(watched.TellLine(line.entry));
        last_line = line.number;
      }
      if (static_cast<int>(lines.size()) < kWatchedLines) break;
    }
    if (kept.job.has_ended_at()) return watched.TellEnd(kept.job);
    RETURN_IF_ERROR(watched.TellJob(kept.job));
  }
  return Error(Reason::kShuttingDown, "the scheduler is shutting down; the job goes on",
               "Watch it again: any scheduler of the catalog serves it.");
}

}  // namespace lockstitch::scheduler
