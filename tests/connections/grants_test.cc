// The SQL of docs/grants.md as it stands there: with it every kind of run works, and what becomes
// of a job without one of its grants is what the page says.

#include <fstream>
#include <memory>
#include <regex>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "testing/child_process.h"
#include "testing/database.h"
#include "testing/postgres_cluster.h"
#include "testing/temporary_folder.h"

namespace lockstitch::tests {
namespace {

using testing::ChildProcess;
using testing::CommandResult;
using testing::Database;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::PostgresCluster;

// What a row of the page's tables says: without this statement jobs fail or succeed, and name that.
struct Row {
  std::string statement;
  bool fails = false;
  std::string says;
};

// A block of the page with SQL, one statement a line, and the table that follows it.
struct Block {
  std::vector<std::string> statements;
  std::vector<Row> rows;

  std::vector<std::string> Grants() const {
    std::vector<std::string> grants;
    for (const std::string& statement : statements) {
      if (!absl::StartsWith(statement, "CREATE ROLE")) grants.push_back(statement);
    }
    return grants;
  }
  std::string StatementThatBegins(const std::string& words) const {
    for (const std::string& statement : statements) {
      if (absl::StartsWith(statement, words)) return statement;
    }
    ADD_FAILURE() << "no statement begins with " << words;
    return "";
  }
};

Block BlockOf(const std::string& name) {
  std::ifstream page("docs/grants.md");
  const std::string marker =
      absl::StrCat("<!-- tested by //tests/connections:grants_test ", name, " -->");
  const std::regex row(R"(\| `([^`]+)` \| (fails|ends|succeeds): `([^`]+)` \|.*)");
  std::string line;
  while (std::getline(page, line) && line != marker) continue;
  std::getline(page, line);
  EXPECT_EQ(line, "```sql") << name;
  Block block;
  while (std::getline(page, line) && line != "```") block.statements.push_back(line);
  std::smatch cells;
  while (std::getline(page, line) && !absl::StartsWith(line, "#") &&
         !absl::StartsWith(line, "<!--")) {
    if (!std::regex_match(line, cells, row)) continue;
    block.rows.push_back({.statement = block.StatementThatBegins(cells[1]),
                          .fails = cells[2] != "succeeds",
                          .says = cells[3]});
  }
  return block;
}

// The statement that takes back what a GRANT, or one of default privileges, gives.
std::string Opposite(const std::string& statement) {
  const std::string taken = std::regex_replace(statement, std::regex("\\bGRANT\\b"), "REVOKE");
  return std::regex_replace(taken, std::regex("\\bTO\\b"), "FROM");
}

// With the databases of the page, where nobody may do anything that he isn't granted.
class GrantsTest : public ::testing::Test {
 protected:
  GrantsTest() {
    for (const std::string name : {"shop", "dw", "catalog"}) {
      testing::MakeDatabase(cluster_.Url("postgres"), name);
      Database(cluster_.Url(name))
          .Run("REVOKE ALL ON DATABASE " + name +
               " FROM PUBLIC; REVOKE ALL ON SCHEMA public FROM PUBLIC");
    }
    source_ = std::make_unique<Database>(cluster_.Url("shop"));
    destination_ = std::make_unique<Database>(cluster_.Url("dw"));
    source_->Run(
        "CREATE TABLE orders (id int PRIMARY KEY, updated_at timestamptz NOT NULL DEFAULT now());"
        "CREATE TABLE customers (id int PRIMARY KEY, name text);"
        "INSERT INTO orders SELECT generate_series(1, 10);"
        "INSERT INTO customers SELECT generate_series(1, 10)");
    std::ofstream(File()) << "name: shop\nsource: {postgres: {url: '" << cluster_.Url("shop")
                          << "', user: replicator}}\ndestination: {postgres: {url: '"
                          << cluster_.Url("dw")
                          << "', user: loader}}\nselection: {patterns: ['*.*']}\nstreams:\n"
                             "  - {stream: public.orders, method: INCREMENTAL, "
                             "replication_key: updated_at, deletes: {every: 0}}\n";
  }

  std::string File() const { return folder_.path() + "/shop.yaml"; }

  static void RunAll(Database& database, const std::vector<std::string>& statements) {
    for (const std::string& statement : statements) database.Run(statement);
  }

