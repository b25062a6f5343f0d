#include "services/scheduler/schedule/rule.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/scheduler/schedule/cron_fires.h"
#include "status/reason.h"

namespace lockstitch::scheduler {
namespace {

constexpr absl::Duration kDefaultEvery = absl::Minutes(60);
constexpr absl::Duration kLongestEvery = absl::Hours(24 * 366);
constexpr absl::Duration kShortestAnchored = absl::Hours(1);

absl::Status Invalid(absl::string_view what) { return Error(Reason::kScheduleInvalid, what); }

absl::StatusOr<absl::Duration> EveryOf(const v1::Schedule& schedule) {
  if (!schedule.has_every()) return kDefaultEvery;
  const absl::Duration every =
      absl::Seconds(schedule.every().seconds()) + absl::Nanoseconds(schedule.every().nanos());
  if (every >= absl::Minutes(1) && every <= kLongestEvery &&
      every % absl::Minutes(1) == absl::ZeroDuration())
    return every;
  return Invalid(absl::StrCat("every: ", absl::FormatDuration(every),
                              " is not a number of whole minutes from 1 to ",
                              kLongestEvery / absl::Minutes(1)));
}

absl::StatusOr<std::optional<absl::Time>> AnchorOf(const v1::Schedule& schedule) {
  if (!schedule.has_anchor()) return std::nullopt;
  const absl::Time anchor = absl::FromUnixSeconds(schedule.anchor().seconds());
  const auto year = absl::UTCTimeZone().At(anchor).cs.year();
  if (year < 1 || year > 9999) return Invalid("anchor: its year is not one of 1-9999");
  if (schedule.anchor().nanos() != 0) return Invalid("anchor: it has a fraction of a second");
  return anchor;
}

// Abseil would take paths of files as well, and this machine's own time.
bool IsZoneName(absl::string_view name) {
  return name != "localtime" && absl::ascii_isalpha(name.front()) &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return absl::ascii_isalnum(c) || absl::string_view("_+-/").find(c) != std::string::npos;
         });
}

absl::StatusOr<absl::TimeZone> ZoneOf(const v1::Schedule& schedule) {
  absl::TimeZone zone = absl::UTCTimeZone();
  if (schedule.time_zone().empty()) return zone;
  if (IsZoneName(schedule.time_zone()) && absl::LoadTimeZone(schedule.time_zone(), &zone))
    return zone;
  return Error(Reason::kScheduleInvalid,
               absl::StrCat("time_zone: '", schedule.time_zone(),
                            "' is not one of the time zones installed here"),
               "Use a name such as UTC or Europe/Berlin; where none is known, install the system's "
               "tzdata package.");
}

absl::StatusOr<std::optional<CronExpression>> CronOf(const v1::Schedule& schedule) {
  if (schedule.cron().empty()) return std::nullopt;
  absl::StatusOr<CronExpression> expression = ParseCron(schedule.cron());
  if (!expression.ok()) return expression.status();
  if (!NextFire(*expression, absl::InfinitePast(), absl::UTCTimeZone())) {
    return Invalid(absl::StrCat("cron '", schedule.cron(),
                                "': no month of its years has such a day: it never fires"));
  }
  return *std::move(expression);
}

// All of them as one; the remedy of the first.
absl::Status Joined(const std::vector<absl::Status>& problems) {
  if (problems.size() == 1) return problems.front();
  const auto message = [](std::string* text, const absl::Status& problem) {
    absl::StrAppend(text, problem.message());
  };
  return Error(Reason::kScheduleInvalid, absl::StrJoin(problems, "; ", message),
               Explain(problems.front()).remedy);
}

}  // namespace

absl::StatusOr<Rule> RuleOf(const v1::Schedule& schedule) {
  auto cron = CronOf(schedule);
  const auto zone = ZoneOf(schedule);
  const auto every = EveryOf(schedule);
  const auto anchor = AnchorOf(schedule);
  std::vector<absl::Status> problems;
  for (const absl::Status& status :
       {cron.status(), zone.status(), every.status(), anchor.status()}) {
    if (!status.ok()) problems.push_back(status);
  }
  if (!problems.empty()) return Joined(problems);
  if (schedule.manual()) return Manual{};
  if (*cron) return Cron{**std::move(cron), *zone};
  if (*anchor && *every >= kShortestAnchored) return AnchoredInterval{**anchor, *every};
  return Interval{*every};
}

}  // namespace lockstitch::scheduler
