// Loads that are merged into a table which users hold on to: what they leave, what stops them, and
// what they wait for.

#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "testing/rendezvous.h"
#include "tests/stack/clusters.h"
#include "tests/stack/stack.h"

namespace lockstitch::tests {
namespace {

using ::testing::Contains;
using testing::Database;
using ::testing::HasSubstr;
using testing::Rendezvous;

constexpr char kMake[] =
    "CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t SELECT n, n FROM generate_series(1, "
    "100) n";
constexpr char kMakeKeyless[] =
    "CREATE TABLE t (id int, v int); INSERT INTO t SELECT n, n FROM generate_series(1, 100) n";
// One row less, one other, one more.
constexpr char kChange[] =
    "DELETE FROM t WHERE id = 1; UPDATE t SET v = 0 WHERE id = 2; INSERT INTO t VALUES (101, 101)";
constexpr char kView[] = "CREATE VIEW on_top AS SELECT id, v FROM s.t";

class MergedTableTest : public ClustersTest {
 protected:
  static Stack& SharedStack() {
    static Stack stack;
    return stack;
  }
  // A loader that tries for locks for two seconds.
  static Stack& HastyStack() {
    static Stack stack({}, {}, {"--swap-deadline=2s"});
    return stack;
  }

  v1::Integration Integration() const {
    return IntegrationOf("s", source_url_, destination_url_, {"t"});
  }

  // Loads what `make` makes, puts `users` on the destination, and changes the source.
  void Prepare(const std::string& make, const std::string& users) {
    source_->Run(make);
    ExpectSucceeded(RunJob(SharedStack(), Integration()));
    destination_->Run(users);
    source_->Run(kChange);
  }

  // The stream as one of changes by v, and the same as Prepare for it, with a row more.
  v1::Integration IntegrationOfChanges() const {
    v1::Integration integration = Integration();
    integration.mutable_streams(0)->set_method(v1::REPLICATION_METHOD_INCREMENTAL);
    integration.mutable_streams(0)->set_replication_key("v");
    return integration;
  }
  void PrepareChanges(const std::string& make, const std::string& users) {
    source_->Run(make);
    ExpectSucceeded(RunJob(SharedStack(), IntegrationOfChanges()));
    destination_->Run(users);
    source_->Run("INSERT INTO t VALUES (101, 101)");
  }

  void ExpectMerged(const JobOutcome& outcome, const std::string& what) {
    ExpectSucceeded(outcome);
    EXPECT_THAT(outcome.log, Contains(HasSubstr(what)));
    ExpectSameContents("t", "s.t", "id, v");
  }

  // The next job fails for `reason`, naming `what`, and leaves the rows of the first load.
  void ExpectRefused(const std::string& reason, const std::string& what,
                     const v1::Integration& integration) {
    const std::string before = destination_->Text(testing::ContentsQuery("s.t", "t::text"));
    const v1::StreamRun run = RunJob(SharedStack(), integration).stream("public.t");
    EXPECT_EQ(run.error().reason(), reason);
    EXPECT_THAT(run.error().message(), HasSubstr(what));
    EXPECT_EQ(destination_->Text(testing::ContentsQuery("s.t", "t::text")), before);
    EXPECT_EQ(destination_->Int("SELECT count(*) FROM pg_class WHERE relname LIKE "
                                "'\\_lockstitch\\_load\\_%' AND relkind = 'r'"),
              0);
  }
  void ExpectRefused(const std::string& reason, const std::string& what) {
    ExpectRefused(reason, what, Integration());
  }

