// What Heroku Postgres does, as far as it can be imitated: TLS is enforced with a certificate that
// doesn't verify, credentials and hosts change under an integration, roles are limited.

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "testing/certificate_authority.h"
#include "testing/child_process.h"
#include "testing/database.h"
#include "testing/postgres_cluster.h"
#include "tests/stack/stack.h"

namespace lockstitch::tests {
namespace {

using testing::CertificateAuthority;
using testing::CommandResult;
using ::testing::HasSubstr;
using testing::PostgresCluster;

// As DATABASE_URL names them. They lead to the cluster by hostaddr.
constexpr char kHost[] = "ec2-52-1-2-3.compute-1.amazonaws.com";
constexpr char kOtherHost[] = "ec2-34-9-8-7.compute-1.amazonaws.com";

class HerokuTest : public ::testing::Test {
 protected:
  static CertificateAuthority& Authority() {
    static CertificateAuthority authority;
    return authority;
  }
  static PostgresCluster& Cluster() {
    static PostgresCluster cluster(LikeHerokus());
    return cluster;
  }

  HerokuTest() {
    static int number = 0;
    name_ = "d" + std::to_string(++number);
    testing::MakeDatabase(Cluster().Url("postgres"), name_);
    testing::MakeDatabase(Cluster().Url("postgres"), name_ + "_warehouse");
    source_ = std::make_unique<testing::Database>(Cluster().Url(name_));
    destination_ = std::make_unique<testing::Database>(Cluster().Url(name_ + "_warehouse"));
    source_->Run("CREATE ROLE u_" + name_ + " LOGIN PASSWORD 'first'; GRANT CREATE ON DATABASE " +
                 name_ + " TO u_" + name_ +
                 "; ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO u_" + name_ +
                 "; CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1), (2)");
  }

  // A DATABASE_URL: no sslmode, no word of how to verify.
  std::string DatabaseUrl(const std::string& user, const std::string& password,
                          const std::string& host = kHost) {
    return "postgres://" + user + ":" + password + "@" + host + ":" +
           std::to_string(Cluster().port()) + "/" + name_ + "?hostaddr=127.0.0.1";
  }
  std::string User() { return "u_" + name_; }
  std::string DestinationUrl() { return Cluster().Url(name_ + "_warehouse"); }

  std::string name_;
  std::unique_ptr<testing::Database> source_;
  std::unique_ptr<testing::Database> destination_;

