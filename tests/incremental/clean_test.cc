// `lockstitch clean`: what first loads have left behind.

#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "testing/child_process.h"
#include "testing/rendezvous.h"
#include "tests/incremental/first_load.h"

namespace lockstitch::tests {
namespace {

using testing::CommandResult;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::Rendezvous;

class CleanTest : public FirstLoadTest {
 protected:
  CleanTest() { MakeTable(/*keyed=*/true); }

  CommandResult Clean(const std::vector<std::string>& arguments) {
    std::vector<std::string> command = {"cli/lockstitch", "clean", "--destination",
                                        destination_url_};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return testing::RunCommand({.command = command});
  }
};

TEST_F(CleanTest, DropsWhatGoesOnNoMore) {
  EXPECT_THAT(Clean({}).out, HasSubstr("left nothing behind"));  // Of a new destination.
  RunKilled(Job());
  v1::Integration other = Job();
  other.set_name("other");
  Run(other);

  EXPECT_THAT(Clean({"--dry-run"}).out, HasSubstr("left nothing behind"));  // A day isn't over.
  EXPECT_THAT(Clean({"--idle", "0s", "--name", "other"}).out, HasSubstr("left nothing behind"));
  const CommandResult listed = Clean({"--dry-run", "--idle", "0s"});
  EXPECT_EQ(listed.status, 0);
  EXPECT_THAT(listed.out, HasSubstr("public.t"));
  EXPECT_THAT(listed.out, HasSubstr("would be dropped"));
  EXPECT_EQ(LoadTables(), 1);

  const CommandResult dropped = Clean({"--idle", "0s", "--output", "json"});
  EXPECT_EQ(dropped.status, 0) << dropped.err;
  const auto leftovers = nlohmann::json::parse(dropped.out)["leftovers"];
  ASSERT_EQ(leftovers.size(), 1u);
  EXPECT_EQ(leftovers[0]["destination_schema"], "s");
  EXPECT_EQ(leftovers[0]["stream"], "public.t");
  EXPECT_EQ(leftovers[0]["dropped"], true);
  EXPECT_GT(leftovers[0]["bytes"], 0);
  EXPECT_EQ(LoadTables(), 0);
  EXPECT_EQ(nlohmann::json::parse(Clean({"--output", "json"}).out)["leftovers"].size(), 0u);

  EXPECT_EQ(destination_->Int("SELECT count(*) FROM other.t"), 1005);
  EXPECT_EQ(RowsRead(Run(other)), 1);
  const JobOutcome next = Run(Job());
  EXPECT_THAT(next.log, Not(Says("goes on")));
  EXPECT_EQ(RowsRead(next), 1005);
  ExpectExact();
}

TEST_F(CleanTest, ARunThatLivesAfterAllIsSuperseded) {
  Rendezvous durable;
  Stack stack({.extractor = "extractor.chunk.acknowledged=" + durable.action()});
  JobOutcome outcome;
  std::thread running([&] { outcome = RunJob(stack, Job()); });
  durable.AwaitArrival();
  EXPECT_THAT(Clean({"--idle", "0s"}).out, HasSubstr("dropped"));
  durable.Release();
  running.join();
  const v1::StreamRun run = outcome.stream("public.t");
  EXPECT_EQ(run.error().reason(), "SUPERSEDED");
  EXPECT_EQ(run.attempts(), 1u);
  EXPECT_EQ(LoadTables(), 0);
  EXPECT_EQ(RowsRead(Run(Job())), 1005);
  ExpectExact();
}

// Two integrations have left a table each; that of the first can't be dropped.
class CleanOneOfTwoTest : public CleanTest {
 protected:
  // Leaves the tables, as the destination's user of that URL.
  void LeaveTwo(const std::string& destination_url) {
    destination_url_ = destination_url;
    for (const char* name : {"s", "other"}) {
      v1::Integration job = Job();
      job.set_name(name);
      RunKilled(job);
    }
    ASSERT_EQ(LoadTables(), 2);
  }
  std::string TableOf(const std::string& schema) {
    return destination_->Text(
        "SELECT load_table FROM _lockstitch.loads JOIN _lockstitch.streams USING (stream_id) JOIN "
        "_lockstitch.integrations ON uid = integration_uid WHERE destination_schema = '" +
        schema + "'");
  }

  // Says of the first why, and drops the other.
  void ExpectOneCleaned(const std::string& why, const std::string& remedy) {
    const std::string stays = TableOf("s"), goes = TableOf("other");
    const CommandResult cleaned = Clean({"--idle", "0s", "--output", "json"});
    EXPECT_EQ(cleaned.status, 1) << cleaned.err;
    const auto leftovers = nlohmann::json::parse(cleaned.out)["leftovers"];
    ASSERT_EQ(leftovers.size(), 2u) << cleaned.out;
    for (const auto& leftover : leftovers) {
      const bool dropped = leftover["load_table"] == goes;
      EXPECT_EQ(leftover["dropped"], dropped) << leftover;
      EXPECT_EQ(leftover.contains("problem"), !dropped) << leftover;
      if (dropped) continue;
      EXPECT_EQ(leftover["load_table"], stays);
      EXPECT_THAT(leftover.value("problem", ""), HasSubstr(why));
      EXPECT_THAT(leftover.value("problem", ""), HasSubstr(remedy));
    }
    EXPECT_EQ(LoadTables(), 1);
    // It is told again, until it can be dropped.
    const CommandResult again = Clean({});
    EXPECT_EQ(again.status, 1);
    EXPECT_THAT(again.out, HasSubstr(stays));
    EXPECT_THAT(again.out, HasSubstr(why));
    EXPECT_THAT(again.out, HasSubstr(remedy));
  }
  void ExpectCleanedAtLast() {
    EXPECT_EQ(Clean({}).status, 0);
    EXPECT_EQ(LoadTables(), 0);
  }
};

TEST_F(CleanOneOfTwoTest, AUsersViewUponATableIsNamed) {
  LeaveTwo(destination_url_);
  destination_->Run("CREATE VIEW peek AS SELECT * FROM _lockstitch." + TableOf("s"));
  ExpectOneCleaned("view public.peek depends on", "Drop what the message names");
  EXPECT_GT(destination_->Int("SELECT count(*) FROM peek"), 0);
  destination_->Run("DROP VIEW peek");
  ExpectCleanedAtLast();
}

TEST_F(CleanOneOfTwoTest, ATableOfAnotherOwnerIsTold) {
  const std::string role = "sweeper_" + std::to_string(destination_->backend_pid());
  destination_->Run("CREATE ROLE " + role +
                    " LOGIN; DO $$BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO " + role +
                    "', current_database()); END$$");
  LeaveTwo(destination_url_ + "&user=" + role);
  const std::string table = TableOf("s");
  // A schema's owner may drop everything in it.
  destination_->Run(
      "ALTER SCHEMA _lockstitch OWNER TO lockstitch; GRANT ALL ON SCHEMA _lockstitch TO " + role +
      "; ALTER TABLE _lockstitch." + table + " OWNER TO lockstitch");
  ExpectOneCleaned("must be owner of table " + table, "made by another user");
  destination_->Run("ALTER TABLE _lockstitch." + table + " OWNER TO " + role);
  ExpectCleanedAtLast();
}

}  // namespace
}  // namespace lockstitch::tests
