// What a destination is asked once a session is there.

#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "testing/database.h"
#include "testing/postgres_cluster.h"
#include "tests/connections/steps.h"

namespace lockstitch::tests {
namespace {

using ::testing::HasSubstr;
using testing::PostgresCluster;

// Each test has a database of its own.
class DestinationCheckTest : public ::testing::Test {
 protected:
  static PostgresCluster& Cluster() {
    static PostgresCluster cluster;
    return cluster;
  }

  DestinationCheckTest() {
    static int number = 0;
    name_ = "check_" + std::to_string(++number);
    testing::MakeDatabase(Cluster().Url("postgres"), name_);
    database_ = std::make_unique<testing::Database>(Cluster().Url(name_));
    database_->Run("CREATE ROLE " + name_ + " LOGIN");
  }

  v1::PostgresConnection Server() { return ByUrl(Cluster().Url(name_)); }
  v1::PostgresConnection PoorUser() {
    v1::PostgresConnection server = Server();
    server.set_user(name_);
    return server;
  }

  static v1::CheckStep Name(const v1::PostgresConnection& server, const std::string& uid = "") {
    v1::CheckDestinationRequest request;
    request.set_integration("Shop");
    request.set_integration_uid(uid);
    return Step(CheckDestination(server, request), "name");
  }

  void MakeIntegration(const std::string& uid) {
    database_->Run(
        "CREATE SCHEMA _lockstitch; CREATE TABLE _lockstitch.schema_version AS SELECT 1 AS version;"
        "CREATE TABLE _lockstitch.integrations (uid text, destination_schema text);"
        "INSERT INTO _lockstitch.integrations VALUES ('" +
        uid + "', 'shop')");
  }