 private:
  static PostgresCluster::Options LikeHerokus() {
    // Neither the authority nor the name are what a client knows.
    const testing::KeyPair server = Authority().Issue("localhost.localdomain");
    return {.settings = {"ssl = on", "ssl_cert_file = 'server.crt'", "ssl_key_file = 'server.key'"},
            .access = {"hostssl all all 127.0.0.1/32 scram-sha-256",
                       "hostnossl all all 127.0.0.1/32 reject"},
            .files = {{"server.crt", server.certificate}, {"server.key", server.key}},
            .tcp = true};
  }
};

TEST_F(HerokuTest, ARootFileInTheHomeFolderDoesNotMakeRequireStricter) {
  const CertificateAuthority other;
  const std::string home = ::testing::TempDir() + "/home";
  std::filesystem::create_directories(home + "/.postgresql");
  std::filesystem::copy_file(other.certificate_file(), home + "/.postgresql/root.crt",
                             std::filesystem::copy_options::overwrite_existing);
  const std::string url = DatabaseUrl(User(), "first");
  const auto run = [&](const std::vector<std::string>& command) {
    return testing::RunCommand({.command = command, .environment = {{"HOME", home}}});
  };
  // What libpq makes of it.
  EXPECT_THAT(run({"psql", url + "&sslmode=require", "-c", "SELECT 1"}).err,
              HasSubstr("certificate verify failed"));
  const CommandResult check = run({"cli/lockstitch", "check", "--source", url, "--output=json"});
  EXPECT_EQ(check.status, 0) << check.out;
  EXPECT_THAT(check.out, HasSubstr("mode require: certificate not tested"));
  const CommandResult sync = run({"cli/lockstitch", "sync", "--source", url, "--destination",
                                  DestinationUrl(), "--name", "shop"});
  EXPECT_EQ(sync.status, 0) << sync.err;
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM shop.t"), 2);
}

TEST_F(HerokuTest, RotatedCredentialsAndAnotherHostAreTheSameSource) {
  const std::string url_file = ::testing::TempDir() + "/database_url";
  const std::string password_file = ::testing::TempDir() + "/password";
  std::ofstream(url_file) << DatabaseUrl(User(), "first") << "\n";
  v1::Integration integration = IntegrationOf("shop", "", DestinationUrl());
  integration.mutable_source()->mutable_postgres()->clear_url();
  integration.mutable_source()->mutable_postgres()->set_url_file(url_file);
  Stack stack;
  ExpectSucceeded(RunJob(stack, integration));

  // pg:credentials:rotate gives another user with another password; a failover another host.
  source_->Run("CREATE ROLE v_" + name_ + " LOGIN PASSWORD 'second' IN ROLE " + User() +
               "; ALTER ROLE " + User() + " PASSWORD 'revoked'; INSERT INTO t VALUES (3)");
  EXPECT_EQ(RunJob(stack, integration).job.error().reason(), "AUTHENTICATION_FAILED");
  std::ofstream(url_file) << DatabaseUrl("v_" + name_, "second", kOtherHost) << "\n";
  ExpectSucceeded(RunJob(stack, integration));
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM shop.t"), 3);

  // The password alone.
  source_->Run("ALTER ROLE v_" + name_ + " PASSWORD 'third'; INSERT INTO t VALUES (4)");
  std::ofstream(password_file) << "third\n";
  integration.mutable_source()->mutable_postgres()->set_password_file(password_file);
  ExpectSucceeded(RunJob(stack, integration));

  // Another way altogether to the same database.
  integration.mutable_source()->mutable_postgres()->Clear();
  integration.mutable_source()->mutable_postgres()->set_url(Cluster().Url(name_));
  ExpectSucceeded(RunJob(stack, integration));
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM shop.t"), 4);
}

TEST_F(HerokuTest, AFollowerAsTheSource) {
  PostgresCluster follower({.primary = &Cluster()});
  Stack stack;
  const v1::Integration integration =
      IntegrationOf("shop", follower.Url(name_), DestinationUrl(), {"public.t"});
  ExpectSucceeded(RunJob(stack, integration));
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM shop.t"), 2);
  source_->Run("INSERT INTO t VALUES (3)");
  testing::Database(follower.Url(name_)).Await("SELECT count(*) = 3 FROM t");
  ExpectSucceeded(RunJob(stack, integration));
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM shop.t"), 3);
}

TEST_F(HerokuTest, ALimitOfTwentyConnections) {
  source_->Run("ALTER ROLE " + User() + " CONNECTION LIMIT 20");
  source_->Run(
      "DO $$ BEGIN FOR n IN 1..40 LOOP EXECUTE format('CREATE TABLE t%s AS SELECT "
      "generate_series(1, 100) AS id', n); END LOOP; END $$");
  Stack stack;
  const JobOutcome outcome =
      RunJob(stack, IntegrationOf("shop", DatabaseUrl(User(), "first"), DestinationUrl()));
  ExpectSucceeded(outcome);
  EXPECT_EQ(outcome.streams.size(), 41u);
}

// Heroku's role owns its database and is no superuser; public is shut.
TEST_F(HerokuTest, ADestinationUserWithHerokusRights) {
  const std::string warehouse = name_ + "_warehouse";
  destination_->Run("CREATE ROLE w_" + name_ + " LOGIN PASSWORD 'first'; REVOKE ALL ON DATABASE " +
                    warehouse +
                    " FROM public; REVOKE ALL ON SCHEMA public FROM public; GRANT "
                    "CREATE, CONNECT, TEMPORARY ON DATABASE " +
                    warehouse + " TO w_" + name_);
  const std::string url = "postgres://w_" + name_ + ":first@" + kHost + ":" +
                          std::to_string(Cluster().port()) + "/" + warehouse +
                          "?hostaddr=127.0.0.1";
  const CommandResult check = testing::RunCommand(
      {.command = {"cli/lockstitch", "check", "--destination", url, "--output=json"}});
  EXPECT_EQ(check.status, 0) << check.out;
  for (int run = 0; run < 2; ++run) {
    const CommandResult sync = testing::RunCommand(
        {.command = {"cli/lockstitch", "sync", "--source", DatabaseUrl(User(), "first"),
                     "--destination", url, "--name", "shop"}});
    EXPECT_EQ(sync.status, 0) << sync.err;
  }
  EXPECT_EQ(testing::Database(url).Int("SELECT count(*) FROM shop.t"), 2);
}

}  // namespace
}  // namespace lockstitch::tests
