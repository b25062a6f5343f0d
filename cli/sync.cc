#include <cstdio>
#include <iostream>
#include <string>

#include "absl/strings/str_cat.h"
#include "cli/change_view.h"
#include "cli/commands.h"
#include "cli/described_integration.h"
#include "cli/job_view.h"
#include "cli/progress_display.h"
#include "cli/scheduler_access.h"
#include "cli/text_table.h"
#include "status/macros.h"
#include "telemetry/log.h"

namespace lockstitch::cli {
namespace {

absl::StatusOr<v1::RunOnceRequest> RequestOf(const SyncCommand& command) {
  v1::RunOnceRequest request;
  v1::Integration& integration = *request.mutable_integration();
  ASSIGN_OR_RETURN(integration, DescribedIntegration(command));
  if (command.views) integration.mutable_selection()->set_views(true);
  if (command.include_schema_names) integration.mutable_naming()->set_include_schema_names(true);
  if (command.system_columns == "none") integration.set_system_columns(v1::SYSTEM_COLUMNS_NONE);
  if (command.system_columns == "stitch") integration.set_system_columns(v1::SYSTEM_COLUMNS_STITCH);
  request.set_max_parallel_streams(static_cast<uint32_t>(command.max_parallel_streams));
  request.set_reset(command.reset);
  request.set_verify(command.verify);
  return request;
}

void PrintLog(const v1::LogEntry& entry) {
  std::fprintf(stderr, "%s%s%s\n", Printable(entry.stream()).c_str(),
               entry.stream().empty() ? "" : ": ", Printable(entry.message()).c_str());
}

// Errors do, and what becomes of destination tables.
bool StandsInSummary(const v1::LogEntry& entry, const JobView& view) {
  if (entry.severity() == v1::SEVERITY_ERROR) return true;
  for (const v1::StreamRun& run : view.streams()) {
    if (run.stream() != entry.stream()) continue;
    for (const v1::SchemaChange& change : run.changes()) {
      if (change.effect() == entry.message()) return true;
    }
  }
  return false;
}

void LogJson(const v1::LogEntry& entry) {
  const telemetry::LogSeverity severity =
      entry.severity() == v1::SEVERITY_ERROR     ? telemetry::LogSeverity::kError
      : entry.severity() == v1::SEVERITY_WARNING ? telemetry::LogSeverity::kWarning
                                                 : telemetry::LogSeverity::kInfo;
  telemetry::Log(severity, entry.message(), {{"stream", entry.stream()}});
}

// What edited settings come to, before it is done.
std::string PreviewText(const v1::StreamPreview& preview) {
  const std::string text = ChangesAsText(preview.stream(), preview.changes(), preview.why_anew());
  return absl::StrCat(
      Printable(preview.stream()), ": its settings were edited",
      text.empty() ? "; what was loaded stays as it is\n" : absl::StrCat(":\n", text));
}

void LogJson(const v1::StreamPreview& preview) {
  telemetry::Log(telemetry::LogSeverity::kInfo, "settings were edited",
                 {{"stream", preview.stream()},
                  {"changes", ChangesAsJson(preview.changes()).dump()},
                  {"why_anew", preview.why_anew()}});
}

}  // namespace

int Run(const SyncCommand& command, Output output, std::stop_token stop) {
  const absl::StatusOr<v1::RunOnceRequest> request = RequestOf(command);
  if (!request.ok()) return Fail(request.status(), output);

  const absl::StatusOr<SchedulerAccess> scheduler = SchedulerAccess::Open(command.scheduler);
  if (!scheduler.ok()) return Fail(scheduler.status(), output);
  const std::stop_callback on_stop(stop, [&] { scheduler->StopLocal(); });
  JobView view;
  ProgressDisplay display(stderr);
  const absl::Status status = scheduler->client().RunOnce(
      *request,
      [&](const v1::JobEvent& event) {
        view.Add(event);
        if (output == Output::kTable && event.has_log() && !StandsInSummary(event.log(), view)) {
          display.Clear();
          PrintLog(event.log());
        }
        if (output == Output::kTable && event.has_preview()) {
          display.Clear();
          std::fputs(PreviewText(event.preview()).c_str(), stderr);
        }
        if (output != Output::kTable && event.has_log()) LogJson(event.log());
        if (output != Output::kTable && event.has_preview()) LogJson(event.preview());
        if (output == Output::kTable) display.Update(view);
      },
      scheduler->ForCalls(stop));
  display.Clear();
  if (!status.ok()) return Fail(status, output);
  std::cout << (output == Output::kTable ? JobAsTable(view) : Structured(output, JobAsJson(view)));
  return view.job().state() == v1::JOB_STATE_SUCCEEDED ? kSucceeded : kFailed;
}

}  // namespace lockstitch::cli