  // Makes a role that may log in and make schemas, and answers the destination's URL for it.
  std::string UrlOf(const std::string& role) {
    destination_->Run("CREATE ROLE " + role + " LOGIN; GRANT CREATE ON DATABASE " +
                      destination_->Text("SELECT current_database()") + " TO " + role);
    std::string url = destination_url_;
    return url.replace(url.find("user=lockstitch"), 15, "user=" + role);
  }
};

TEST_F(MergedTableTest, IsTheSameVersionOfTheTable) {
  Prepare(kMake, kView);
  ExpectMerged(RunJob(SharedStack(), Integration()),
               "merged into the table because view public.on_top depends on it: 1 rows deleted, 1 "
               "updated, 1 inserted");
  EXPECT_EQ(
      destination_->Text("SELECT string_agg(DISTINCT _sdc_table_version::text, ',') FROM s.t"),
      "1");
  // Rows that didn't change were not written.
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM s.t WHERE _sdc_sequence > (SELECT "
                              "min(_sdc_sequence) FROM s.t)"),
            2);
  // Nothing is left, and nothing changes where nothing has changed.
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM pg_class WHERE relname LIKE "
                              "'\\_lockstitch\\_load\\_%' AND relkind = 'r'"),
            0);
  ExpectMerged(RunJob(SharedStack(), Integration()), "0 rows deleted, 0 updated, 0 inserted");
  destination_->Run("DROP VIEW on_top");
  source_->Run("INSERT INTO t VALUES (102, 102)");
  ExpectSucceeded(RunJob(SharedStack(), Integration()));
  EXPECT_EQ(destination_->Int("SELECT max(_sdc_table_version) FROM s.t"), 2);
  ExpectSameContents("t", "s.t", "id, v");
}

TEST_F(MergedTableTest, WithoutAKeyHasAllRowsReplacedAndSaysWhatIsGone) {
  Prepare(kMakeKeyless, "ALTER TABLE s.t ADD note text; UPDATE s.t SET note = 'n'");
  ExpectMerged(RunJob(SharedStack(), Integration()),
               "100 rows deleted, 100 inserted; rows can't be told apart without a key that stays: "
               "values are gone from \"note\"");
  EXPECT_EQ(destination_->Int("SELECT count(note) FROM s.t"), 0);
}

TEST_F(MergedTableTest, OfChangesLeavesRowsOfTablesThatInheritAlone) {
  PrepareChanges(kMakeKeyless,
                 "CREATE TABLE mine () INHERITS (s.t); INSERT INTO mine (id, v) VALUES (1, 1000)");
  ExpectSucceeded(RunJob(SharedStack(), IntegrationOfChanges()));
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM ONLY s.t"), 101);
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM mine"), 1);
}

TEST_F(MergedTableTest, OfChangesIsLeftAloneWhereForeignKeysWouldActForRowsThatComeBack) {
  PrepareChanges(kMakeKeyless,
                 "ALTER TABLE s.t ADD UNIQUE (id); CREATE TABLE mine (id int CONSTRAINT of_mine "
                 "REFERENCES s.t (id) ON DELETE CASCADE); INSERT INTO mine VALUES (100)");
  ExpectRefused("DESTINATION_TABLE_IN_USE", "of_mine", IntegrationOfChanges());
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM mine"), 1);
  destination_->Run("DROP TABLE mine");
  ExpectSucceeded(RunJob(SharedStack(), IntegrationOfChanges()));
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM s.t"), 101);
}

TEST_F(MergedTableTest, OfChangesIsLeftAloneByRowsThatItsConstraintsRefuse) {
  PrepareChanges(kMake, "CREATE UNIQUE INDEX mine ON s.t ((v % 100))");
  ExpectRefused("DESTINATION_CONSTRAINT_VIOLATED", "mine", IntegrationOfChanges());
  destination_->Run(
      "DROP INDEX s.mine; ALTER TABLE s.t ADD note text NOT NULL DEFAULT 'n'; "
      "ALTER TABLE s.t ALTER note DROP DEFAULT");
  ExpectRefused("DESTINATION_CONSTRAINT_VIOLATED", "note", IntegrationOfChanges());
  destination_->Run(
      "ALTER TABLE s.t DROP COLUMN note; ALTER TABLE s.t ADD CONSTRAINT mine UNIQUE "
      "(v) DEFERRABLE INITIALLY DEFERRED");
  source_->Run("INSERT INTO t VALUES (102, 101)");
  ExpectRefused("DESTINATION_CONSTRAINT_VIOLATED", "mine", IntegrationOfChanges());
  source_->Run("DELETE FROM t WHERE id = 102");
  ExpectSucceeded(RunJob(SharedStack(), IntegrationOfChanges()));
  EXPECT_EQ(destination_->Int("SELECT max(v) FROM s.t"), 101);
}

