// What a loader asks for, and takes, when deletes are looked for: the test is the extractor.

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "rpc/channel.h"
#include "testing/status_matchers.h"
#include "tests/stack/clusters.h"
#include "tests/stack/scripted_run.h"
#include "tests/stack/stack.h"

namespace lockstitch::tests {
namespace {

using ::testing::Contains;
using testing::HasReason;
using ::testing::HasSubstr;
using testing::IsOk;

// After a first load of the rows 1:1 and 2:2.
class DeletesProtocolTest : public ClustersTest {
 protected:
  DeletesProtocolTest()
      : process_("loader", {}), client_(rpc::Connect(process_.address()), "loader") {}
  void SetUp() override { ASSERT_THAT(NewRun().RunAll(client_, {{1, 1}, {2, 2}}), IsOk()); }

  ScriptedRun NewRun() {
    ScriptedRun run(destination_url_, 0);
    run.set_method(v1::REPLICATION_METHOD_INCREMENTAL);
    return run;
  }
  // One whose rows are durable, and whose keys come next.
  ScriptedRun RunWithoutKeys() {
    ScriptedRun run = NewRun();
    run.set_deletes(v1::DELETE_ACTION_DELETE, 2);
    EXPECT_THAT(run.Reserve(client_), IsOk());
    EXPECT_THAT(run.Begin(client_), IsOk());
    EXPECT_THAT(run.SendRows(client_, {{2, 2}, {3, 3}}), IsOk());
    return run;
  }

  std::string Seen() {
    return destination_->Text("SELECT string_agg(id::text, ' ' ORDER BY id) FROM s.t");
  }

  ServiceProcess process_;
  loader::LoaderClient client_;
};

TEST_F(DeletesProtocolTest, AnOlderExtractorIsNeverAskedForKeys) {
  ScriptedRun run = NewRun();
  run.set_deletes(v1::DELETE_ACTION_MARK, 1);
  ASSERT_THAT(run.Reserve(client_), IsOk());
  const auto begun = run.Begin(client_);
  ASSERT_THAT(begun, IsOk());
  EXPECT_EQ(begun->plan().ranges_size(), 1);
  EXPECT_EQ(begun->plan().keys_size(), 0);
  EXPECT_FALSE(begun->plan().marks_deletes());
  EXPECT_THAT(begun->plan().notes(), Contains(HasSubstr("does not look for deleted rows")));
  ASSERT_THAT(run.SendRows(client_, {{2, 2}}), IsOk());
  EXPECT_THAT(run.Finish(client_), IsOk());
  EXPECT_EQ(destination_->Text("SELECT deletes_found_at FROM _lockstitch.streams"), "");
}

TEST_F(DeletesProtocolTest, TheKeysAreASecondRangeOfTheKeysColumns) {
  ScriptedRun run = NewRun();
  run.set_deletes(v1::DELETE_ACTION_MARK, 2);
  ASSERT_THAT(run.Reserve(client_), IsOk());
  const auto begun = run.Begin(client_);
  ASSERT_THAT(begun, IsOk());
  ASSERT_EQ(begun->plan().ranges_size(), 2);
  EXPECT_FALSE(begun->plan().ranges(0).keys());
  EXPECT_TRUE(begun->plan().ranges(1).keys());
  EXPECT_EQ(begun->plan().ranges(1).number(), 1u);
  ASSERT_EQ(begun->plan().keys_size(), 1);
  EXPECT_EQ(begun->plan().keys(0).source_column(), "id");
  EXPECT_TRUE(begun->plan().marks_deletes());
}

TEST_F(DeletesProtocolTest, KeysComeWhenTheRowsAreDurable) {
  ScriptedRun run = NewRun();
  run.set_deletes(v1::DELETE_ACTION_DELETE, 2);
  ASSERT_THAT(run.Reserve(client_), IsOk());
  ASSERT_THAT(run.Begin(client_), IsOk());
  EXPECT_THAT(ScriptedRun::Range(run, client_, 1).Open(), HasReason(Reason::kProtocolViolated));
  ASSERT_THAT(run.SendRows(client_, {{2, 2}}), IsOk());
  EXPECT_THAT(run.Finish(client_), HasReason(Reason::kLoadMismatch));
  ScriptedRun::Range keys(run, client_, 1);
  ASSERT_THAT(keys.Open(), IsOk());
  keys.SendKeys({2});
  ASSERT_THAT(keys.EndChunk(), IsOk());
  EXPECT_EQ(Seen(), "2");
  const auto result = run.Finish(client_);
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->deleted(), 1);
  EXPECT_EQ(result->rows(), 1);
}

TEST_F(DeletesProtocolTest, KeysAreOneChunk) {
  ScriptedRun run = RunWithoutKeys();
  ScriptedRun::Range keys(run, client_, 1);
  ASSERT_THAT(keys.Open(), IsOk());
  keys.SendKeys({1});
  EXPECT_THAT(keys.EndChunk(/*ends_range=*/false), HasReason(Reason::kProtocolViolated));
  EXPECT_EQ(Seen(), "1 2 3");
}

// An attempt that was opened before another one has the keys of the same snapshot, but comes late.
TEST_F(DeletesProtocolTest, KeysOfAnEarlierAttemptOrAnEndedRunAreRefused) {
  ScriptedRun run = RunWithoutKeys();
  ScriptedRun::Range earlier(run, client_, 1), later(run, client_, 1);
  ASSERT_THAT(earlier.Open(), IsOk());
  ASSERT_THAT(later.Open(), IsOk());
  earlier.SendKeys({1});
  EXPECT_THAT(earlier.EndChunk(), HasReason(Reason::kRangeSuperseded));
  EXPECT_EQ(Seen(), "1 2 3");
  ScriptedRun next = RunWithoutKeys();
  later.SendKeys({1});
  EXPECT_THAT(later.EndChunk(), HasReason(Reason::kSuperseded));
  EXPECT_EQ(Seen(), "1 2 3");
}

// The rows come before the keys, so they are sent.
TEST_F(DeletesProtocolTest, NoRangeIsTakenForUnchangedWhereKeysFollow) {
  ScriptedRun first = NewRun(), next = NewRun(), same = NewRun();
  ASSERT_THAT(first.RunAll(client_, {{2, 2}, {3, 3}}), IsOk());
  ASSERT_THAT(next.RunAll(client_, {{3, 3}}), IsOk());
  same.set_deletes(v1::DELETE_ACTION_DELETE, 2);
  ASSERT_THAT(same.Reserve(client_), IsOk());
  const auto begun = same.Begin(client_);
  ASSERT_THAT(begun, IsOk());
  EXPECT_FALSE(begun->plan().has_unchanged());
  ASSERT_THAT(same.SendRows(client_, {{3, 3}}), IsOk());
  ScriptedRun::Range keys(same, client_, 1);
  ASSERT_THAT(keys.Open(), IsOk());
  keys.SendKeys({3});
  ASSERT_THAT(keys.EndChunk(), IsOk());
  ASSERT_THAT(same.Finish(client_), IsOk());
  EXPECT_EQ(Seen(), "3");
}

}  // namespace
}  // namespace lockstitch::tests
