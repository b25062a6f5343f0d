#include "services/scheduler/schedule/cron.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "testing/status_matchers.h"

namespace lockstitch::scheduler {
namespace {

using ::testing::ElementsAre;
using testing::HasReason;
using ::testing::HasSubstr;

// What a field allows, by its values.
std::vector<int> Listed(const CronValues& values, int first) {
  std::vector<int> listed;
  for (size_t i = 0; i < values.size(); ++i) {
    if (values[i]) listed.push_back(first + static_cast<int>(i));
  }
  return listed;
}

std::vector<int> Minutes(const std::string& field) {
  return Listed(ParseCron(absl::StrCat("0 ", field, " 0 ? * *")).value().minutes, 0);
}
std::vector<int> Hours(const std::string& field) {
  return Listed(ParseCron(absl::StrCat("0 0 ", field, " ? * *")).value().hours, 0);
}
std::vector<int> Months(const std::string& field) {
  return Listed(ParseCron(absl::StrCat("0 0 0 ? ", field, " *")).value().months, 1);
}
std::vector<int> Years(const std::string& field) {
  return Listed(ParseCron(absl::StrCat("0 0 0 ? * * ", field)).value().years, kFirstCronYear);
}
CronDays MonthDay(const std::string& field) {
  return ParseCron(absl::StrCat("0 0 0 ", field, " * ?")).value().days;
}
CronDays WeekDay(const std::string& field) {
  return ParseCron(absl::StrCat("0 0 0 ? * ", field)).value().days;
}
std::vector<int> WeekDayList(const std::string& field) {
  return Listed(std::get<WeekDays>(WeekDay(field)).days, 1);
}

std::string ProblemOf(const std::string& text) {
  const auto expression = ParseCron(text);
  EXPECT_THAT(expression, HasReason(Reason::kScheduleInvalid)) << text;
  return Explain(expression.status()).message;
}

std::string RemedyOf(const std::string& text) { return Explain(ParseCron(text).status()).remedy; }

TEST(ParseCronTest, ValuesListsRangesAndSteps) {
  EXPECT_THAT(Minutes("7"), ElementsAre(7));
  EXPECT_THAT(Minutes("5-10,30"), ElementsAre(5, 6, 7, 8, 9, 10, 30));
  EXPECT_THAT(Minutes("5/20"), ElementsAre(5, 25, 45));
  EXPECT_THAT(Minutes("*/15"), ElementsAre(0, 15, 30, 45));
  EXPECT_THAT(Hours("8-18/4"), ElementsAre(8, 12, 16));
  EXPECT_THAT(Minutes("5/20,7"), ElementsAre(5, 7, 25, 45));
  EXPECT_EQ(Minutes("*").size(), 60u);
  EXPECT_EQ(Hours("*").size(), 24u);
  EXPECT_EQ(Months("*").size(), 12u);
  EXPECT_EQ(Years("*").size(), 130u);
}

TEST(ParseCronTest, NamesStandForNumbersInAnyCase) {
  EXPECT_THAT(Months("jan,MAR,Nov-DEC"), ElementsAre(1, 3, 11, 12));
  EXPECT_THAT(WeekDayList("SUN"), ElementsAre(1));
  EXPECT_THAT(WeekDayList("mon-FRI"), ElementsAre(2, 3, 4, 5, 6));
  EXPECT_THAT(WeekDayList("2-6"), ElementsAre(2, 3, 4, 5, 6));
}

TEST(ParseCronTest, ARangeMayGoOnFromTheLeastValue) {
  EXPECT_THAT(Hours("22-2/2"), ElementsAre(0, 2, 22));
  EXPECT_THAT(WeekDayList("FRI-MON"), ElementsAre(1, 2, 6, 7));
  EXPECT_THAT(Months("NOV-FEB"), ElementsAre(1, 2, 11, 12));
}

TEST(ParseCronTest, SixFieldsOrSeven) {
  EXPECT_THAT(Years("2027"), ElementsAre(2027));
  EXPECT_THAT(Years("2027/40"), ElementsAre(2027, 2067));
  EXPECT_EQ(Listed(ParseCron("0 0 12 ? * MON-FRI").value().years, kFirstCronYear).size(), 130u);
  EXPECT_EQ(ParseCron("  0\t0 12  ? * MON-FRI ").value().hours.count(), 1u);
}

TEST(ParseCronTest, DaysOfTheMonth) {
  EXPECT_THAT(Listed(std::get<MonthDays>(MonthDay("1,15-16")).days, 1), ElementsAre(1, 15, 16));
  const auto last = [](const std::string& field) { return std::get<LastDay>(MonthDay(field)); };
  EXPECT_EQ(last("L").days_before, 0);
  EXPECT_FALSE(last("L").nearest_weekday);
  EXPECT_EQ(last("L-3").days_before, 3);
  EXPECT_TRUE(last("LW").nearest_weekday);
  EXPECT_EQ(last("L-3W").days_before, 3);
  EXPECT_TRUE(last("L-3W").nearest_weekday);
  EXPECT_EQ(std::get<NearestWeekday>(MonthDay("15w")).day, 15);
}

TEST(ParseCronTest, DaysOfTheWeek) {
  EXPECT_THAT(WeekDayList("L"), ElementsAre(kSaturday));
  EXPECT_EQ(std::get<LastWeekDay>(WeekDay("6L")).day, 6);
  EXPECT_EQ(std::get<LastWeekDay>(WeekDay("FRIL")).day, 6);
  for (const char* field : {"4#2", "WED#2"}) {
    EXPECT_EQ(std::get<NthWeekDay>(WeekDay(field)).day, 4);
    EXPECT_EQ(std::get<NthWeekDay>(WeekDay(field)).nth, 2);
  }
}

TEST(ParseCronTest, EveryProblemIsNamedWithItsField) {
  const std::string problem = ProblemOf("30 60 24 32 13 8 1969");
  for (const char* part :
       {"seconds: '30' must be 0", "minutes: '60' is not one of 0-59",
        "hours: '24' is not one of 0-23", "day of month: '32' is not one of 1-31",
        "month: '13' is not one of 1-12 or JAN-DEC",
        "day of week: '8' is not one of 1-7 or SUN-SAT", "year: '1969' is not one of 1970-2099",
        "exactly one of them must be ?, neither is"}) {
    EXPECT_THAT(problem, HasSubstr(part));
  }
}

TEST(ParseCronTest, ExactlyOneOfTheDaysIsLeftOpen) {
  EXPECT_THAT(ProblemOf("0 0 12 * * *"), HasSubstr("neither is"));
  EXPECT_THAT(ProblemOf("0 0 12 ? * ?"), HasSubstr("both are"));
  EXPECT_THAT(ProblemOf("0 ? 12 ? * *"), HasSubstr("minutes: '?'"));
}

TEST(ParseCronTest, StepsThatNeverComeToASecondValueAreRefused) {
  EXPECT_THAT(ProblemOf("0 0/90 * ? * *"), HasSubstr("minutes: the step '90' is not one of 1-59"));
  EXPECT_THAT(ProblemOf("0 */0 * ? * *"), HasSubstr("minutes: the step '0'"));
  EXPECT_THAT(ProblemOf("0 0/ * ? * *"), HasSubstr("minutes: the step ''"));
  EXPECT_THAT(ProblemOf("0 0 */24 ? * *"), HasSubstr("hours: the step '24'"));
}

TEST(ParseCronTest, WhatStandsAloneIsRefusedInLists) {
  EXPECT_THAT(ProblemOf("0 0 0 L,15 * ?"), HasSubstr("day of month: 'L' must stand alone"));
  EXPECT_THAT(ProblemOf("0 0 0 1,15W * ?"), HasSubstr("day of month: '15W' must stand alone"));
  EXPECT_THAT(ProblemOf("0 0 0 ? * 6L,2"), HasSubstr("day of week: '6L' must stand alone"));
  EXPECT_THAT(ProblemOf("0 0 0 ? * MON#2,TUE"), HasSubstr("day of week: 'MON#2' must stand alone"));
}

TEST(ParseCronTest, BrokenFieldsAreNamed) {
  EXPECT_THAT(ProblemOf("0 0 0 L-31 * ?"), HasSubstr("day of month: 'L-31' is none of"));
  EXPECT_THAT(ProblemOf("0 0 0 L3 * ?"), HasSubstr("day of month: 'L3' is none of"));
  EXPECT_THAT(ProblemOf("0 0 0 W * ?"), HasSubstr("day of month: '' is not one of 1-31"));
  EXPECT_THAT(ProblemOf("0 0 0 ? * 2#6"), HasSubstr("day of week: '6' behind #"));
  EXPECT_THAT(ProblemOf("0 0 0 ? * XYZ"), HasSubstr("day of week: 'XYZ' is not one of"));
  EXPECT_THAT(ProblemOf("0 1,,2 0 ? * *"), HasSubstr("minutes: '' is not one of"));
  EXPECT_THAT(ProblemOf("0 5- 0 ? * *"), HasSubstr("minutes: '' is not one of"));
  EXPECT_THAT(ProblemOf("0 -5 0 ? * *"), HasSubstr("minutes: '' is not one of"));
  EXPECT_THAT(ProblemOf("0 +5 0 ? * *"), HasSubstr("minutes: '+5' is not one of"));
  EXPECT_THAT(ProblemOf("0 99999999999 0 ? * *"), HasSubstr("minutes: '99999999999'"));
  EXPECT_THAT(ProblemOf("0 0 0 ? * * 2030-2027"), HasSubstr("year: '2030-2027' ends before"));
}

TEST(ParseCronTest, FiveFieldsAreRefusedWithTheSixThatMeanTheSame) {
  EXPECT_THAT(ProblemOf("30 2 * * *"), HasSubstr("has 5 fields, not 6 or 7"));
  EXPECT_THAT(RemedyOf("30 2 * * *"), HasSubstr("`0 30 2 * * ?`"));
  EXPECT_THAT(RemedyOf("*/15 8-18 1 * *"), HasSubstr("`0 */15 8-18 1 * ?`"));
  // Unix counts days from Sunday, 0; Quartz from Sunday, 1.
  EXPECT_THAT(RemedyOf("30 2 * * 1-5"), HasSubstr("`0 30 2 ? * MON-FRI`"));
  EXPECT_THAT(RemedyOf("30 2 * * 0,7"), HasSubstr("`0 30 2 ? * SUN,SUN`"));
  EXPECT_THAT(RemedyOf("30 2 * * */2"), HasSubstr("`0 30 2 ? * */2`"));
  // What Quartz can't say, and what isn't cron at all.
  EXPECT_THAT(RemedyOf("30 2 1 * 1"), HasSubstr("`0 30 2 ? * MON-FRI`"));
  EXPECT_THAT(RemedyOf("a b c d e"), HasSubstr("`0 30 2 ? * MON-FRI`"));
}

TEST(ParseCronTest, OtherNumbersOfFieldsAreRefused) {
  EXPECT_THAT(ProblemOf(""), HasSubstr("has 0 fields"));
  EXPECT_THAT(ProblemOf("@daily"), HasSubstr("has 1 field,"));
  EXPECT_THAT(ProblemOf("0 0 0 ? * * * *"), HasSubstr("has 8 fields"));
}

}  // namespace
}  // namespace lockstitch::scheduler
