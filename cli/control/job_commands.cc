#include <CLI/CLI.hpp>
#include <functional>
#include <iostream>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "cli/control/arguments.h"
#include "cli/control/command_groups.h"
#include "cli/control/result_text.h"
#include "cli/exit_status.h"
#include "cli/job_view.h"
#include "cli/message_json.h"
#include "cli/progress_display.h"
#include "rpc/random_id.h"
#include "rpc/retry.h"
#include "rpc/timestamp.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::cli {
namespace {

struct JobArguments {
  std::string name;
  std::string job;
  std::string stream;
  std::string severity = "INFO";
  std::string state;
  int limit = 50;
  bool wait = false;
  bool follow = false;
  bool all = false;
};

using Json = nlohmann::ordered_json;

// Watched calls may break where a scheduler is replaced: another replica serves them as well.
constexpr rpc::RetryPolicy kWatchPolicy = {.attempts = 20};
constexpr rpc::RetryPolicy kFollowPolicy = {.first = absl::Seconds(1), .most = absl::Seconds(1)};

// integrations/{id}, or one of its jobs.
absl::StatusOr<std::string> Resource(const JobArguments& arguments) {
  ASSIGN_OR_RETURN(std::string name, IntegrationNamed(arguments.name));
  if (!arguments.job.empty()) absl::StrAppend(&name, "/jobs/", arguments.job);
  return name;
}

int PrintEnded(const JobView& view, Output output) {
  std::cout << (output == Output::kTable ? JobAsTable(view) : Structured(output, JobAsJson(view)));
  return view.job().state() == v1::JOB_STATE_SUCCEEDED ? kSucceeded : kFailed;
}

int Watch(const std::string& name, const ControlCall& call) {
  JobView view;
  ProgressDisplay display(stderr);
  int64_t printed = 0;
  v1::WatchJobRequest request;
  request.set_name(name);
  const absl::Status status = rpc::Retry(kWatchPolicy, call.stop, [&] {
    int64_t line = 0;
    return call.client.WatchJob(
        request,
        [&](const v1::JobEvent& event) {
          view.Add(event);
          // From now on that very job, whatever comes after it.
          if (event.has_job() && !event.job().name().empty()) request.set_name(event.job().name());
          if (event.has_log() && ++line > printed) {
            printed = line;
            display.Clear();
            if (call.output == Output::kTable) std::cerr << LogLine(event.log());
          }
          if (call.output == Output::kTable) display.Update(view);
        },
        call.stop);
  });
  display.Clear();
  if (!status.ok() && call.stop.stop_requested()) {
    std::cerr << "The job goes on; `lockstitch stop` ends it, `lockstitch jobs watch` shows it.\n";
    return kFailed;
  }
  if (!status.ok()) return Fail(status, call.output);
  return PrintEnded(view, call.output);
}

int RunRun(const JobArguments& arguments, const ControlCall& call) {
  const absl::StatusOr<std::string> name = Resource(arguments);
  if (!name.ok()) return Fail(name.status(), call.output);
  v1::RunJobRequest request;
  request.set_parent(*name);
  request.set_request_id(rpc::RandomId());
  const absl::StatusOr<v1::RunJobResponse> response = call.client.RunJob(request, call.stop);
  if (!response.ok()) return Fail(response.status(), call.output);
  const std::string attached =
      absl::StrCat("a job of ", IdOf(*name), " is open already: ", response->job().job_id(), "\n");
  if (arguments.wait) {
    if (response->attached()) std::cerr << attached;
    return Watch(response->job().name(), call);
  }
  PrintResult(call.output, *response,
              absl::StrCat(response->attached()
                               ? attached
                               : absl::StrCat("job ", response->job().job_id(), " is made\n"),
                           "  Next: lockstitch jobs watch ", IdOf(*name), "\n"));
  return kSucceeded;
}

int RunStop(const JobArguments& arguments, const ControlCall& call) {
  const absl::StatusOr<std::string> name = Resource(arguments);
  if (!name.ok()) return Fail(name.status(), call.output);
  v1::StopJobRequest request;
  request.set_name(*name);
  const absl::StatusOr<v1::StopJobResponse> response = call.client.StopJob(request, call.stop);
  if (!response.ok()) return Fail(response.status(), call.output);
  PrintResult(call.output, *response,
              absl::StrCat("job ", response->job().job_id(),
                           " is asked to stop; rows that are durable stay\n"
                           "  Next: lockstitch jobs get ",
                           arguments.name, " ", response->job().job_id(), "\n"));
  return kSucceeded;
}

int RunList(const JobArguments& arguments, const ControlCall& call) {
  v1::ListJobsRequest request;
  if (arguments.name.empty()) {
    request.set_parent("integrations/-");
  } else {
    const absl::StatusOr<std::string> name = IntegrationNamed(arguments.name);
    if (!name.ok()) return Fail(name.status(), call.output);
    request.set_parent(*name);
  }
  if (!arguments.state.empty()) {
    v1::JobState state = v1::JOB_STATE_UNSPECIFIED;
    v1::JobState_Parse("JOB_STATE_" + arguments.state, &state);
    request.set_state(state);
  }
  v1::ListJobsResponse all;
  do {
    request.set_page_size(std::min(arguments.limit - all.jobs_size(), 1'000));
    const absl::StatusOr<v1::ListJobsResponse> page = call.client.ListJobs(request, call.stop);
    if (!page.ok()) return Fail(page.status(), call.output);
    all.MergeFrom(*page);
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty() && all.jobs_size() < arguments.limit);
  all.clear_next_page_token();
  PrintResult(call.output, all, all.jobs().empty() ? "no jobs\n" : JobsText(all.jobs()));
  return kSucceeded;
}

int RunGet(const JobArguments& arguments, const ControlCall& call) {
  const absl::StatusOr<std::string> name = Resource(arguments);
  if (!name.ok()) return Fail(name.status(), call.output);
  v1::GetJobRequest request;
  request.set_name(*name);
  const absl::StatusOr<v1::GetJobResponse> response = call.client.GetJob(request, call.stop);
  if (!response.ok()) return Fail(response.status(), call.output);
  JobView view;
  v1::JobEvent event;
  *event.mutable_job() = response->job();
  view.Add(event);
  for (const v1::StreamRun& run : response->stream_runs()) {
    *event.mutable_stream_run() = run;
    view.Add(event);
  }
  std::cout << (call.output == Output::kTable ? JobAsTable(view)
                                              : Structured(call.output, JobAsJson(view)));
  return kSucceeded;
}

int RunWatch(const JobArguments& arguments, const ControlCall& call) {
  const absl::StatusOr<std::string> name = Resource(arguments);
  if (!name.ok()) return Fail(name.status(), call.output);
  return Watch(*name, call);
}

// The log that is asked for: of a job, which is the last one where none is named, or of all jobs of
// an integration. One that is followed goes on with the jobs after it.
absl::StatusOr<v1::ListLogEntriesRequest> LogRequest(const JobArguments& arguments,
                                                     const ControlCall& call) {
  v1::ListLogEntriesRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), Resource(arguments));
  request.set_page_size(1000);
  request.set_stream(arguments.stream);
  v1::Severity severity = v1::SEVERITY_INFO;
  v1::Severity_Parse("SEVERITY_" + arguments.severity, &severity);
  request.set_min_severity(severity);
  if (!arguments.job.empty() || arguments.all) return request;
  v1::GetIntegrationRequest get;
  get.set_name(request.parent());
  ASSIGN_OR_RETURN(const v1::GetIntegrationResponse integration,
                   call.client.GetIntegration(get, call.stop));
  if (!integration.integration().has_last_job()) return request;
  const v1::Job& last = integration.integration().last_job();
  if (arguments.follow) {
    *request.mutable_start_time() = last.created_at();
  } else {
    request.set_parent(last.name());
  }
  return request;
}

int RunLogs(const JobArguments& arguments, const ControlCall& call) {
  absl::StatusOr<v1::ListLogEntriesRequest> request = LogRequest(arguments, call);
  if (!request.ok()) return Fail(request.status(), call.output);
  v1::ListLogEntriesResponse all;
  for (int look = 1; rpc::WaitBeforeAttempt(kFollowPolicy, look, call.stop); ++look) {
    bool more = true;
    while (more) {
      v1::ListLogEntriesResponse page;
      const absl::Status status = rpc::Retry(kWatchPolicy, call.stop, [&] {
        ASSIGN_OR_RETURN(page, call.client.ListLogEntries(*request, call.stop));
        return absl::OkStatus();
      });
      if (!status.ok() && call.stop.stop_requested()) return kSucceeded;
      if (!status.ok()) return Fail(status, call.output);
      for (const v1::KeptLogEntry& kept : page.entries()) {
        if (call.output == Output::kTable) {
          std::cout << LogLine(kept.entry());
        } else if (arguments.follow) {
          // What has no end comes as a document a line.
          std::cout << MessageAsJson(kept).dump(-1, ' ', false, Json::error_handler_t::replace)
                    << "\n";
        }
      }
      std::cout.flush();
      request->set_page_token(page.next_page_token());
      more = page.more();
      if (call.output != Output::kTable && !arguments.follow) all.MergeFrom(page);
    }
    if (!arguments.follow) break;
  }
  if (call.output == Output::kTable || arguments.follow) return kSucceeded;
  all.clear_more();
  all.clear_next_page_token();
  PrintResult(call.output, all, "");
  return kSucceeded;
}

}  // namespace

