// Commands that speak to `lockstitch up`, one after the other, as a user would type them.

#include <string>

#include "gmock/gmock.h"
#include "testing/database.h"
#include "tests/command/up_fixture.h"
#include "tests/stack/closed_gate.h"

namespace lockstitch::tests {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using testing::CommandResult;
using ::testing::HasSubstr;
using ::testing::Not;

class ControlCommandsTest : public UpTest {
 protected:
  // An integration whose jobs wait at the gate.
  void ApplyHeld(const std::string& schedule) {
    WriteFile("schedule: {" + schedule + "}\n", "[public.held]");
    EXPECT_THAT(RunForText({"apply", "-f", File()}), HasSubstr("shop: created"));
  }
};

TEST_F(ControlCommandsTest, AnIntegrationIsPausedAndResumed) {
  RunForText({"apply", "-f", File()});
  EXPECT_THAT(RunForText({"integration", "pause", "shop"}),
              AllOf(HasSubstr("shop: paused"), HasSubstr("lockstitch integration resume shop")));
  EXPECT_THAT(RunForText({"integration", "get", "shop"}),
              AllOf(HasSubstr("shop: PAUSED"), HasSubstr("it was paused at")));
  EXPECT_THAT(RunForText({"integration", "list", "--state", "PAUSED"}), HasSubstr("shop"));
  EXPECT_THAT(RunForText({"integration", "list", "--state", "FAILED"}), Not(HasSubstr("shop")));
  EXPECT_THAT(RunForText({"integration", "resume", "shop"}), HasSubstr("shop: resumed"));
  EXPECT_THAT(RunForText({"integration", "get", "shop"}), HasSubstr("shop: PENDING"));
}

TEST_F(ControlCommandsTest, AnIntegrationIsChecked) {
  RunForText({"apply", "-f", File()});
  EXPECT_THAT(RunForText({"integration", "check", "shop"}),
              AllOf(HasSubstr("source       connect"), Not(HasSubstr("FAILED"))));
  testing::Database(source_url_).Run("DROP TABLE items");
  const CommandResult problem = Run({"integration", "check", "shop"});
  EXPECT_EQ(problem.status, 1);
  EXPECT_THAT(problem.out, HasSubstr("public.items: STREAM_NOT_FOUND"));
}

TEST_F(ControlCommandsTest, AJobIsShownAndStopped) {
  ClosedGate gate(source_url_, "items");
  ApplyHeld("manual: true");
  const std::string job = RunForJson({"run", "shop"})["job"]["job_id"];
  gate.AwaitReader();
  EXPECT_THAT(RunForText({"integration", "get", "shop"}), HasSubstr("shop: IN_PROGRESS"));
  EXPECT_THAT(RunForText({"run", "shop"}), HasSubstr("is open already: " + job));
  EXPECT_THAT(RunForText({"jobs", "list", "shop", "--state", "RUNNING"}), HasSubstr(job));
  EXPECT_THAT(RunForText({"stop", "shop"}), HasSubstr("Next: lockstitch jobs get shop " + job));
  const CommandResult watched = Run({"jobs", "watch", "shop"});
  EXPECT_EQ(watched.status, 1);
  EXPECT_THAT(watched.out, HasSubstr("CANCELLED"));
  EXPECT_THAT(RunForText({"jobs", "get", "shop", job}), HasSubstr("CANCELLED"));
  const CommandResult again = Run({"stop", "shop"});
  EXPECT_EQ(again.status, 1);
  EXPECT_THAT(again.err, HasSubstr("JOB_NOT_RUNNING"));
}

TEST_F(ControlCommandsTest, SkippedSlotsAreShown) {
  const std::string catalog = MakeDatabase("catalog");
  Stop();
  Start({"--catalog", catalog});
  ClosedGate gate(source_url_, "items");
  ApplyHeld("every: 1h");
  gate.AwaitReader();
  EXPECT_THAT(RunForText({"integration", "skipped", "shop"}), HasSubstr("no slot was skipped"));
  // As it is an hour after the job's slot.
  testing::Database database(catalog);
  database.Run(
      "UPDATE lockstitch.integrations SET version = version + 1, schedule_changed_at = now() - "
      "interval '1 day', next_slot = now() - interval '1 second'");
  database.Await("SELECT count(*) > 0 FROM lockstitch.skipped_slots");
  EXPECT_THAT(RunForText({"integration", "skipped", "shop"}),
              AllOf(HasSubstr("FIRST (UTC)"), HasSubstr("a job was still open")));
  const json skipped = RunForJson({"integration", "skipped", "shop"});
  ASSERT_EQ(skipped["slots"].size(), 1u);
  EXPECT_EQ(skipped["slots"][0]["reason"], "a job was still open");
  gate.Open();
  EXPECT_EQ(Run({"jobs", "watch", "shop"}).status, 0);
}

TEST_F(ControlCommandsTest, AQuotaThatIsUsedUpIsShown) {
  const std::string catalog = MakeDatabase("catalog");
  Stop();
  Start({"--catalog", catalog});
  WriteFile("schedule: {manual: true}\nquota: {rows_per_month: 1010, hold: true}\n");
  RunForText({"apply", "-f", File()});
  // The days in which rows are free are over.
  testing::Database(catalog).Run(
      "UPDATE lockstitch.integrations SET first_load_at = now() - interval '8 days'");
  RunForText({"run", "shop", "--wait"});
  const auto warned = AllOf(HasSubstr("started by hand alone"),
                            HasSubstr("100 % of the month's quota of 1010 rows are used"));
  EXPECT_THAT(RunForText({"integration", "get", "shop"}), warned);
  EXPECT_THAT(RunForText({"integration", "list"}), warned);
}

TEST_F(ControlCommandsTest, ABookmarkIsShownAndSetAndStreamsAreReset) {
  RunForText({"apply", "-f", File()});
  EXPECT_THAT(Run({"streams", "bookmark", "shop", "public.orders"}).err,
              HasSubstr("STREAM_NOT_LOADED"));
  RunForText({"run", "shop", "--wait"});
  EXPECT_THAT(RunForText({"streams", "bookmark", "shop", "public.orders"}),
              HasSubstr("updated_at: "));
  EXPECT_THAT(RunForText({"streams", "bookmark", "shop", "public.orders", "--set", "2026-01-31"}),
              HasSubstr("lockstitch run shop --wait"));
  const CommandResult unfit =
      Run({"streams", "bookmark", "shop", "public.items", "--set", "2026-01-31"});
  EXPECT_EQ(unfit.status, 1);
  EXPECT_THAT(unfit.err, HasSubstr("BOOKMARK_UNFIT"));
  RunForText({"run", "shop", "--wait"});
  EXPECT_THAT(RunForText({"logs", "shop", "--stream", "public.orders"}),
              HasSubstr("the bookmark is set from"));
  EXPECT_THAT(RunForText({"streams", "reset", "shop", "public.orders"}),
              HasSubstr("loaded anew by the next job"));
  EXPECT_THAT(RunForText({"integration", "reset", "shop"}), HasSubstr("every stream"));
  RunForText({"run", "shop", "--wait"});
  EXPECT_THAT(RunForText({"logs", "shop", "--all"}), HasSubstr("will be loaded anew"));
}

}  // namespace
}  // namespace lockstitch::tests
