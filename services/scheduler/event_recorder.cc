#include "services/scheduler/event_recorder.h"

namespace lockstitch::scheduler {

absl::Status EventRecorder::StartJob(const v1::Job& job) {
  v1::JobEvent event;
  *event.mutable_job() = job;
  Tell(event);
  return absl::OkStatus();
}

absl::Status EventRecorder::AddRuns(const std::vector<v1::StreamRun>& runs) {
  for (const v1::StreamRun& run : runs) TellProgress(run);
  return absl::OkStatus();
}

void EventRecorder::TellPreview(const v1::StreamPreview& preview) {
  v1::JobEvent event;
  *event.mutable_preview() = preview;
  Tell(event);
}

absl::Status EventRecorder::RecordDispatch(const std::string&, const DispatchedRun&) {
  return absl::OkStatus();
}

void EventRecorder::TellProgress(const v1::StreamRun& run) {
  v1::JobEvent event;
  *event.mutable_stream_run() = run;
  Tell(event);
}

void EventRecorder::Log(const v1::LogEntry& entry) {
  v1::JobEvent event;
  *event.mutable_log() = entry;
  Tell(event);
}

absl::Status EventRecorder::EndRun(const EndedRun& ended) {
  TellProgress(ended.run);
  return absl::OkStatus();
}

absl::Status EventRecorder::EndJob(const v1::Job& job) { return StartJob(job); }

void EventRecorder::Tell(const v1::JobEvent& event) {
  absl::MutexLock lock(&mutex_);
  listener_(event);
}

}  // namespace lockstitch::scheduler