TEST_F(MergedTableTest, TakesAnotherKey) {
  Prepare(kMake, kView);
  source_->Run("ALTER TABLE t DROP CONSTRAINT t_pkey; ALTER TABLE t ADD PRIMARY KEY (v)");
  ExpectMerged(RunJob(SharedStack(), Integration()), "100 rows deleted, 100 inserted");
  EXPECT_EQ(destination_->Text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid "
                               "= 's.t'::regclass AND contype = 'p'"),
            "PRIMARY KEY (v)");
  source_->Run(
      "ALTER TABLE t DROP CONSTRAINT t_pkey; ALTER TABLE t ALTER v DROP NOT NULL; INSERT INTO t "
      "VALUES (7, NULL)");
  ExpectMerged(RunJob(SharedStack(), Integration()), "100 rows deleted, 101 inserted");
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM on_top WHERE v IS NULL"), 1);
}

TEST_F(MergedTableTest, TakesOtherColumnsAsATableOfChangesDoes) {
  Prepare(kMake, kView);
  source_->Run(
      "ALTER TABLE t ALTER v TYPE text USING v || 'x', ADD w int DEFAULT 5, ADD x int; UPDATE t "
      "SET "
      "x = id");
  const JobOutcome outcome = RunJob(SharedStack(), Integration());
  ExpectSucceeded(outcome);
  EXPECT_THAT(outcome.log, Contains(HasSubstr("v__text")));
  EXPECT_THAT(outcome.log, Contains(HasSubstr("1 rows deleted, 99 updated, 1 inserted")));
  const auto expect_same = [&] {
    EXPECT_EQ(source_->Text(testing::ContentsQuery("t", "id, v, w, x")),
              destination_->Text(testing::ContentsQuery("s.t", "id, v__text, w, x")));
  };
  expect_same();
  EXPECT_EQ(destination_->Int("SELECT count(*) - count(v) FROM on_top"), 100);
  source_->Run("ALTER TABLE t ALTER w TYPE bigint; UPDATE t SET w = 5000000000 WHERE id = 7");
  // A user may have dropped what a load has made.
  destination_->Run("ALTER TABLE s.t DROP COLUMN x");
  const JobOutcome again = RunJob(SharedStack(), Integration());
  ExpectSucceeded(again);
  EXPECT_THAT(again.log, Contains(HasSubstr("column x was not in the destination table any more")));
  expect_same();
}

TEST_F(MergedTableTest, KeepsAKeyThatSomethingNeeds) {
  Prepare(kMake, "CREATE TABLE mine (id int CONSTRAINT of_mine REFERENCES s.t)");
  source_->Run("ALTER TABLE t DROP CONSTRAINT t_pkey; ALTER TABLE t ADD PRIMARY KEY (v)");
  ExpectRefused("DESTINATION_TABLE_IN_USE", "of_mine");
}

TEST_F(MergedTableTest, IsLeftAloneByRowsThatAForeignKeyNeeds) {
  Prepare(
      kMake,
      "CREATE TABLE mine (id int CONSTRAINT of_mine REFERENCES s.t); INSERT INTO mine VALUES (1)");
  ExpectRefused("DESTINATION_CONSTRAINT_VIOLATED", "of_mine");
  destination_->Run("ALTER TABLE mine ALTER CONSTRAINT of_mine DEFERRABLE INITIALLY DEFERRED");
  ExpectRefused("DESTINATION_CONSTRAINT_VIOLATED", "of_mine");
  destination_->Run("DELETE FROM mine");
  ExpectMerged(RunJob(SharedStack(), Integration()), "foreign key of_mine of table public.mine");
}

