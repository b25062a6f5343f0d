#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "cli/commands.h"
#include "cli/local_services.h"
#include "cli/text_table.h"
#include "lockstitch/v1/loader.pb.h"
#include "schema/stream_name.h"

namespace lockstitch::cli {
namespace {

std::string StreamOf(const v1::Leftover& leftover) {
  return leftover.destination_schema().empty() ? "" : schema::StreamName(leftover.table());
}

std::string TimeOf(const v1::Leftover& leftover) {
  if (!leftover.has_last_used()) return "";
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ",
                          absl::FromUnixSeconds(leftover.last_used().seconds()),
                          absl::UTCTimeZone());
}

bool AnyLeft(const v1::SweepResponse& swept) {
  for (const v1::Leftover& leftover : swept.leftovers()) {
    if (!leftover.problem().empty()) return true;
  }
  return false;
}

std::string Text(const v1::SweepResponse& swept, bool dry_run) {
  if (swept.leftovers().empty()) return "Loads have left nothing behind.\n";
  std::vector<std::vector<std::string>> rows;
  for (const v1::Leftover& leftover : swept.leftovers()) {
    rows.push_back({leftover.load_table(), leftover.destination_schema(), StreamOf(leftover),
                    ReadableBytes(static_cast<double>(leftover.bytes())), TimeOf(leftover),
                    !leftover.problem().empty() ? leftover.problem()
                    : dry_run                   ? "would be dropped"
                                                : "dropped"});
  }
  return TextTable({{.title = "TABLE IN _lockstitch"},
                    {.title = "SCHEMA"},
                    {.title = "STREAM"},
                    {.title = "SIZE", .right = true},
                    {.title = "LAST USED"},
                    {.title = "OUTCOME"}},
                   rows);
}

std::string Json(const v1::SweepResponse& swept, bool dry_run) {
  nlohmann::ordered_json leftovers = nlohmann::ordered_json::array();
  for (const v1::Leftover& leftover : swept.leftovers()) {
    nlohmann::ordered_json& entry = leftovers.emplace_back();
    entry["load_table"] = leftover.load_table();
    entry["destination_schema"] = leftover.destination_schema();
    entry["stream"] = StreamOf(leftover);
    entry["bytes"] = leftover.bytes();
    entry["last_used"] = TimeOf(leftover);
    entry["dropped"] = !dry_run && leftover.problem().empty();
    if (!leftover.problem().empty()) entry["problem"] = leftover.problem();
  }
  return nlohmann::ordered_json{{"leftovers", leftovers}}.dump(2) + "\n";
}

}  // namespace

int Run(const CleanCommand& command, Output output, std::stop_token stop) {
  const absl::StatusOr<std::unique_ptr<LocalServices>> services = LocalServices::Start();
  if (!services.ok()) return Fail(services.status(), output);
  v1::SweepRequest request;
  request.mutable_destination()->mutable_postgres()->set_url(command.destination);
  request.set_integration(command.name);
  request.mutable_idle()->set_seconds(command.idle_seconds);
  request.set_dry_run(command.dry_run);
  const absl::StatusOr<v1::SweepResponse> swept = (*services)->loader().Sweep(request, stop);
  if (!swept.ok()) return Fail(swept.status(), output);
  std::cout << (output == Output::kTable ? Text(*swept, command.dry_run)
                                         : Structured(output, Json(*swept, command.dry_run)));
  return AnyLeft(*swept) ? kFailed : kSucceeded;
}

}  // namespace lockstitch::cli
