#include "services/scheduler/schedule/rule.h"

#include <string>

#include "gmock/gmock.h"
#include "testing/status_matchers.h"

namespace lockstitch::scheduler {
namespace {

using testing::HasReason;
using ::testing::HasSubstr;

v1::Schedule Every(absl::Duration every) {
  v1::Schedule schedule;
  schedule.mutable_every()->set_seconds(absl::ToInt64Seconds(every));
  return schedule;
}

v1::Schedule Anchored(absl::Duration every) {
  v1::Schedule schedule = Every(every);
  schedule.mutable_anchor()->set_seconds(1767238200);  // 2026-01-01 03:30 UTC
  return schedule;
}

std::string ProblemOf(const v1::Schedule& schedule) {
  const auto rule = RuleOf(schedule);
  EXPECT_THAT(rule, HasReason(Reason::kScheduleInvalid)) << schedule.DebugString();
  return Explain(rule.status()).message;
}

TEST(RuleOfTest, WithNothingGivenEveryHour) {
  EXPECT_EQ(std::get<Interval>(RuleOf({}).value()).every, absl::Minutes(60));
}

TEST(RuleOfTest, EveryIsWholeMinutesFromOne) {
  EXPECT_EQ(std::get<Interval>(RuleOf(Every(absl::Minutes(1))).value()).every, absl::Minutes(1));
  EXPECT_EQ(std::get<Interval>(RuleOf(Every(absl::Hours(24 * 366))).value()).every,
            absl::Hours(24 * 366));
  for (const absl::Duration every : {absl::ZeroDuration(), absl::Seconds(59), absl::Seconds(90),
                                     -absl::Hours(1), absl::Hours(24 * 367)}) {
    EXPECT_THAT(ProblemOf(Every(every)), HasSubstr("every: " + absl::FormatDuration(every)));
  }
  v1::Schedule fraction = Every(absl::Minutes(1));
  fraction.mutable_every()->set_nanos(1);
  EXPECT_THAT(ProblemOf(fraction), HasSubstr("every: 1m0.000000001s"));
}

TEST(RuleOfTest, AnAnchorCountsFromAnHourOn) {
  const auto anchored = std::get<AnchoredInterval>(RuleOf(Anchored(absl::Hours(1))).value());
  EXPECT_EQ(anchored.every, absl::Hours(1));
  EXPECT_EQ(anchored.anchor, absl::FromUnixSeconds(1767238200));
  EXPECT_EQ(std::get<Interval>(RuleOf(Anchored(absl::Minutes(59))).value()).every,
            absl::Minutes(59));
  v1::Schedule without_every = Anchored(absl::Hours(1));
  without_every.clear_every();
  EXPECT_EQ(std::get<AnchoredInterval>(RuleOf(without_every).value()).every, absl::Hours(1));
}

TEST(RuleOfTest, CronIsReadInItsZone) {
  v1::Schedule schedule;
  schedule.set_cron("0 30 2 ? * MON-FRI");
  EXPECT_EQ(std::get<Cron>(RuleOf(schedule).value()).zone, absl::UTCTimeZone());
  schedule.set_time_zone("Europe/Berlin");
  const Cron cron = std::get<Cron>(RuleOf(schedule).value());
  EXPECT_EQ(cron.zone.name(), "Europe/Berlin");
  EXPECT_EQ(cron.expression.text, "0 30 2 ? * MON-FRI");
}

TEST(RuleOfTest, ManualComesBeforeCronBeforeAnchorBeforeEvery) {
  v1::Schedule schedule = Anchored(absl::Hours(6));
  EXPECT_TRUE(std::holds_alternative<AnchoredInterval>(RuleOf(schedule).value()));
  schedule.set_cron("0 30 2 * * ?");
  EXPECT_TRUE(std::holds_alternative<Cron>(RuleOf(schedule).value()));
  schedule.set_manual(true);
  EXPECT_TRUE(std::holds_alternative<Manual>(RuleOf(schedule).value()));
}

TEST(RuleOfTest, EveryProblemIsNamedAtOnce) {
  v1::Schedule schedule = Every(absl::Seconds(30));
  schedule.mutable_anchor()->set_nanos(5);
  schedule.set_cron("30 2 * * *");
  schedule.set_time_zone("Mars/Phobos");
  schedule.set_manual(true);
  const std::string problem = ProblemOf(schedule);
  for (const char* part : {"every: 30s", "anchor: it has a fraction", "cron '30 2 * * *' has 5",
                           "time_zone: 'Mars/Phobos'"}) {
    EXPECT_THAT(problem, HasSubstr(part));
  }
  EXPECT_THAT(Explain(RuleOf(schedule).status()).remedy, HasSubstr("`0 30 2 * * ?`"));
}

TEST(RuleOfTest, AnExpressionThatNeverFiresIsRefused) {
  v1::Schedule schedule;
  schedule.set_cron("0 0 0 30 2 ?");
  EXPECT_THAT(ProblemOf(schedule), HasSubstr("it never fires"));
  schedule.set_cron("0 0 0 29 2 ? 2027");
  EXPECT_THAT(ProblemOf(schedule), HasSubstr("it never fires"));
  schedule.set_cron("0 0 0 29 2 ? 2024");  // It has ended, which is no mistake.
  EXPECT_TRUE(RuleOf(schedule).ok());
}

TEST(RuleOfTest, ZonesAreNamesNotFilesNorThisMachines) {
  for (const char* name : {"/etc/localtime", "../zoneinfo/UTC", "localtime", "Europe", "berlin",
                           "file:UTC", "libc:localtime", " UTC"}) {
    v1::Schedule schedule;
    schedule.set_time_zone(name);
    EXPECT_THAT(ProblemOf(schedule), HasSubstr(name));
  }
}

TEST(RuleOfTest, AnchorsAreTimesOfTheContract) {
  v1::Schedule schedule;
  schedule.mutable_anchor()->set_seconds(int64_t{1} << 60);
  EXPECT_THAT(ProblemOf(schedule), HasSubstr("anchor: its year"));
}

}  // namespace
}  // namespace lockstitch::scheduler
