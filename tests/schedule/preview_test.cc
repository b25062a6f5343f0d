// `lockstitch schedule preview`, as a process.

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/child_process.h"

namespace lockstitch::tests {
namespace {

using ::testing::AllOf;
using testing::CommandResult;
using ::testing::HasSubstr;
using Json = nlohmann::json;

CommandResult Preview(const std::vector<std::string>& arguments) {
  std::vector<std::string> command = {"cli/lockstitch", "schedule", "preview"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return testing::RunCommand({.command = command});
}

Json Runs(std::vector<std::string> arguments) {
  arguments.push_back("--output=json");
  const CommandResult result = Preview(arguments);
  EXPECT_EQ(result.status, 0) << result.out << result.err;
  EXPECT_EQ(result.err, "");
  return Json::parse(result.out);
}

TEST(SchedulePreviewTest, JsonHoldsTheRuns) {
  EXPECT_EQ(Runs({"--cron", "0 0 12 L * ?", "--from", "2026-01-31T11:59:59Z", "--count", "2"}),
            Json::parse(R"({"runs": ["2026-01-31T12:00:00Z", "2026-02-28T12:00:00Z"]})"));
  EXPECT_EQ(Runs({"--every", "90", "--from", "2026-01-31T13:00:00+01:00", "--count", "2"}),
            Json::parse(R"({"runs": ["2026-01-31T12:00:00Z", "2026-01-31T13:30:00Z"]})"));
  EXPECT_EQ(Runs({"--every", "360", "--anchor", "2020-01-01T03:30:00Z", "--from",
                  "2026-01-31T04:00:00Z", "--count", "2"}),
            Json::parse(R"({"runs": ["2026-01-31T09:30:00Z", "2026-01-31T15:30:00Z"]})"));
}

TEST(SchedulePreviewTest, TenRunsFromNowOnUnlessTold) {
  EXPECT_EQ(Runs({"--every", "1"})["runs"].size(), 10u);
}

TEST(SchedulePreviewTest, AScheduleThatHasEndedHasNoRuns) {
  const std::vector<std::string> ended = {"--cron", "0 0 0 1 1 ? 2020"};
  EXPECT_EQ(Runs(ended), Json::parse(R"({"runs": []})"));
  EXPECT_THAT(Preview(ended).out, HasSubstr("The schedule has no more runs."));
}

TEST(SchedulePreviewTest, TheTableShowsTheZoneAndWhy) {
  const CommandResult result = Preview({"--cron", "0 30 2 ? * *", "--time-zone", "America/New_York",
                                        "--from", "2026-03-08T00:00:00Z", "--count", "1"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("America/New_York"), HasSubstr("2026-03-08T07:00:00Z"),
                                HasSubstr("Sun 2026-03-08 03:00:00 -04:00"),
                                HasSubstr("there is no 02:30: the clock goes from 02:00 to")));
}

TEST(SchedulePreviewTest, WrongUsageExitsWith2AndTellsReasonAndRemedy) {
  const struct {
    std::vector<std::string> arguments;
    std::string reason;
    std::string text;
  } cases[] = {
      {{"--cron", "30 2 * * 1-5"}, "SCHEDULE_INVALID", "`0 30 2 ? * MON-FRI`"},
      {{"--cron", "0 61 25 ? * *"}, "SCHEDULE_INVALID", "minutes: '61'"},
      {{"--cron", "0 0 0 ? * *", "--time-zone", "Mars"}, "SCHEDULE_INVALID", "time_zone: 'Mars'"},
      {{"--every", "0"}, "SCHEDULE_INVALID", "every: 0"},
      {{"--every", "9223372036854775807"}, "SCHEDULE_INVALID", "every: "},
      {{"--every", "60", "--anchor", "noon"}, "USAGE_INVALID", "--anchor: 'noon' is not a time"},
      {{"--every", "60", "--anchor", "infinite-future"}, "SCHEDULE_INVALID", "anchor: its year"},
      {{"--every", "60", "--from", "2026-01-31"}, "USAGE_INVALID", "2026-01-31T12:00:00Z"},
      {{"--every", "60", "--from", "1969-01-31T00:00:00Z"}, "USAGE_INVALID", "from: its year"},
      {{"--every", "60", "--count", "1001"}, "USAGE_INVALID", "count: 1001"},
  };
  for (const auto& wrong : cases) {
    const CommandResult text = Preview(wrong.arguments);
    EXPECT_EQ(text.status, 2) << wrong.text;
    EXPECT_EQ(text.out, "");
    EXPECT_THAT(text.err, AllOf(HasSubstr(wrong.reason + ": "), HasSubstr(wrong.text)));
    std::vector<std::string> arguments = wrong.arguments;
    arguments.push_back("--output=json");
    const CommandResult json = Preview(arguments);
    EXPECT_EQ(json.status, 2) << wrong.text;
    const Json error = Json::parse(json.out)["error"];
    EXPECT_EQ(error["reason"], wrong.reason);
    EXPECT_NE(error["remedy"], "");
  }
}

TEST(SchedulePreviewTest, FlagsThatDontGoTogetherAreRefused) {
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {},
           {"--cron", "0 0 0 ? * *", "--every", "60"},
           {"--anchor", "2026-01-01T00:00:00Z"},
           {"--cron", "0 0 0 ? * *", "--anchor", "2026-01-01T00:00:00Z"},
           {"--every", "hourly"}}) {
    const CommandResult result = Preview(arguments);
    EXPECT_EQ(result.status, 2);
    EXPECT_THAT(result.err, HasSubstr("--help"));
  }
}

}  // namespace
}  // namespace lockstitch::tests
