// The command as the client of a scheduler, over what a catalog holds.

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "gmock/gmock.h"
#include "testing/child_process.h"
#include "testing/status_matchers.h"
#include "tests/control_plane/control_plane_test.h"

namespace lockstitch::tests {
namespace {

using ::testing::AllOf;
using testing::CommandResult;
using ::testing::HasSubstr;
using testing::IsOk;
using ::testing::Not;

// Nobody leads: what is there stays.
class CommandTest : public ControlPlaneTest {
 protected:
  CommandTest() {
    StartServices();
    catalog_database_->Run("SELECT pg_advisory_lock(7810773182937641583)");
    scheduler_ = StartScheduler();
    Keep(Settings("shop"));
  }

  CommandResult Run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "cli/lockstitch");
    arguments.insert(arguments.end(), {"--server", scheduler_->address()});
    return testing::RunCommand({.command = arguments});
  }

  std::unique_ptr<ServiceProcess> scheduler_;
};

TEST_F(CommandTest, EverySkippedSlotIsShown) {
  catalog_database_->Run(
      "INSERT INTO lockstitch.skipped_slots (integration_key, first_slot, last_slot, slots, "
      "reason, "
      "recorded_at) SELECT i.key, now(), now(), 1, 'n' || n, now() FROM lockstitch.integrations i, "
      "generate_series(1, 1001) n");
  const CommandResult shown = Run({"integration", "skipped", "shop", "--output=json"});
  EXPECT_EQ(shown.status, 0) << shown.err;
  EXPECT_EQ(nlohmann::json::parse(shown.out)["slots"].size(), 1001u);
}

// The clock of the scheduler that runs the job is behind the catalog's.
TEST_F(CommandTest, LogsAreThoseOfTheLastJobWhateverTheClocksSay) {
  for (const char* line : {"of the first", "of the last"}) {
    ASSERT_THAT(jobs_->Request("shop", ""), IsOk());
    catalog_database_->Run(
        std::string("INSERT INTO lockstitch.log_entries (job_key, integration_key, time, severity, "
                    "stream, origin, message) SELECT key, integration_key, created_at - interval "
                    "'1 min', 3, '', '', '") +
        line +
        "' FROM lockstitch.jobs WHERE state = 1; UPDATE lockstitch.jobs SET state = 3, ended_at = "
        "now()");
  }
  EXPECT_THAT(Run({"logs", "shop"}).out, AllOf(HasSubstr("of the last"), Not(HasSubstr("first"))));
}

}  // namespace
}  // namespace lockstitch::tests
