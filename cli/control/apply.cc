#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "absl/strings/str_cat.h"
#include "cli/control/arguments.h"
#include "cli/control/command_groups.h"
#include "cli/control/result_text.h"
#include "cli/exit_status.h"
#include "cli/integration_file.h"
#include "cli/message_json.h"
#include "cli/yaml_text.h"
#include "rpc/random_id.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::cli {
namespace {

struct ApplyArguments {
  std::vector<std::string> files;
  bool dry_run = false;
  bool skip_checks = false;
};

struct ExportArguments {
  std::string name;
};

// What came of a file.
struct Applied {
  v1::IntegrationRecord record;
  bool created = false;
  std::vector<v1::FieldChange> changes;
};

absl::StatusOr<Applied> Apply(const v1::Integration& integration, const ApplyArguments& arguments,
                              const ControlCall& call) {
  ASSIGN_OR_RETURN(const std::string name, IntegrationNamed(integration.name()));
  v1::UpdateIntegrationRequest update;
  update.set_name(name);
  *update.mutable_integration() = integration;
  update.mutable_update_mask()->add_paths("*");
  update.set_validate_only(arguments.dry_run);
  update.set_skip_checks(arguments.skip_checks);
  absl::StatusOr<v1::UpdateIntegrationResponse> updated =
      call.client.UpdateIntegration(update, call.stop);
  if (updated.ok()) {
    return Applied{.record = updated->integration(),
                   .changes = {updated->changes().begin(), updated->changes().end()}};
  }
  if (ReasonOf(updated.status()) != Reason::kIntegrationNotFound) return updated.status();
  v1::CreateIntegrationRequest create;
  // By which it is found again.
  create.set_integration_id(IdOf(name));
  *create.mutable_integration() = integration;
  create.set_validate_only(arguments.dry_run);
  create.set_skip_checks(arguments.skip_checks);
  create.set_request_id(rpc::RandomId());
  ASSIGN_OR_RETURN(const v1::CreateIntegrationResponse created,
                   call.client.CreateIntegration(create, call.stop));
  return Applied{.record = created.integration(), .created = true};
}

std::string WhatCame(const Applied& applied, bool dry_run) {
  const std::string id = IdOf(applied.record.name());
  if (applied.created) {
    return dry_run ? absl::StrCat(id, ": would be created\n")
                   : absl::StrCat(id, ": created\n  Next: lockstitch run ", id, " --wait\n");
  }
  if (applied.changes.empty()) return absl::StrCat(id, ": unchanged\n");
  google::protobuf::RepeatedPtrField<v1::FieldChange> changes(applied.changes.begin(),
                                                              applied.changes.end());
  return absl::StrCat(id, dry_run ? ": would be edited\n" : ": edited, from its next job on\n",
                      ChangesText(changes));
}

nlohmann::ordered_json AsJson(const std::string& file, const Applied& applied) {
  nlohmann::ordered_json changes = nlohmann::ordered_json::array();
  for (const v1::FieldChange& change : applied.changes) changes.push_back(MessageAsJson(change));
  return {{"file", file},
          {"result", applied.created           ? "created"
                     : applied.changes.empty() ? "unchanged"
                                               : "edited"},
          {"changes", changes},
          {"integration", MessageAsJson(applied.record)}};
}

int RunApply(const ApplyArguments& arguments, const ControlCall& call) {
  int exit_status = kSucceeded;
  nlohmann::ordered_json results = nlohmann::ordered_json::array();
  for (const std::string& file : arguments.files) {
    const absl::StatusOr<v1::Integration> integration = ReadIntegration(file);
    const absl::StatusOr<Applied> applied =
        integration.ok() ? Apply(*integration, arguments, call) : integration.status();
    if (!applied.ok()) {
      exit_status = std::max(exit_status, ExitStatusOf(applied.status()));
      if (call.output == Output::kTable) {
        std::cerr << file << ": ";
        Fail(applied.status(), call.output);
      } else {
        results.push_back(
            {{"file", file},
             {"result", "failed"},
             {"error", nlohmann::ordered_json::parse(FailureJson(applied.status()))}});
      }
      continue;
    }
    if (call.output == Output::kTable) std::cout << WhatCame(*applied, arguments.dry_run);
    results.push_back(AsJson(file, *applied));
  }
  if (call.output != Output::kTable) {
    const nlohmann::ordered_json root = {{"dry_run", arguments.dry_run}, {"applied", results}};
    std::cout << Structured(call.output, root.dump(2) + "\n");
  }
  return exit_status;
}

int RunExport(const ExportArguments& arguments, const ControlCall& call) {
  const absl::StatusOr<std::string> name = IntegrationNamed(arguments.name);
  if (!name.ok()) return Fail(name.status(), call.output);
  v1::GetIntegrationRequest request;
  request.set_name(*name);
  const absl::StatusOr<v1::GetIntegrationResponse> response =
      call.client.GetIntegration(request, call.stop);
  if (!response.ok()) return Fail(response.status(), call.output);
  const v1::Integration& integration = response->integration().integration();
  if (call.output == Output::kJson) {
    std::cout << MessageAsJsonText(integration);
  } else {
    std::cout << "# Passwords and keys are left out: `lockstitch apply` keeps those that are "
                 "there.\n"
              << YamlText(MessageAsJson(integration));
  }
  return kSucceeded;
}

}  // namespace

std::vector<CLI::App*> AddApplyCommands(CLI::App& app, ControlCommand& command) {
  CLI::App* apply = app.add_subcommand(
      "apply", "Create or edit integrations as files say, and show what that changes.");
  apply->footer(
      "Example:\n"
      "  lockstitch apply -f shop.yaml --dry-run\n"
      "\n"
      "What a file doesn't say is as by default. Connections are checked first; what doesn't pass\n"
      "is not saved. Edits take effect with the next job.\n"
      "Exit status: 0 every file is applied, 1 something failed, 2 wrong usage or an invalid "
      "file.");
  const auto files = std::make_shared<ApplyArguments>();
  apply
      ->add_option("-f,--file", files->files,
                   "an integration as YAML; ${VAR} is taken from the environment; may be repeated")
      ->option_text("FILE...")
      ->required();
  apply->add_flag("--dry-run", files->dry_run, "only show what would change");
  apply->add_flag("--skip-checks", files->skip_checks, "save it though its connections don't pass");
  OnParsed(apply, command, files, RunApply);

  CLI::App* exported =
      app.add_subcommand("export", "Print an integration as YAML that apply takes back.");
  exported->footer("Example:\n  lockstitch export shop > shop.yaml");
  const auto name = std::make_shared<ExportArguments>();
  AddIntegrationArgument(exported, name->name);
  OnParsed(exported, command, name, RunExport);
  return {apply, exported};
}

}  // namespace lockstitch::cli
