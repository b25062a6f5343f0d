#include "services/scheduler/job_streams.h"

#include "absl/strings/str_cat.h"
#include "rpc/retry.h"
#include "services/scheduler/load_preview.h"
#include "services/scheduler/log_line.h"
#include "services/scheduler/registration.h"
#include "status/macros.h"

namespace lockstitch::scheduler {
namespace {

void Preview(const v1::Integration& integration, const discovery::Catalog& catalog,
             const v1::RegisterStreamsResponse& registered,
             const std::vector<SelectedStream>& selected, const FindStreamsOptions& options,
             JobRecorder& recorder) {
  const std::vector<const SelectedStream*> edited =
      EditedStreams(integration, registered, selected);
  if (edited.empty()) return;
  const absl::StatusOr<std::vector<v1::LoadPreview>> previews =
      PreviewLoads(integration, catalog, edited, options.reset, *options.loader);
  if (!previews.ok()) {
    return recorder.Log(LogLine(v1::SEVERITY_WARNING, "",
                                absl::StrCat("what the edited settings come to can't be told: ",
                                             previews.status().message())));
  }
  for (size_t i = 0; i < edited.size(); ++i) {
    // What will fail is told by the run itself.
    if (!(*previews)[i].reason().empty()) continue;
    v1::StreamPreview preview;
    preview.set_stream(edited[i]->settings.stream());
    *preview.mutable_changes() = (*previews)[i].changes();
    preview.set_why_anew((*previews)[i].why_anew());
    recorder.TellPreview(preview);
  }
}

absl::Status Register(const v1::Integration& integration, const discovery::Catalog& catalog,
                      const FindStreamsOptions& options, JobRecorder& recorder,
                      JobStreams* streams) {
  const bool needed = DependsOnKnown(integration, streams->selected);
  const v1::RegisterStreamsRequest request =
      RegistrationOf(integration, streams->selected, /*validate_only=*/false);
  v1::RegisterStreamsResponse registered;
  // Where nothing depends on it, what keeps the destination from answering is each stream's to
  // tell.
  const absl::Status status = rpc::Retry(
      {.attempts = needed ? rpc::RetryPolicy().attempts : 1, .reached = false}, options.stop, [&] {
        ASSIGN_OR_RETURN(registered, options.loader->RegisterStreams(request));
        return absl::OkStatus();
      });
  if (needed) RETURN_IF_ERROR(status);
  if (status.ok()) {
    streams->integration_uid = registered.integration_uid();
    streams->selected = SelectStreams(integration, catalog.tables, registered);
    // The columns' lines come from the loader, which leaves them out.
    for (const LeftOut& left_out : LeaveOutNew(integration, registered, &streams->selected)) {
      if (left_out.column.empty())
        recorder.Log(LogLine(v1::SEVERITY_INFO, left_out.stream, left_out.note));
    }
  }
  NameStreams(integration, &streams->selected);
  if (status.ok() && !options.begun)
    Preview(integration, catalog, registered, streams->selected, options, recorder);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<JobStreams> FindStreams(const v1::Integration& integration,
                                       const FindStreamsOptions& options, JobRecorder& recorder) {
  discovery::Catalog catalog;
  RETURN_IF_ERROR(rpc::Retry({.reached = options.begun}, options.stop, [&] {
    ASSIGN_OR_RETURN(catalog, options.discovery->Discover(integration.source(), options.stop));
    return absl::OkStatus();
  }));
  JobStreams streams;
  streams.selected = SelectStreams(integration, catalog.tables);
  RETURN_IF_ERROR(Register(integration, catalog, options, recorder, &streams));
  return streams;
}

}  // namespace lockstitch::scheduler