std::vector<CLI::App*> AddJobCommands(CLI::App& app, ControlCommand& command) {
  std::vector<CLI::App*> added;
  const auto add = [&](CLI::App& parent, const std::string& name, const std::string& help,
                       auto run) {
    CLI::App* each = parent.add_subcommand(name, help);
    const auto arguments = std::make_shared<JobArguments>();
    OnParsed(each, command, arguments, run);
    added.push_back(each);
    return std::pair(each, arguments);
  };
  const auto [run, run_arguments] =
      add(app, "run", "Have an integration's job start now, whatever its schedule says.", RunRun);
  run->footer(
      "Example:\n"
      "  lockstitch run shop --wait\n"
      "\n"
      "A job that is open already is joined.\n"
      "Exit status with --wait: 0 every stream succeeded, 1 something failed, 2 wrong usage.");
  AddIntegrationArgument(run, run_arguments->name);
  run->add_flag("--wait", run_arguments->wait, "watch it to its end");

  const auto [stop, stop_arguments] = add(app, "stop", "Stop an integration's job.", RunStop);
  stop->footer("Example:\n  lockstitch stop shop");
  AddIntegrationArgument(stop, stop_arguments->name);

  CLI::App* jobs = app.add_subcommand("jobs", "The jobs that a scheduler keeps.");
  jobs->require_subcommand(1);
  jobs->footer("Example:\n  lockstitch jobs list shop");
  const auto [list, list_arguments] = add(*jobs, "list", "List jobs, the latest first.", RunList);
  list->footer("Example:\n  lockstitch jobs list shop --state FAILED");
  list->add_option("NAME", list_arguments->name, "the integration's name or id [all]")
      ->option_text(" ");
  list->add_option("--state", list_arguments->state, "only those in this state [all]")
      ->check(CLI::IsMember({"PENDING", "RUNNING", "SUCCEEDED", "FAILED", "CANCELLED"}))
      ->option_text("STATE");
  list->add_option("--limit", list_arguments->limit, "how many at most [50]")
      ->check(CLI::Range(1, 1'000'000))
      ->option_text("N");
  const auto [get, get_arguments] = add(*jobs, "get", "Tell what became of a job.", RunGet);
  get->footer("Example:\n  lockstitch jobs get shop JOB");
  AddIntegrationArgument(get, get_arguments->name);
  get->add_option("JOB", get_arguments->job, "the job, as `jobs list` tells it")
      ->required()
      ->option_text(" ");
  const auto [watch, watch_arguments] =
      add(*jobs, "watch", "Follow a job to its end: progress, log, result.", RunWatch);
  watch->footer("Example:\n  lockstitch jobs watch shop");
  AddIntegrationArgument(watch, watch_arguments->name);
  watch->add_option("JOB", watch_arguments->job, "the job [the open one, else the last]")
      ->option_text(" ");

  const auto [logs, log_arguments] = add(app, "logs", "Print an integration's log.", RunLogs);
  logs->footer(
      "Examples:\n"
      "  lockstitch logs shop\n"
      "  lockstitch logs shop -f --severity WARNING\n"
      "  lockstitch logs shop --all --output=json > shop.log.json");
  AddIntegrationArgument(logs, log_arguments->name);
  logs->add_option("--job", log_arguments->job, "of this job [the last one]")->option_text("JOB");
  logs->add_flag("--all", log_arguments->all, "of all jobs that are kept");
  logs->add_flag("-f,--follow", log_arguments->follow, "go on with what comes");
  logs->add_option("--stream", log_arguments->stream, "only lines about this stream [all]")
      ->option_text("SCHEMA.TABLE");
  logs->add_option("--severity", log_arguments->severity, "the least grave to print [INFO]")
      ->check(CLI::IsMember({"DEBUG", "INFO", "WARNING", "ERROR"}))
      ->option_text("SEVERITY");
  return added;
}

}  // namespace lockstitch::cli
