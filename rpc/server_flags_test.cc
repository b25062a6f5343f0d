#include "rpc/server_flags.h"

#include <CLI/CLI.hpp>
#include <string>

#include "gtest/gtest.h"

namespace lockstitch::rpc {
namespace {

// What the flag makes of a text; its default where it refuses that.
absl::Duration Parsed(const std::string& text, absl::Duration least = absl::ZeroDuration()) {
  CLI::App app;
  absl::Duration value = absl::Seconds(7);
  AddDurationFlag(app, "--wait", value, "how long", least);
  try {
    app.parse("--wait=" + text);
  } catch (const CLI::ParseError&) {
    EXPECT_EQ(value, absl::Seconds(7)) << text;
  }
  return value;
}

TEST(DurationFlagTest, TakesDaysAndSmallerUnits) {
  EXPECT_EQ(Parsed("90s"), absl::Seconds(90));
  EXPECT_EQ(Parsed("1h30m"), absl::Minutes(90));
  EXPECT_EQ(Parsed("60d"), absl::Hours(60 * 24));
  EXPECT_EQ(Parsed("1d12h"), absl::Hours(36));
  EXPECT_EQ(Parsed("0"), absl::ZeroDuration());
}

TEST(DurationFlagTest, RefusesWhatIsNoneOrLessThanTheLeast) {
  for (const char* text : {"60", "d", "1.5d", "d5", "1dd", "-1h", "-1d", "1d-25h", "soon"})
    EXPECT_EQ(Parsed(text), absl::Seconds(7)) << text;
  EXPECT_EQ(Parsed("23h", absl::Hours(24)), absl::Seconds(7));
  EXPECT_EQ(Parsed("1d", absl::Hours(24)), absl::Hours(24));
}

TEST(DurationFlagTest, TellsItsDefaultInDays) {
  CLI::App app;
  absl::Duration value = absl::Hours(60 * 24);
  EXPECT_EQ(AddDurationFlag(app, "--keep", value, "how long")->get_description(), "how long [60d]");
}

}  // namespace
}  // namespace lockstitch::rpc
