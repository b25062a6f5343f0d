// Where a password may come from, and that it is asked for anew with each connection.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "gtest/gtest.h"
#include "testing/database.h"
#include "testing/postgres_cluster.h"
#include "tests/connections/steps.h"

namespace lockstitch::tests {
namespace {

using testing::PostgresCluster;

// A cluster that wants a password over TCP, with users of the tests' own.
class PasswordsTest : public ::testing::Test {
 protected:
  static PostgresCluster& Cluster() {
    static PostgresCluster cluster(
        {.access = {"host all all 127.0.0.1/32 scram-sha-256"}, .tcp = true});
    return cluster;
  }

  PasswordsTest() : database_(Cluster().Url("postgres")) {
    for (const char* name : {"PGPASSWORD", "PGPASSFILE", "PGSERVICEFILE"}) unsetenv(name);
    database_.Run("DROP ROLE IF EXISTS reader; CREATE ROLE reader LOGIN PASSWORD 'first'");
  }

  static v1::PostgresConnection WithoutPassword() {
    return ByUrl("host=127.0.0.1 user=reader dbname=postgres port=" +
                 std::to_string(Cluster().port()));
  }

  static std::string File(const std::string& name, const std::string& content) {
    const std::string path = ::testing::TempDir() + "/" + name;
    std::ofstream(path) << content;
    std::filesystem::permissions(
        path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    return path;
  }

  static v1::CheckStep Authenticate(const v1::PostgresConnection& server) {
    return Step(CheckSource(server), "authenticate");
  }

  testing::Database database_;
};

TEST_F(PasswordsTest, NoneIsRefused) {
  EXPECT_THAT(Authenticate(WithoutPassword()), Fails(Reason::kAuthenticationFailed));
}

TEST_F(PasswordsTest, FromTheUrl) {
  v1::PostgresConnection server =
      ByUrl("postgres://reader:first@127.0.0.1:" + std::to_string(Cluster().port()) + "/postgres");
  EXPECT_THAT(Authenticate(server), Passes("reader"));
  server.set_password("wrong");
  EXPECT_THAT(Authenticate(server), Fails(Reason::kAuthenticationFailed));
}

TEST_F(PasswordsTest, FromTheField) {
  v1::PostgresConnection server = WithoutPassword();
  server.set_password("first");
  EXPECT_THAT(Authenticate(server), Passes("reader"));
}

TEST_F(PasswordsTest, FromAFileThatRotates) {
  v1::PostgresConnection server = WithoutPassword();
  server.set_password_file(File("password", "first\n"));
  EXPECT_THAT(Authenticate(server), Passes("reader"));
  database_.Run("ALTER ROLE reader PASSWORD 'second'");
  EXPECT_THAT(Authenticate(server), Fails(Reason::kAuthenticationFailed));
  File("password", "second\n");
  EXPECT_THAT(Authenticate(server), Passes("reader"));
}

TEST_F(PasswordsTest, FromTheEnvironment) {
  setenv("PGPASSWORD", "first", 1);
  EXPECT_THAT(Authenticate(WithoutPassword()), Passes("reader"));
}

TEST_F(PasswordsTest, FromThePasswordFile) {
  setenv("PGPASSFILE", File("pgpass", "127.0.0.1:*:postgres:reader:first\n").c_str(), 1);
  EXPECT_THAT(Authenticate(WithoutPassword()), Passes("reader"));
}

TEST_F(PasswordsTest, FromAServiceFile) {
  setenv("PGSERVICEFILE",
         File("services",
              "[shop]\nhost=127.0.0.1\nuser=reader\npassword=first\ndbname=postgres\n"
              "port=" +
                  std::to_string(Cluster().port()) + "\n")
             .c_str(),
         1);
  v1::PostgresConnection server;
  server.set_service("shop");
  EXPECT_THAT(Authenticate(server), Passes("reader"));
  server.set_service("another");
  const Steps steps = CheckSource(server);
  EXPECT_THAT(Step(steps, "settings"), Fails(Reason::kConnectionStringInvalid));
  EXPECT_THAT(Step(steps, "resolve"), NotTried());
}

}  // namespace
}  // namespace lockstitch::tests
