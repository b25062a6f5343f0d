#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/commands.h"
#include "cli/integration_file.h"
#include "cli/integration_flags.h"
#include "cli/scheduler_access.h"
#include "cli/text_table.h"
#include "lockstitch/v1/scheduler.pb.h"
#include "status/macros.h"

namespace lockstitch::cli {
namespace {

using Json = nlohmann::ordered_json;

// Of what a file describes only what names the integration: its source is no longer needed.
absl::StatusOr<v1::SchedulerServiceForgetIntegrationRequest> RequestOf(
    const ForgetCommand& command) {
  v1::Integration described;
  if (!command.file.empty()) {
    ASSIGN_OR_RETURN(described, ReadIntegration(command.file));
  }
  if (!command.name.empty()) described.set_name(command.name);
  SetUrls("", command.destination, &described);
  v1::SchedulerServiceForgetIntegrationRequest request;
  request.mutable_integration()->set_name(described.name());
  request.mutable_integration()->set_uid(described.uid());
  *request.mutable_integration()->mutable_destination() = described.destination();
  request.set_drop_tables(command.drop_tables);
  request.set_dry_run(command.dry_run);
  return request;
}

// What has become of one table.
struct Outcome {
  bool dropped = false;
  const v1::KeptTable* kept = nullptr;  // Where it should have been dropped.
};

std::map<std::string, Outcome> OutcomesOf(const v1::ForgottenIntegration& forgotten) {
  std::map<std::string, Outcome> outcomes;
  for (const std::string& table : forgotten.tables()) outcomes[table];
  for (const std::string& table : forgotten.dropped()) outcomes[table].dropped = true;
  for (const v1::KeptTable& kept : forgotten.kept()) outcomes[kept.table()].kept = &kept;
  return outcomes;
}

std::string Counted(int count, absl::string_view noun) {
  return absl::StrCat(count, " ", noun, count == 1 ? "" : "s");
}

std::string AsText(const v1::ForgottenIntegration& forgotten, const std::string& name,
                   bool dry_run) {
  std::vector<std::vector<std::string>> rows;
  std::string problems;
  for (const auto& [table, outcome] : OutcomesOf(forgotten)) {
    rows.push_back({table, outcome.dropped ? (dry_run ? "would be dropped" : "dropped") : "stays"});
    if (outcome.kept == nullptr) continue;
    absl::StrAppend(&problems, Printable(table), ": ", outcome.kept->reason(), ": ",
                    Printable(outcome.kept->message()), "\n  ", outcome.kept->remedy(), "\n\n");
  }
  std::string text;
  if (!rows.empty()) text = absl::StrCat(TextTable({{"TABLE"}, {"OUTCOME"}}, rows), "\n");
  absl::StrAppend(&text, problems, Printable(name),
                  dry_run ? ": would be forgotten, " : ": forgotten, ", forgotten.dropped_size(),
                  " of ", Counted(forgotten.tables_size(), "table"), " dropped, ",
                  Counted(forgotten.ended_runs_size(), "run"), " ended\n");
  if (!forgotten.dropped_schema().empty())
    absl::StrAppend(&text, "the schema ", Printable(forgotten.dropped_schema()),
                    " was empty and is dropped\n");
  return text;
}

std::string AsJson(const v1::ForgottenIntegration& forgotten, const std::string& name,
                   bool dry_run) {
  Json tables = Json::array();
  for (const auto& [table, outcome] : OutcomesOf(forgotten)) {
    const v1::KeptTable* kept = outcome.kept;
    tables.push_back({{"table", table},
                      {"dropped", outcome.dropped && !dry_run},
                      {"would_be_dropped", outcome.dropped && dry_run},
                      {"error", kept == nullptr ? Json()
                                                : Json{{"reason", kept->reason()},
                                                       {"message", kept->message()},
                                                       {"remedy", kept->remedy()}}}});
  }
  Json runs = Json::array();
  for (const std::string& run : forgotten.ended_runs()) runs.push_back(run);
  const std::string& schema = forgotten.dropped_schema();
  const Json root = {{"integration", name},
                     {"forgotten", !dry_run},
                     {"tables", tables},
                     {"dropped_schema", schema.empty() ? Json() : Json(schema)},
                     {"ended_runs", runs}};
  return root.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

int Run(const ForgetCommand& command, Output output, std::stop_token stop) {
  const absl::StatusOr<v1::SchedulerServiceForgetIntegrationRequest> request = RequestOf(command);
  if (!request.ok()) return Fail(request.status(), output);
  const absl::StatusOr<SchedulerAccess> scheduler = SchedulerAccess::Open(command.scheduler);
  if (!scheduler.ok()) return Fail(scheduler.status(), output);
  const absl::StatusOr<v1::ForgottenIntegration> forgotten =
      scheduler->client().ForgetIntegration(*request, stop);
  if (!forgotten.ok()) return Fail(forgotten.status(), output);
  const std::string& name = request->integration().name();
  std::cout << (output == Output::kTable
                    ? AsText(*forgotten, name, command.dry_run)
                    : Structured(output, AsJson(*forgotten, name, command.dry_run)));
  return forgotten->kept().empty() ? kSucceeded : kFailed;
}

}  // namespace lockstitch::cli
