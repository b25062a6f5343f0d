#include "services/scheduler/catalog_recorder.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "rpc/retry.h"
#include "services/scheduler/log_line.h"
#include "services/scheduler/notification/notifications.h"
#include "services/scheduler/quota_notice.h"
#include "status/macros.h"
#include "status/reason.h"
#include "telemetry/log.h"

namespace lockstitch::scheduler {
namespace {

// Between attempts at a write.
constexpr rpc::RetryPolicy kPolicy = {.first = absl::Milliseconds(100), .most = absl::Seconds(5)};

std::string BeginningOf(const v1::Job& job) {
  return job.trigger() == v1::JOB_TRIGGER_MANUAL ? "the job begins, as a user asked for"
                                                 : "the job begins, as its schedule says";
}

std::string EndOf(const EndedRun& ended) {
  const std::string rows = absl::StrCat(ended.rows, ended.rows == 1 ? " row" : " rows");
  return ended.run.state() == v1::STREAM_RUN_STATE_SUCCEEDED
             ? absl::StrCat("loaded into ", ended.run.destination_table(), ": ", rows)
             : absl::StrCat("ended without a load to publish; durable: ", rows);
}

size_t SucceededOf(const std::vector<v1::StreamRun>& runs) {
  return static_cast<size_t>(std::count_if(runs.begin(), runs.end(), [](const v1::StreamRun& run) {
    return run.state() == v1::STREAM_RUN_STATE_SUCCEEDED;
  }));
}

}  // namespace

CatalogRecorder::CatalogRecorder(const Options& options)
    : options_(options), job_id_(options.job->job.job_id()) {
  for (const OpenRun& open : options_.job->runs) {
    if (open.run.has_ended_at()) ended_.push_back(open.run);
  }
}

absl::Status CatalogRecorder::StartJob(const v1::Job& job) {
  RETURN_IF_ERROR(Write([&] { return options_.store->StartJob(job); }));
  Log(LogLine(v1::SEVERITY_INFO, "", BeginningOf(options_.job->job)));
  return absl::OkStatus();
}

absl::Status CatalogRecorder::AddRuns(const std::vector<v1::StreamRun>& runs) {
  return Write([&] { return options_.store->AddRuns(job_id_, runs); });
}

void CatalogRecorder::TellPreview(const v1::StreamPreview& preview) {
  for (const v1::SchemaChange& change : preview.changes())
    Log(LogLine(v1::SEVERITY_INFO, preview.stream(), change.effect()));
  if (preview.why_anew().empty()) return;
  Log(LogLine(v1::SEVERITY_INFO, preview.stream(),
              absl::StrCat("will be loaded anew: ", preview.why_anew())));
}

absl::Status CatalogRecorder::RecordDispatch(const std::string& run_id,
                                             const DispatchedRun& dispatched) {
  return Write([&] { return options_.store->RecordDispatch(run_id, dispatched); });
}

void CatalogRecorder::TellProgress(const v1::StreamRun& run) {
  options_.journal->TellProgress(run);
}

void CatalogRecorder::Log(const v1::LogEntry& entry) { options_.journal->Log(job_id_, entry); }

absl::Status CatalogRecorder::EndRun(const EndedRun& ended) {
  Log(LogLine(v1::SEVERITY_INFO, ended.run.stream(), EndOf(ended)));
  options_.journal->Forget(ended.run.run_id());
  RETURN_IF_ERROR(options_.journal->Flush(job_id_));
  RETURN_IF_ERROR(Write([&] { return options_.store->EndRun(job_id_, ended); }));
  absl::MutexLock lock(&mutex_);
  ended_.push_back(ended.run);
  return absl::OkStatus();
}

absl::Status CatalogRecorder::EndJob(const v1::Job& job) {
  TellQuota();
  std::vector<Notification> notifications;
  {
    absl::MutexLock lock(&mutex_);
    notifications = NotificationsOf(options_.job->integration, job, ended_);
    Log(LogLine(v1::SEVERITY_INFO, "",
                absl::StrCat("the job has ended: ", SucceededOf(ended_), " of ", ended_.size(),
                             " streams succeeded")));
  }
  RETURN_IF_ERROR(options_.journal->Flush(job_id_));
  return Write([&] { return options_.store->EndJob(job, notifications); });
}

void CatalogRecorder::TellQuota() {
  const OpenJob& job = *options_.job;
  if (!job.integration.has_quota()) return;
  auto rows = options_.reports->RowsThisMonth({job.integration_key}, absl::Now());
  if (!rows.ok())
    return telemetry::LogError("an integration's quota can't be told", rows.status(),
                               {{"integration", job.integration_id}});
  if (const auto notice = QuotaNotice(job.integration.quota(), (*rows)[job.integration_key])) {
    Log(LogLine(v1::SEVERITY_WARNING, "", *notice));
  }
}

absl::Status CatalogRecorder::Write(absl::FunctionRef<absl::Status()> write) {
  for (int attempt = 1; rpc::WaitBeforeAttempt(kPolicy, attempt, options_.leave); ++attempt) {
    const absl::Status written = write();
    if (written.ok() || ReasonOf(written) == Reason::kLeadershipLost) return written;
    telemetry::LogError("what became of a job is not written yet", written, {{"job_id", job_id_}});
  }
  return Error(Reason::kLeadershipLost, "the job was left to the scheduler that leads next");
}

}  // namespace lockstitch::scheduler