TEST_F(MergedTableTest, IsLeftAloneByRowsThatItsConstraintsRefuse) {
  Prepare(kMake, "ALTER TABLE s.t ADD CONSTRAINT mine CHECK (v > 0)");
  ExpectRefused("DESTINATION_CONSTRAINT_VIOLATED", "mine");
  destination_->Run(
      "ALTER TABLE s.t DROP CONSTRAINT mine; CREATE UNIQUE INDEX mine ON s.t ((v % 101))");
  ExpectRefused("DESTINATION_CONSTRAINT_VIOLATED", "unique index mine");
  destination_->Run("DROP INDEX s.mine; ALTER TABLE s.t ADD CONSTRAINT mine UNIQUE (v)");
  source_->Run("UPDATE t SET v = 5 WHERE id = 6");
  ExpectRefused("DESTINATION_CONSTRAINT_VIOLATED", "mine");
}

TEST_F(MergedTableTest, TakesValuesThatChangePlacesWhereTheConstraintWaits) {
  Prepare(kMake, "ALTER TABLE s.t ADD CONSTRAINT mine UNIQUE (v) DEFERRABLE INITIALLY DEFERRED");
  source_->Run("UPDATE t SET v = 7 - v WHERE id IN (3, 4)");
  ExpectMerged(RunJob(SharedStack(), Integration()), "it has constraint mine");
}

TEST_F(MergedTableTest, IsRefusedWhereARuleActsInstead) {
  Prepare(kMake, "CREATE RULE stop AS ON DELETE TO s.t DO INSTEAD NOTHING");
  ExpectRefused("DESTINATION_TABLE_IN_USE", "rule stop");
}

TEST_F(MergedTableTest, IsLeftAloneWhereForeignKeysWouldActForRowsThatComeBack) {
  Prepare(kMakeKeyless, "ALTER TABLE s.t ADD UNIQUE (id)");
  for (const std::string action : {"CASCADE", "SET NULL", "SET DEFAULT"}) {
    destination_->Run(
        "CREATE TABLE mine (id int CONSTRAINT of_mine REFERENCES s.t (id) ON DELETE " + action +
        "); INSERT INTO mine VALUES (5)");
    ExpectRefused("DESTINATION_TABLE_IN_USE", "of_mine");
    EXPECT_EQ(destination_->Int("SELECT count(id) FROM mine"), 1) << action;
    destination_->Run("DROP TABLE mine");
  }
  destination_->Run(
      "CREATE TABLE mine (id int CONSTRAINT of_mine REFERENCES s.t (id) DEFERRABLE INITIALLY "
      "DEFERRED); INSERT INTO mine VALUES (5)");
  ExpectMerged(RunJob(SharedStack(), Integration()), "100 rows deleted, 100 inserted");
  EXPECT_EQ(destination_->Int("SELECT count(id) FROM mine"), 1);
}

TEST_F(MergedTableTest, IsRefusedWherePublishedRowsCantBeToldApart) {
  Prepare(kMakeKeyless, "CREATE PUBLICATION of_mine FOR TABLE s.t");
  ExpectRefused("DESTINATION_TABLE_IN_USE", "replica identity");
  destination_->Run("ALTER TABLE s.t REPLICA IDENTITY FULL");
  ExpectMerged(RunJob(SharedStack(), Integration()), "publication of_mine publishes it");
}

TEST_F(MergedTableTest, MayBePublishedWithAllTables) {
  Prepare(kMake, "CREATE PUBLICATION everything FOR ALL TABLES");
  ExpectSucceeded(RunJob(SharedStack(), Integration()));
  ExpectSameContents("t", "s.t", "id, v");
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM pg_publication_tables WHERE schemaname = 's'"),
            1);
}