  static CommandResult Run(const std::vector<std::string>& arguments) {
    std::vector<std::string> command = {"cli/lockstitch"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return testing::RunCommand({.command = command});
  }
  CommandResult RunOnFile(const std::string& subcommand, std::vector<std::string> flags = {}) {
    flags.insert(flags.begin(), {subcommand, "-f", File()});
    return Run(flags);
  }
  static void ExpectDone(const CommandResult& result) {
    EXPECT_EQ(result.status, 0) << result.out << result.err;
  }

  void ChangeOrders() {
    source_->Run("INSERT INTO orders SELECT max(id) + 1 FROM orders");
    source_->Run("UPDATE orders SET updated_at = now() WHERE id = 1");
  }

  // A first load into an empty destination and a second job after changes, the latter's result.
  CommandResult TwoJobs() {
    destination_->Run("DROP SCHEMA IF EXISTS shop, _lockstitch CASCADE");
    RunOnFile("sync");
    ChangeOrders();
    return RunOnFile("sync");
  }

  // Takes each grant of the block away by itself.
  void TryEachRow(const Block& block, Database& granting) {
    ASSERT_EQ(block.rows.size(), block.Grants().size());
    for (const Row& row : block.rows) {
      SCOPED_TRACE(row.statement);
      granting.Run(Opposite(row.statement));
      source_->Run(absl::StrCat("CREATE TABLE made_", ++made_, " (id int)"));
      const CommandResult result = TwoJobs();
      EXPECT_EQ(result.status, row.fails ? 1 : 0) << result.out << result.err;
      EXPECT_THAT(result.out + result.err, HasSubstr(row.says));
      RunAll(granting, block.Grants());
      const CommandResult whole = TwoJobs();
      ExpectDone(whole);
      EXPECT_THAT(whole.out + whole.err, Not(HasSubstr(row.says)));
    }
  }

  PostgresCluster cluster_;
  const testing::TemporaryFolder folder_;
  // Sessions of another role, as those of who writes at the source are.
  std::unique_ptr<Database> source_;
  std::unique_ptr<Database> destination_;
  int made_ = 0;
};

TEST_F(GrantsTest, EveryKindOfRunWorks) {
  RunAll(*source_, BlockOf("source").statements);
  RunAll(*destination_, BlockOf("destination").statements);
  const std::string url = absl::StrCat("host=", cluster_.socket_folder(), " port=", cluster_.port(),
                                       " dbname=shop user=replicator");
  const CommandResult discovered = Run({"discover", "--source", url});
  ExpectDone(discovered);
  EXPECT_THAT(discovered.out, HasSubstr("public.orders"));
  const CommandResult checked = RunOnFile("check");
  ExpectDone(checked);
  EXPECT_THAT(checked.out, Not(HasSubstr("warning")));
  ExpectDone(RunOnFile("sync"));
  ChangeOrders();
  source_->Run("DELETE FROM orders WHERE id = 2");
  ExpectDone(RunOnFile("sync", {"--verify"}));
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM shop.orders WHERE _sdc_deleted_at IS NULL"),
            10);
  ExpectDone(RunOnFile("verify"));
  ExpectDone(Run({"clean", "--destination",
                  absl::StrCat("host=", cluster_.socket_folder(), " port=", cluster_.port(),
                               " dbname=dw user=loader")}));
  ExpectDone(RunOnFile("forget", {"--drop-tables"}));
}

TEST_F(GrantsTest, WithoutOneOfTheSources) {
  RunAll(*source_, BlockOf("source").statements);
  RunAll(*destination_, BlockOf("destination").statements);
  TryEachRow(BlockOf("source"), *source_);
}

TEST_F(GrantsTest, WithoutOneOfTheDestinations) {
  RunAll(*source_, BlockOf("source").statements);
  RunAll(*destination_, BlockOf("destination").statements);
  TryEachRow(BlockOf("destination"), *destination_);
}

TEST_F(GrantsTest, SchemasThatWereMadeForTheUser) {
  const Block block = BlockOf("destination");
  RunAll(*source_, BlockOf("source").statements);
  RunAll(*destination_, block.statements);
  destination_->Run(Opposite(block.StatementThatBegins("GRANT CREATE")));
  RunAll(*destination_, BlockOf("schemas").statements);
  ExpectDone(RunOnFile("check"));
  ExpectDone(RunOnFile("sync"));
  ChangeOrders();
  ExpectDone(RunOnFile("sync", {"--verify"}));
}

TEST_F(GrantsTest, AnotherUserDoesNotLoad) {
  RunAll(*source_, BlockOf("source").statements);
  RunAll(*destination_, BlockOf("destination").statements);
  ExpectDone(RunOnFile("sync"));
  destination_->Run("CREATE ROLE other LOGIN; GRANT ALL ON DATABASE dw TO other");
  const CommandResult result =
      RunOnFile("sync", {"--name", "another", "--destination",
                         absl::StrCat("host=", cluster_.socket_folder(), " port=", cluster_.port(),
                                      " dbname=dw user=other")});
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.out + result.err, HasSubstr("DESTINATION_PERMISSION_DENIED"));
}

TEST_F(GrantsTest, ColumnsAlone) {
  RunAll(*source_, BlockOf("source").statements);
  RunAll(*destination_, BlockOf("destination").statements);
  source_->Run(
      "REVOKE SELECT ON orders, customers FROM replicator;"
      "GRANT SELECT (id) ON customers TO replicator");
  const CommandResult result = RunOnFile("sync", {"--stream", "public.customers"});
  ExpectDone(result);
  EXPECT_THAT(result.err, HasSubstr("column name is left out"));
  EXPECT_EQ(destination_->Int("SELECT count(id) FROM shop.customers"), 10);
}

TEST_F(GrantsTest, ATableWithPoliciesIsNotReadInPart) {
  RunAll(*source_, BlockOf("source").statements);
  RunAll(*destination_, BlockOf("destination").statements);
  source_->Run("ALTER TABLE customers ENABLE ROW LEVEL SECURITY");
  const CommandResult refused = RunOnFile("sync", {"--stream", "public.customers"});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.out + refused.err, HasSubstr("SOURCE_PERMISSION_DENIED"));
  source_->Run("ALTER ROLE replicator BYPASSRLS");
  ExpectDone(RunOnFile("sync", {"--stream", "public.customers"}));
}

