#include <CLI/CLI.hpp>
#include <functional>
#include <iostream>
#include <memory>

#include "absl/strings/str_cat.h"
#include "cli/control/all_pages.h"
#include "cli/control/arguments.h"
#include "cli/control/command_groups.h"
#include "cli/control/result_text.h"
#include "cli/exit_status.h"
#include "status/macros.h"

namespace lockstitch::cli {
namespace {

struct IntegrationArguments {
  std::string name;
  std::string state;
  std::vector<std::string> streams;
  bool drop_tables = false;
  bool abandon_destination = false;
};

// Runs `ask` with the integration's resource name, and prints what it answers by `text`.
template <typename Response>
int AskOfIntegration(
    const IntegrationArguments& arguments, const ControlCall& call,
    const std::function<absl::StatusOr<Response>(const std::string&)>& ask,
    const std::function<std::string(const Response&, const std::string& id)>& text) {
  const absl::StatusOr<std::string> name = IntegrationNamed(arguments.name);
  if (!name.ok()) return Fail(name.status(), call.output);
  const absl::StatusOr<Response> response = ask(*name);
  if (!response.ok()) return Fail(response.status(), call.output);
  PrintResult(call.output, *response, text(*response, IdOf(*name)));
  return kSucceeded;
}

int RunList(const IntegrationArguments& arguments, const ControlCall& call) {
  v1::ListIntegrationsRequest request;
  if (!arguments.state.empty()) {
    v1::IntegrationState state = v1::INTEGRATION_STATE_UNSPECIFIED;
    v1::IntegrationState_Parse("INTEGRATION_STATE_" + arguments.state, &state);
    request.set_state(state);
  }
  const absl::StatusOr<v1::ListIntegrationsResponse> all =
      AllPages(call, &scheduler::ControlClient::ListIntegrations, request);
  if (!all.ok()) return Fail(all.status(), call.output);
  PrintResult(call.output, *all,
              all->integrations().empty()
                  ? "no integrations yet\n  Next: lockstitch apply -f FILE\n"
                  : IntegrationsText(all->integrations()));
  return kSucceeded;
}

int RunGet(const IntegrationArguments& arguments, const ControlCall& call) {
  return AskOfIntegration<v1::GetIntegrationResponse>(
      arguments, call,
      [&](const std::string& name) {
        v1::GetIntegrationRequest request;
        request.set_name(name);
        return call.client.GetIntegration(request, call.stop);
      },
      [](const auto& response, const std::string& id) {
        return absl::StrCat(IntegrationText(response.integration()),
                            "  Its settings: lockstitch export ", id, "\n");
      });
}

std::string ForgottenText(const v1::ForgottenIntegration& forgotten, const std::string& id) {
  std::string text = absl::StrCat(id, ": deleted; its jobs and usage stay known\n");
  for (const std::string& table : forgotten.dropped())
    absl::StrAppend(&text, "  dropped ", table, "\n");
  for (const v1::KeptTable& kept : forgotten.kept()) {
    absl::StrAppend(&text, "  ", kept.table(), " stays: ", kept.reason(), ": ", kept.message(),
                    "\n    ", kept.remedy(), "\n");
  }
  if (forgotten.dropped().empty() && !forgotten.tables().empty()) {
    absl::StrAppend(&text, "  its ", forgotten.tables_size(),
                    " destination tables stay, and are yours now\n");
  }
  return text;
}

int RunDelete(const IntegrationArguments& arguments, const ControlCall& call) {
  return AskOfIntegration<v1::DeleteIntegrationResponse>(
      arguments, call,
      [&](const std::string& name) {
        v1::DeleteIntegrationRequest request;
        request.set_name(name);
        request.set_drop_tables(arguments.drop_tables);
        request.set_abandon_destination(arguments.abandon_destination);
        return call.client.DeleteIntegration(request, call.stop);
      },
      [](const auto& response, const std::string& id) {
        return ForgottenText(response.forgotten(), id);
      });
}

int RunPause(const IntegrationArguments& arguments, const ControlCall& call) {
  return AskOfIntegration<v1::PauseIntegrationResponse>(
      arguments, call,
      [&](const std::string& name) {
        v1::PauseIntegrationRequest request;
        request.set_name(name);
        return call.client.PauseIntegration(request, call.stop);
      },
      [](const auto&, const std::string& id) {
        return absl::StrCat(id, ": paused; a job that runs goes on\n  Next: lockstitch ",
                            "integration resume ", id, "\n");
      });
}

int RunResume(const IntegrationArguments& arguments, const ControlCall& call) {
  return AskOfIntegration<v1::ResumeIntegrationResponse>(
      arguments, call,
      [&](const std::string& name) {
        v1::ResumeIntegrationRequest request;
        request.set_name(name);
        return call.client.ResumeIntegration(request, call.stop);
      },
      [](const auto&, const std::string& id) {
        return absl::StrCat(id, ": resumed\n  Next: lockstitch integration get ", id, "\n");
      });
}

int RunCheck(const IntegrationArguments& arguments, const ControlCall& call) {
  bool passed = true;
  const int exit_status = AskOfIntegration<v1::CheckIntegrationResponse>(
      arguments, call,
      [&](const std::string& name) {
        v1::CheckIntegrationRequest request;
        request.set_name(name);
        return call.client.CheckIntegration(request, call.stop);
      },
      [&](const auto& response, const std::string&) {
        passed = response.problems().empty();
        for (const v1::IntegrationCheckStep& each : response.steps())
          passed = passed && each.step().result() != v1::CHECK_RESULT_FAILED;
        return absl::StrCat(StepsText(response.steps()), ProblemsText(response.problems()));
      });
  return exit_status == kSucceeded && !passed ? kFailed : exit_status;
}

int RunReset(const IntegrationArguments& arguments, const ControlCall& call) {
  return AskOfIntegration<v1::ResetStreamsResponse>(
      arguments, call,
      [&](const std::string& name) {
        v1::ResetStreamsRequest request;
        request.set_parent(name);
        request.mutable_streams()->Add(arguments.streams.begin(), arguments.streams.end());
        return call.client.ResetStreams(request, call.stop);
      },
      [&](const auto&, const std::string& id) {
        return absl::StrCat(
            id, ": ", arguments.streams.empty() ? "every stream" : "the streams",
            " will be loaded anew by the next job; readers see what is there until then\n",
            "  Next: lockstitch run ", id, " --wait\n");
      });
}

int RunSkipped(const IntegrationArguments& arguments, const ControlCall& call) {
  return AskOfIntegration<v1::ListSkippedSlotsResponse>(
      arguments, call,
      [&](const std::string& name) {
        v1::ListSkippedSlotsRequest request;
        request.set_parent(name);
        return AllPages(call, &scheduler::ControlClient::ListSkippedSlots, request);
      },
      [](const auto& response, const std::string&) {
        return response.slots().empty() ? "no slot was skipped\n" : SlotsText(response.slots());
      });
}

}  // namespace

std::vector<CLI::App*> AddIntegrationCommands(CLI::App& app, ControlCommand& command) {
  CLI::App* group = app.add_subcommand("integration", "The integrations that a scheduler keeps.");
  group->require_subcommand(1);
  group->footer("Example:\n  lockstitch integration list");
  std::vector<CLI::App*> added;
  const auto add = [&](const std::string& name, const std::string& help, auto run, bool named) {
    CLI::App* each = group->add_subcommand(name, help);
    const auto arguments = std::make_shared<IntegrationArguments>();
    if (named) AddIntegrationArgument(each, arguments->name);
    if (named) each->footer("Example:\n  lockstitch integration " + name + " shop");
    OnParsed(each, command, arguments, run);
    added.push_back(each);
    return std::pair(each, arguments);
  };
  const auto [list, list_arguments] =
      add("list", "List them: state, next run, last job.", RunList, false);
  list->footer("Example:\n  lockstitch integration list --state FAILED");
  list->add_option("--state", list_arguments->state, "only those that stand so [all]")
      ->check(CLI::IsMember({"PENDING", "IN_PROGRESS", "PAUSED", "NOT_CONFIGURED", "FAILED"}))
      ->option_text("STATE");
  add("get", "Tell how one stands, and why.", RunGet, true);
  const auto [remove, remove_arguments] =
      add("delete", "Stop its job, forget it at its destination and here.", RunDelete, true);
  remove->add_flag("--drop-tables", remove_arguments->drop_tables,
                   "drop its destination tables as well [they stay]");
  remove->add_flag("--abandon-destination", remove_arguments->abandon_destination,
                   "delete it though its destination can't be reached");
  add("pause", "Let no job start by itself.", RunPause, true);
  add("resume", "Let jobs start by themselves again.", RunResume, true);
  add("check", "Check its connections and settings.", RunCheck, true);
  const auto [reset, reset_arguments] =
      add("reset", "Have its streams loaded anew by the next job.", RunReset, true);
  reset
      ->add_option("--stream", reset_arguments->streams,
                   "only this stream; may be repeated [every stream]")
      ->option_text("SCHEMA.TABLE");
  add("skipped", "List slots of its schedule that no job was made for.", RunSkipped, true);
  return added;
}

}  // namespace lockstitch::cli