TEST_F(MergedTableTest, IsMergedUnderItsPoliciesByItsOwner) {
  v1::Integration integration = Integration();
  integration.mutable_destination()->mutable_postgres()->set_url(UrlOf("loader_of_policies"));
  source_->Run(kMake);
  ExpectSucceeded(RunJob(SharedStack(), integration));
  destination_->Run(
      "ALTER TABLE s.t ENABLE ROW LEVEL SECURITY; CREATE POLICY odd ON s.t USING (false)");
  source_->Run(kChange);
  ExpectMerged(RunJob(SharedStack(), integration), "it has policy odd");
  destination_->Run("ALTER TABLE s.t FORCE ROW LEVEL SECURITY");
  ExpectRefused("DESTINATION_TABLE_IN_USE", "row-level security", integration);
  v1::Integration changes = integration;
  changes.mutable_streams(0)->set_method(v1::REPLICATION_METHOD_INCREMENTAL);
  changes.mutable_streams(0)->set_replication_key("v");
  destination_->Run("ALTER TABLE s.t NO FORCE ROW LEVEL SECURITY");
  ExpectMerged(RunJob(SharedStack(), changes), "it has policy odd");
  destination_->Run("ALTER TABLE s.t FORCE ROW LEVEL SECURITY");
  source_->Run("INSERT INTO t VALUES (103, 103)");
  ExpectRefused("DESTINATION_TABLE_IN_USE", "row-level security", changes);
}

TEST_F(MergedTableTest, MayBelongToAnother) {
  v1::Integration integration = Integration();
  integration.mutable_destination()->mutable_postgres()->set_url(UrlOf("loader_of_others"));
  source_->Run(kMake);
  ExpectSucceeded(RunJob(SharedStack(), integration));
  destination_->Run("ALTER TABLE s.t OWNER TO lockstitch");
  source_->Run(kChange);
  ExpectRefused("DESTINATION_PERMISSION_DENIED", "permission denied", integration);
  destination_->Run("GRANT SELECT, INSERT, UPDATE, DELETE ON s.t TO loader_of_others");
  ExpectMerged(RunJob(SharedStack(), integration), "role lockstitch owns it");
}

// The table is replaced, whatever becomes of what others know of it.
TEST_F(MergedTableTest, StatisticsThatMayNotBeMadeAgainAreSaid) {
  v1::Integration integration = Integration();
  integration.mutable_destination()->mutable_postgres()->set_url(UrlOf("loader_without_schema"));
  source_->Run(kMake);
  ExpectSucceeded(RunJob(SharedStack(), integration));
  destination_->Run("CREATE SCHEMA theirs; CREATE STATISTICS theirs.of_t ON id, v FROM s.t");
  source_->Run(kChange);
  const JobOutcome outcome = RunJob(SharedStack(), integration);
  ExpectSucceeded(outcome);
  EXPECT_THAT(outcome.log,
              Contains(HasSubstr("not carried over to the new table: CREATE STATISTICS")));
  ExpectSameContents("t", "s.t", "id, v");
}

TEST_F(MergedTableTest, IsNotReplacedOnceAViewHasComeInTheMiddle) {
  source_->Run(kMake);
  ExpectSucceeded(RunJob(SharedStack(), Integration()));
  source_->Run(kChange);
  Rendezvous preparing;
  Stack stack({.loader = "loader.finish.preparing=" + preparing.action()});
  JobOutcome outcome;
  std::thread job([&] { outcome = RunJob(stack, Integration()); });
  preparing.AwaitArrival();
  destination_->Run(kView);
  preparing.Release();
  job.join();
  ExpectMerged(outcome, "view public.on_top depends on it");
}

