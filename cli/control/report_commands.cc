#include <CLI/CLI.hpp>
#include <memory>

#include "absl/strings/str_cat.h"
#include "cli/control/all_pages.h"
#include "cli/control/arguments.h"
#include "cli/control/command_groups.h"
#include "cli/control/result_text.h"
#include "cli/exit_status.h"

namespace lockstitch::cli {
namespace {

struct ReportArguments {
  std::string name;
  std::string first_day;
  std::string last_day;
};

int RunReport(const ReportArguments& arguments, const ControlCall& call) {
  const absl::StatusOr<std::string> name = IntegrationNamed(arguments.name);
  if (!name.ok()) return Fail(name.status(), call.output);
  v1::ListLoadReportsRequest request;
  request.set_parent(*name);
  const absl::StatusOr<v1::ListLoadReportsResponse> all =
      AllPages(call, &scheduler::ControlClient::ListLoadReports, request);
  if (!all.ok()) return Fail(all.status(), call.output);
  PrintResult(call.output, *all,
              all->reports().empty()
                  ? absl::StrCat("nothing was loaded yet\n  Next: lockstitch run ", IdOf(*name),
                                 " --wait\n")
                  : ReportsText(all->reports()));
  return kSucceeded;
}

int RunUsage(const ReportArguments& arguments, const ControlCall& call) {
  v1::ListUsageRequest request;
  request.set_parent("integrations/-");
  if (!arguments.name.empty()) {
    const absl::StatusOr<std::string> name = IntegrationNamed(arguments.name);
    if (!name.ok()) return Fail(name.status(), call.output);
    request.set_parent(*name);
  }
  request.set_first_day(arguments.first_day);
  request.set_last_day(arguments.last_day);
  const absl::StatusOr<v1::ListUsageResponse> all =
      AllPages(call, &scheduler::ControlClient::ListUsage, request);
  if (!all.ok()) return Fail(all.status(), call.output);
  PrintResult(call.output, *all, UsageText(all->days()));
  return kSucceeded;
}

}  // namespace

std::vector<CLI::App*> AddReportCommands(CLI::App& app, ControlCommand& command) {
  CLI::App* report = app.add_subcommand(
      "report", "Tell what an integration's streams have loaded, and how far they are.");
  report->footer("Example:\n  lockstitch report shop");
  const auto of = std::make_shared<ReportArguments>();
  AddIntegrationArgument(report, of->name);
  OnParsed(report, command, of, RunReport);

  CLI::App* usage = app.add_subcommand("usage", "Tell how many rows were replicated, day by day.");
  usage->footer(
      "Example:\n"
      "  lockstitch usage shop --from 2026-01-01 --to 2026-01-31\n"
      "\n"
      "Rows of the first seven days of an integration are historical: they count for no quota.");
  const auto days = std::make_shared<ReportArguments>();
  usage->add_option("NAME", days->name, "the integration's name or id [all]")->option_text(" ");
  usage->add_option("--from", days->first_day, "the first day [the first of this month]")
      ->option_text("DAY");
  usage->add_option("--to", days->last_day, "the last day [today]")->option_text("DAY");
  OnParsed(usage, command, days, RunUsage);
  return {report, usage};
}

}  // namespace lockstitch::cli