TEST_F(GrantsTest, Readers) {
  RunAll(*source_, BlockOf("source").statements);
  RunAll(*destination_, BlockOf("destination").statements);
  ExpectDone(RunOnFile("sync"));
  RunAll(*destination_, BlockOf("readers").statements);
  source_->Run("CREATE TABLE later AS SELECT 1 AS id");
  ExpectDone(RunOnFile("sync"));
  Database reporting(absl::StrCat("host=", cluster_.socket_folder(), " port=", cluster_.port(),
                                  " dbname=dw user=reporting"));
  EXPECT_EQ(reporting.Int("SELECT count(*) FROM shop.customers"), 10);
  EXPECT_EQ(reporting.Int("SELECT count(*) FROM shop.later"), 1);
}

TEST_F(GrantsTest, TheCatalog) {
  const Block block = BlockOf("catalog");
  Database catalog(cluster_.Url("catalog"));
  const ChildProcess::Options up = {
      .command = {"cli/lockstitch", "up", "--data-dir", folder_.path() + "/up", "--listen",
                  "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0", "--catalog",
                  absl::StrCat("host=", cluster_.socket_folder(), " port=", cluster_.port(),
                               " dbname=catalog user=scheduler")}};
  RunAll(catalog, block.statements);
  ASSERT_EQ(block.rows.size(), block.Grants().size());
  for (const Row& row : block.rows) {
    SCOPED_TRACE(row.statement);
    catalog.Run(Opposite(row.statement));
    const CommandResult result = testing::RunCommand(up);
    EXPECT_EQ(result.status, 1);
    EXPECT_THAT(result.err, HasSubstr(row.says));
    RunAll(catalog, block.Grants());
  }
  const auto starts = [&up] {
    ChildProcess process(up);
    EXPECT_NE(process.WaitForLine("lockstitch is up"), "") << process.stderr_text();
  };
  starts();
  catalog.Run(Opposite(block.StatementThatBegins("GRANT CREATE")));
  starts();
}

}  // namespace
}  // namespace lockstitch::tests
