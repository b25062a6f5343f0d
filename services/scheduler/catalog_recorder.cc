#include "services/scheduler/catalog_recorder.h"

#include "absl/strings/str_cat.h"
#include "rpc/retry.h"
#include "services/scheduler/log_line.h"
#include "status/macros.h"
#include "status/reason.h"
#include "telemetry/log.h"

namespace lockstitch::scheduler {
namespace {

// Between attempts at a write.
constexpr rpc::RetryPolicy kPolicy = {.first = absl::Milliseconds(100), .most = absl::Seconds(5)};

}  // namespace

absl::Status CatalogRecorder::StartJob(const v1::Job& job) {
  return Write([&] { return options_.store->StartJob(job); });
}

absl::Status CatalogRecorder::AddRuns(const std::vector<v1::StreamRun>& runs) {
  return Write([&] { return options_.store->AddRuns(options_.job_id, runs); });
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

void CatalogRecorder::Log(const v1::LogEntry& entry) {
  options_.journal->Log(options_.job_id, entry);
}

absl::Status CatalogRecorder::EndRun(const EndedRun& ended) {
  options_.journal->Forget(ended.run.run_id());
  RETURN_IF_ERROR(options_.journal->Flush(options_.job_id));
  return Write([&] { return options_.store->EndRun(options_.job_id, ended); });
}

absl::Status CatalogRecorder::EndJob(const v1::Job& job) {
  RETURN_IF_ERROR(options_.journal->Flush(options_.job_id));
  return Write([&] { return options_.store->EndJob(job, {}); });
}

absl::Status CatalogRecorder::Write(absl::FunctionRef<absl::Status()> write) {
  for (int attempt = 1; rpc::WaitBeforeAttempt(kPolicy, attempt, options_.leave); ++attempt) {
    const absl::Status written = write();
    if (written.ok() || ReasonOf(written) == Reason::kLeadershipLost) return written;
    telemetry::LogError("what became of a job is not written yet", written,
                        {{"job_id", options_.job_id}});
  }
  return Error(Reason::kLeadershipLost, "the job was left to the scheduler that leads next");
}

}  // namespace lockstitch::scheduler