  std::string name_;
  std::unique_ptr<testing::Database> database_;
};

TEST_F(DestinationCheckTest, AServerThatIsAsItShouldBe) {
  const Steps steps = CheckDestination(Server());
  EXPECT_THAT(Step(steps, "version"), Passes("PostgreSQL 15"));
  EXPECT_THAT(Step(steps, "writable"), Passes("primary"));
  EXPECT_THAT(Step(steps, "create_schema"), Passes("may create"));
  EXPECT_THAT(Step(steps, "state"), Passes("never loaded"));
  EXPECT_THAT(Step(steps, "name"), NotTried());
  EXPECT_THAT(Step(steps, "extensions"), NotTried());
  EXPECT_THAT(Step(steps, "pooler"), Passes("none"));
  EXPECT_THAT(Step(steps, "connections"), Passes("left"));
  EXPECT_THAT(Step(steps, "clock"), Passes(""));
  EXPECT_EQ(database_->Int("SELECT count(*) FROM pg_namespace WHERE nspname = '_lockstitch'"), 0);
}

TEST_F(DestinationCheckTest, AUserWhoMayNotCreate) {
  const Steps steps = CheckDestination(PoorUser());
  EXPECT_THAT(Step(steps, "create_schema"), Fails(Reason::kDestinationPermissionDenied));
  EXPECT_THAT(Step(steps, "state"), Passes(""));
}

TEST_F(DestinationCheckTest, AUserWhoNeedNotCreate) {
  MakeIntegration("a");
  database_->Run("GRANT USAGE ON SCHEMA _lockstitch TO " + name_ +
                 "; GRANT SELECT ON ALL TABLES IN SCHEMA _lockstitch TO " + name_);
  EXPECT_THAT(Step(CheckDestination(PoorUser()), "create_schema"), Passes("_lockstitch exists"));
  v1::CheckDestinationRequest request;
  request.set_integration("Shop");
  EXPECT_THAT(Step(CheckDestination(PoorUser(), request), "create_schema"),
              Fails(Reason::kDestinationPermissionDenied));
  database_->Run("CREATE SCHEMA shop AUTHORIZATION " + name_);
  EXPECT_THAT(Step(CheckDestination(PoorUser(), request), "create_schema"),
              Passes("_lockstitch and shop exist"));
}

TEST_F(DestinationCheckTest, AReadOnlyUser) {
  database_->Run("ALTER ROLE " + name_ + " SET default_transaction_read_only = on");
  EXPECT_THAT(Step(CheckDestination(PoorUser()), "writable"), Fails(Reason::kDestinationReadOnly));
}

TEST_F(DestinationCheckTest, AUserWithoutTemporaryTables) {
  database_->Run("REVOKE TEMPORARY ON DATABASE " + name_ + " FROM PUBLIC");
  const v1::CheckStep step = Step(CheckDestination(PoorUser()), "writable");
  EXPECT_EQ(step.result(), v1::CHECK_RESULT_WARNING);
  EXPECT_THAT(step.remedy(), ::testing::HasSubstr("GRANT TEMPORARY ON DATABASE"));
}

TEST_F(DestinationCheckTest, AStateOfANewerVersion) {
  MakeIntegration("a");
  database_->Run("UPDATE _lockstitch.schema_version SET version = 99");
  EXPECT_THAT(Step(CheckDestination(Server()), "state"), Fails(Reason::kDestinationStateTooNew));
}

TEST_F(DestinationCheckTest, AFreeName) {
  EXPECT_THAT(Name(Server()), Passes("schema shop is free"));
  database_->Run("CREATE SCHEMA shop");
  EXPECT_THAT(Name(Server()), Passes("empty"));
  EXPECT_THAT(Name(PoorUser()), Fails(Reason::kDestinationPermissionDenied));
  database_->Run("GRANT USAGE ON SCHEMA shop TO " + name_);
  EXPECT_THAT(Name(PoorUser()), Fails(Reason::kDestinationPermissionDenied));
  database_->Run("GRANT CREATE ON SCHEMA shop TO " + name_);
  EXPECT_THAT(Name(PoorUser()), Passes("empty"));
  database_->Run("CREATE TABLE shop.theirs (a int)");
  EXPECT_THAT(Name(Server()), Warns("did not make"));
}

TEST_F(DestinationCheckTest, ATakenName) {
  MakeIntegration("mine");
  EXPECT_THAT(Name(Server()), Passes("own"));
  EXPECT_THAT(Name(Server(), "mine"), Passes("own"));
  EXPECT_THAT(Name(Server(), "another"), Fails(Reason::kDestinationSchemaTaken));
}

TEST_F(DestinationCheckTest, ANameThatGivesNoSchema) {
  v1::CheckDestinationRequest request;
  request.set_integration("1 bad name");
  EXPECT_THAT(Step(CheckDestination(Server(), request), "name"),
              Fails(Reason::kIntegrationInvalid));
}

TEST_F(DestinationCheckTest, MissingExtensions) {
  database_->Run("CREATE EXTENSION citext");
  v1::CheckDestinationRequest request;
  request.add_extensions("citext");
  EXPECT_THAT(Step(CheckDestination(Server(), request), "extensions"), Passes("citext"));
  request.add_extensions("hstore");
  request.add_extensions("nowhere");
  const v1::CheckStep step = Step(CheckDestination(Server(), request), "extensions");
  EXPECT_THAT(step, Warns("not created: hstore; not installed at the server: nowhere"));
  EXPECT_THAT(step.remedy(), HasSubstr("CREATE EXTENSION \"hstore\";"));
  EXPECT_THAT(step.message(), HasSubstr("hstore as jsonb"));
}

TEST_F(DestinationCheckTest, HstoreIsSpokenOfWhereItIsMissing) {
  database_->Run("CREATE EXTENSION hstore");
  v1::CheckDestinationRequest request;
  request.add_extensions("hstore");
  request.add_extensions("citext");
  const v1::CheckStep step = Step(CheckDestination(Server(), request), "extensions");
  EXPECT_EQ(step.message(), "not created: citext; their types arrive as text");
  EXPECT_EQ(step.remedy(), "At the destination: CREATE EXTENSION \"citext\";");
}

TEST_F(DestinationCheckTest, AnExtensionInASchemaThatMayNotBeUsed) {
  database_->Run("CREATE SCHEMA \"Hidden\"; CREATE EXTENSION citext SCHEMA \"Hidden\"");
  v1::CheckDestinationRequest request;
  request.add_extensions("citext");
  EXPECT_THAT(Step(CheckDestination(Server(), request), "extensions"), Passes("citext"));
  const v1::CheckStep step = Step(CheckDestination(PoorUser(), request), "extensions");
  EXPECT_THAT(step, Warns("may not use: citext"));
  EXPECT_THAT(step.remedy(), HasSubstr("GRANT USAGE ON SCHEMA \"Hidden\""));
}

TEST_F(DestinationCheckTest, TheOldestServerThatTakesLoads) {
  // The oldest there is to try with; destinations need it.
  PostgresCluster old({.version = 10});
  EXPECT_THAT(Step(CheckDestination(ByUrl(old.Url("postgres"))), "version"),
              Passes("PostgreSQL 10"));
  const Steps steps = CheckSource(ByUrl(old.Url("postgres")));
  for (const v1::CheckStep& step : steps) EXPECT_NE(step.result(), v1::CHECK_RESULT_FAILED);
}

}  // namespace
}  // namespace lockstitch::tests
