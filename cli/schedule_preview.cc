#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "cli/commands.h"
#include "cli/text_table.h"
#include "lockstitch/v1/schedule.pb.h"
#include "services/scheduler/schedule/rule.h"
#include "services/scheduler/schedule/slot_preview.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::cli {
namespace {

using Slots = std::vector<scheduler::PreviewedSlot>;

absl::StatusOr<absl::Time> TimeOf(absl::string_view flag, const std::string& text) {
  absl::Time time;
  std::string problem;
  if (absl::ParseTime(absl::RFC3339_full, text, &time, &problem)) return time;
  return Error(Reason::kUsageInvalid, absl::StrCat(flag, ": '", text, "' is not a time"),
               "Write it as 2026-01-31T12:00:00Z or 2026-01-31T13:00:00+01:00.");
}

absl::StatusOr<v1::Schedule> ScheduleOf(const SchedulePreviewCommand& command) {
  v1::Schedule schedule;
  schedule.set_cron(command.cron);
  schedule.set_time_zone(command.time_zone);
  if (command.every_minutes) {
    const absl::Duration every = absl::Minutes(*command.every_minutes);
    schedule.mutable_every()->set_seconds(absl::ToInt64Seconds(every));
  }
  if (!command.anchor.empty()) {
    ASSIGN_OR_RETURN(const absl::Time anchor, TimeOf("--anchor", command.anchor));
    const int64_t seconds = absl::ToUnixSeconds(anchor);
    schedule.mutable_anchor()->set_seconds(seconds);
    schedule.mutable_anchor()->set_nanos(
        static_cast<int32_t>(absl::ToInt64Nanoseconds(anchor - absl::FromUnixSeconds(seconds))));
  }
  return schedule;
}

absl::StatusOr<Slots> Preview(const SchedulePreviewCommand& command) {
  ASSIGN_OR_RETURN(const v1::Schedule schedule, ScheduleOf(command));
  ASSIGN_OR_RETURN(const scheduler::Rule rule, scheduler::RuleOf(schedule));
  absl::Time from = absl::FromUnixSeconds(absl::ToUnixSeconds(absl::Now()));
  if (!command.from.empty()) {
    ASSIGN_OR_RETURN(from, TimeOf("--from", command.from));
  }
  return scheduler::PreviewSlots(rule, from, command.count);
}

std::string InUtc(absl::Time time) {
  return absl::FormatTime("%Y-%m-%d%ET%H:%M:%E*SZ", time, absl::UTCTimeZone());
}

std::string AsJson(const Slots& slots) {
  nlohmann::ordered_json runs = nlohmann::ordered_json::array();
  for (const scheduler::PreviewedSlot& slot : slots) runs.push_back(InUtc(slot.time));
  return nlohmann::ordered_json{{"runs", runs}}.dump(2) + "\n";
}

// The zone has been found to exist.
std::string AsTable(const Slots& slots, const std::string& zone_name, int count) {
  absl::TimeZone zone = absl::UTCTimeZone();
  if (!zone_name.empty()) absl::LoadTimeZone(zone_name, &zone);
  std::vector<std::vector<std::string>> rows;
  for (const scheduler::PreviewedSlot& slot : slots) {
    rows.push_back({InUtc(slot.time),
                    absl::FormatTime("%a %Y-%m-%d %H:%M:%E*S %Ez", slot.time, zone), slot.reason});
  }
  const size_t asked = static_cast<size_t>(count);
  return absl::StrCat(TextTable({{"RUN"}, {zone.name()}, {"WHY"}}, rows),
                      slots.size() < asked ? "\nThe schedule has no more runs.\n" : "");
}

}  // namespace

int Run(const SchedulePreviewCommand& command, Output output, std::stop_token) {
  const absl::StatusOr<Slots> slots = Preview(command);
  if (!slots.ok()) return Fail(slots.status(), output);
  std::cout << (output == Output::kTable ? AsTable(*slots, command.time_zone, command.count)
                                         : Structured(output, AsJson(*slots)));
  return kSucceeded;
}

}  // namespace lockstitch::cli