TEST_F(MergedTableTest, IsReplacedWithTheIndexesThatHaveComeInTheMiddle) {
  Prepare(kMake,
          "CREATE INDEX goes ON s.t (v); CREATE INDEX stays ON s.t ((v + 1)); CREATE INDEX renamed "
          "ON s.t ((v + 2))");
  Rendezvous prepared;
  Stack stack({.loader = "loader.finish.prepared=" + prepared.action()});
  JobOutcome outcome;
  std::thread job([&] { outcome = RunJob(stack, Integration()); });
  prepared.AwaitArrival();
  destination_->Run(
      "DROP INDEX s.goes; ALTER INDEX s.renamed RENAME TO is_renamed; CREATE INDEX comes ON s.t "
      "((v + 3))");
  prepared.Release();
  job.join();
  ExpectSucceeded(outcome);
  EXPECT_EQ(destination_->Int("SELECT min(_sdc_table_version) FROM s.t"), 2);
  EXPECT_EQ(destination_->Text("SELECT string_agg(indexname || right(indexdef, 11), ', ' ORDER BY "
                               "indexname) FROM pg_indexes WHERE schemaname = 's' AND indexname <> "
                               "'t_pkey'"),
            "comes(((v + 3))), is_renamed(((v + 2))), stays(((v + 1)))");
  ExpectSameContents("t", "s.t", "id, v");
}

TEST_F(MergedTableTest, IsReplacedWithoutGrantsThatWereRevoked) {
  destination_->Run(
      "CREATE ROLE of_defaults; ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT ON TABLES TO "
      "of_defaults; ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC");
  Prepare(kMake, "REVOKE INSERT ON s.t FROM of_defaults; REVOKE ALL ON s.t FROM PUBLIC");
  ExpectSucceeded(RunJob(SharedStack(), Integration()));
  EXPECT_EQ(destination_->Int("SELECT min(_sdc_table_version) FROM s.t"), 2);
  EXPECT_EQ(
      destination_->Text("SELECT string_agg(privilege_type, ',') FROM pg_class, aclexplode(relacl) "
                         "WHERE pg_class.oid = 's.t'::regclass AND grantee <> relowner"),
      "SELECT");
}

TEST_F(MergedTableTest, WaitsForNoReader) {
  Prepare(kMake, kView);
  Database reader(destination_url_);
  reader.Run("BEGIN ISOLATION LEVEL REPEATABLE READ");
  EXPECT_EQ(reader.Int("SELECT count(*) FROM s.t WHERE id = 1"), 1);
  ExpectMerged(RunJob(SharedStack(), Integration()), "1 rows deleted");
  EXPECT_EQ(reader.Int("SELECT count(*) FROM s.t WHERE id = 1"), 1);
  reader.Run("COMMIT");
  EXPECT_EQ(reader.Int("SELECT count(*) FROM s.t WHERE id = 1"), 0);
}

TEST_F(MergedTableTest, WaitsForAWriterOfItsRows) {
  Prepare(kMake, "ALTER TABLE s.t ADD note text");
  Database writer(destination_url_);
  writer.Run("BEGIN; UPDATE s.t SET note = 'mine' WHERE id = 2");
  JobOutcome outcome;
  std::thread job([&] { outcome = RunJob(SharedStack(), Integration()); });
  destination_->Await(
      "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'");
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM s.t"), 100);
  writer.Run("COMMIT");
  job.join();
  ExpectMerged(outcome, "column note was added to it");
  EXPECT_EQ(destination_->Text("SELECT note FROM s.t WHERE id = 2"), "mine");
}

TEST_F(MergedTableTest, KeepsItsRowsIfTheLockNeverComes) {
  source_->Run(kMake);
  ExpectSucceeded(RunJob(SharedStack(), Integration()));
  source_->Run(kChange);
  for (const std::string users : {"SELECT 1", kView}) {
    destination_->Run(users);
    Database holder(destination_url_);
    holder.Run("BEGIN; LOCK TABLE s.t IN SHARE MODE");
    const v1::StreamRun run = RunJob(HastyStack(), Integration()).stream("public.t");
    EXPECT_EQ(run.error().reason(), "DESTINATION_TABLE_LOCKED") << users;
    EXPECT_EQ(holder.Int("SELECT count(*) FROM s.t WHERE id = v AND id <= 100"), 100);
    holder.Run("COMMIT");
  }
  ExpectMerged(RunJob(HastyStack(), Integration()), "view public.on_top depends on it");
}

}  // namespace
}  // namespace lockstitch::tests
