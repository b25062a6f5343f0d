// Columns and tables in whose place others have come, under the same names; and changes of which
// nobody could tell.

#include <string>
#include <thread>
#include <vector>

#include "tests/drift/drift_test.h"
#include "tests/verify/verification.h"

namespace lockstitch::tests {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

constexpr char kSwap[] =
    "ALTER TABLE t RENAME x TO z; ALTER TABLE t RENAME y TO x; ALTER TABLE t RENAME z TO y";

class ReplacedTest : public DriftTest {
 protected:
  void MakeTable() {
    source_->Run(
        "CREATE TABLE t (id int PRIMARY KEY, k int, x int, y int);"
        "INSERT INTO t SELECT n, n, n, -n FROM generate_series(1, 5) n");
  }
};

TEST_F(ReplacedTest, SwappedColumnsAreTold) {
  MakeTable();
  Run(Job());
  source_->Run(kSwap);
  const JobOutcome outcome = Run(Job());
  EXPECT_THAT(Changes(outcome), UnorderedElementsAre("COLUMN_ADDED x", "COLUMN_ADDED y"));
  EXPECT_THAT(outcome.log, Says("column x is another one than before, under the same name"));
  EXPECT_THAT(outcome.log, Says("backfill: reload reads them anew"));
  EXPECT_EQ(RowsRead(outcome), 1);
  EXPECT_THAT(destination_->List("SELECT x FROM s.t ORDER BY id"),
              ElementsAre("1", "2", "3", "4", "-5"));
  const Verification verification = Verify(SharedStack(), Job());
  EXPECT_FALSE(verification.IsVerified());
  EXPECT_THAT(verification.stream("public.t").incomplete_columns(), UnorderedElementsAre("x", "y"));
  EXPECT_THAT(Changes(Run(Job())), IsEmpty());
  v1::Integration job = Job();
  Stream(job).set_backfill(v1::BACKFILL_RELOAD);
  EXPECT_THAT(Run(job).log, Says("rows loaded before lack y, x"));
  ExpectExact();
  EXPECT_TRUE(Verify(SharedStack(), job).IsVerified());
}

TEST_F(ReplacedTest, AColumnMadeAgainIsToldAndReadByABackfill) {
  MakeTable();
  v1::Integration job = Job();
  Stream(job).set_backfill(v1::BACKFILL_RELOAD);
  Run(job);
  source_->Run("ALTER TABLE t DROP y; ALTER TABLE t ADD y int GENERATED ALWAYS AS (x * 2) STORED");
  const JobOutcome outcome = Run(job);
  EXPECT_THAT(Changes(outcome), ElementsAre("COLUMN_ADDED y"));
  EXPECT_THAT(outcome.log, Says("backfill is reload, which reads them anew"));
  ExpectExact();
  EXPECT_THAT(Changes(Run(job)), IsEmpty());
}

// A table of which all rows are read has the values whatever the columns are.
TEST_F(ReplacedTest, AFullTableHasNothingToTell) {
  MakeTable();
  Run(FullTableJob());
  source_->Run(kSwap);
  EXPECT_THAT(Changes(Run(FullTableJob())), IsEmpty());
  ExpectExact();
  destination_->Run("CREATE VIEW s.report AS SELECT id FROM s.t");
  source_->Run(kSwap);
  const JobOutcome merged = Run(FullTableJob());
  EXPECT_THAT(Changes(merged), IsEmpty());
  EXPECT_THAT(merged.log, Not(Says("another one")));
  ExpectExact("(SELECT id, k, y, x FROM t)");
}

// The numbers of another table say nothing.
TEST_F(ReplacedTest, AViewThatTurnsIntoATableAndBackIsReadAnewByTheSameKey) {
  source_->Run(
      "CREATE TABLE base (y int, x int, k int, id int);"
      "INSERT INTO base SELECT -n, n, n, n FROM generate_series(1, 5) n;"
      "CREATE VIEW t AS SELECT id, k, x, y FROM base");
  v1::Integration job = Job();
  Stream(job).add_key_columns("id");
  Run(job);
  source_->Run("DROP VIEW t; CREATE TABLE t AS SELECT * FROM base WHERE id <> 2");
  EXPECT_THAT(Changes(Run(job)), ElementsAre("TABLE_RECREATED"));
  EXPECT_EQ(Rows(*source_, "(SELECT y, x, k, id FROM t)"), Rows(*destination_, "s.t"));
  source_->Run("ALTER TABLE t RENAME TO old; CREATE VIEW t AS SELECT id, k, x, y FROM base");
  EXPECT_THAT(Changes(Run(job)), ElementsAre("TABLE_RECREATED"));
  ExpectExact();
  EXPECT_EQ(destination_->Text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid "
                               "= 's.t'::regclass AND contype = 'p'"),
            "PRIMARY KEY (id)");
}

// The loader dies when it has altered the table, and nobody has heard of it.
TEST_F(ReplacedTest, WhatARunCouldNotTellTheNextOneDoes) {
  MakeTable();
  Run(Job());
  source_->Run("ALTER TABLE t ADD w int, DROP y");
  {
    Stack stack({.loader = "loader.load.begun=kill"});
    std::thread running([&] { RunJob(stack, Job()); });
    stack.loader.process().Wait();
    stack.scheduler.process().Kill();
    running.join();
  }
  EXPECT_THAT(Columns(),
              ElementsAre("id integer", "k integer", "x integer", "y integer", "w integer"));
  EXPECT_THAT(Changes(Run(Job())), ElementsAre("COLUMN_ADDED w", "COLUMN_RETIRED y"));
  EXPECT_THAT(Changes(Run(Job())), IsEmpty());
}

}  // namespace
}  // namespace lockstitch::tests
