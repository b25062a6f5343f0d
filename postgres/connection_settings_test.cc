#include "postgres/connection_settings.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "gmock/gmock.h"
#include "testing/status_matchers.h"

namespace lockstitch::postgres {
namespace {

using testing::HasReason;
using ::testing::HasSubstr;
using testing::IsOk;
using ::testing::Not;

v1::PostgresConnection Url(const std::string& url) {
  v1::PostgresConnection server;
  server.set_url(url);
  return server;
}

ConnectionSettings Read(const v1::PostgresConnection& server) {
  const absl::StatusOr<ConnectionSettings> settings = ReadConnectionSettings(server);
  EXPECT_THAT(settings, IsOk());
  return settings.ok() ? *settings : ConnectionSettings();
}

// With a home, and an environment, of its own.
class ConnectionSettingsTest : public ::testing::Test {
 protected:
  ConnectionSettingsTest() {
    for (const char* name :
         {"PGHOST", "PGPORT", "PGUSER", "PGSSLMODE", "PGSERVICEFILE", "SSL_CERT_FILE"})
      unsetenv(name);
  }

  std::string File(const std::string& name, const std::string& content) {
    const std::string path = ::testing::TempDir() + "/" + name;
    std::ofstream(path) << content;
    return path;
  }
};

TEST_F(ConnectionSettingsTest, AUrlIsTakenApart) {
  const ConnectionSettings settings =
      Read(Url("postgres://me:s3cr%40t@db.example:6000/shop?connect_timeout=7"));
  ASSERT_EQ(settings.hosts.size(), 1u);
  EXPECT_EQ(settings.hosts[0].label(), "db.example:6000");
  EXPECT_EQ(settings.user, "me");
  EXPECT_EQ(settings.database, "shop");
  EXPECT_EQ(settings.parameters.at("password"), "s3cr@t");
  EXPECT_EQ(settings.timeout, absl::Seconds(7));
  EXPECT_EQ(settings.tls.mode, "prefer");
  EXPECT_EQ(settings.parameters.at("keepalives_idle"), "30");
}

TEST_F(ConnectionSettingsTest, FieldsWinOverTheUrl) {
  v1::PostgresConnection server = Url("postgres://me:a@h1:1/db1?sslmode=disable&hostaddr=10.0.0.1");
  server.set_host("h2");
  server.set_port(2);
  server.set_database("db2");
  server.set_user("you");
  server.set_password("b");
  server.mutable_tls()->set_mode(v1::TLS_MODE_REQUIRE);
  const ConnectionSettings settings = Read(server);
  EXPECT_EQ(settings.hosts[0].label(), "h2:2");
  EXPECT_EQ(settings.hosts[0].address, "");
  EXPECT_EQ(settings.database, "db2");
  EXPECT_EQ(settings.user, "you");
  EXPECT_EQ(settings.parameters.at("password"), "b");
  EXPECT_EQ(settings.tls.mode, "require");
}

TEST_F(ConnectionSettingsTest, SeveralHostsHaveTheirPorts) {
  const ConnectionSettings settings = Read(Url("postgres://u@h1:1,h2:2,h3/db"));
  ASSERT_EQ(settings.hosts.size(), 3u);
  EXPECT_EQ(settings.hosts[1].label(), "h2:2");
  EXPECT_EQ(settings.hosts[2].label(), "h3:5432");
  EXPECT_EQ(Read(Url("host=h1,h2 port=7")).hosts[1].label(), "h2:7");
  EXPECT_THAT(ReadConnectionSettings(Url("host=h1,h2 port=7,8,9")),
              HasReason(Reason::kConnectionStringInvalid));
}

TEST_F(ConnectionSettingsTest, TheUrlAndThePasswordComeFromFilesReadAnew) {
  v1::PostgresConnection server;
  server.set_url_file(File("url", "  postgres://u:old@h/db  \nanother line\n"));
  EXPECT_EQ(Read(server).parameters.at("password"), "old");
  File("url", "postgres://u:new@h/db\n");
  EXPECT_EQ(Read(server).parameters.at("password"), "new");
  server.set_password_file(File("password", "rotated\n"));
  EXPECT_EQ(Read(server).parameters.at("password"), "rotated");
}

TEST_F(ConnectionSettingsTest, HerokusHostsAreEncryptedUnlessToldOtherwise) {
  const std::string heroku = "postgres://u:p@ec2-1-2-3-4.compute-1.amazonaws.com/db";
  EXPECT_EQ(Read(Url(heroku)).tls.mode, "require");
  EXPECT_EQ(Read(Url("postgres://u@ec2-1-2-3-4.eu-west-1.compute.amazonaws.com/db")).tls.mode,
            "require");
  EXPECT_EQ(Read(Url("postgres://u@c1.cluster-x.us-east-1.rds.amazonaws.com/db")).tls.mode,
            "require");
  EXPECT_EQ(Read(Url(heroku + "?sslmode=prefer")).tls.mode, "prefer");
  EXPECT_EQ(Read(Url(heroku + "?sslmode=verify-full")).tls.mode, "verify-full");
  EXPECT_EQ(Read(Url("postgres://u@compute.amazonaws.com.example/db")).tls.mode, "prefer");
}

TEST_F(ConnectionSettingsTest, NoRootFileOfTheHomeFolderCounts) {
  for (const char* mode : {"disable", "allow", "prefer", "require"}) {
    const ConnectionSettings settings = Read(Url(std::string("host=h sslmode=") + mode));
    EXPECT_FALSE(std::filesystem::exists(settings.parameters.at("sslrootcert"))) << mode;
    EXPECT_NE(settings.parameters.at("sslrootcert"), "");
    EXPECT_FALSE(settings.tls.verifies_certificate);
  }
}

TEST_F(ConnectionSettingsTest, AnAuthorityThatIsNamedIsMeant) {
  const std::string own = File("own", "certificates");
  const ConnectionSettings named = Read(Url("host=h sslrootcert=" + own));
  EXPECT_EQ(named.tls.mode, "require");
  EXPECT_TRUE(named.tls.verifies_certificate);
  v1::PostgresConnection server = Url("host=h");
  server.mutable_tls()->set_root_certificate_file(own);
  EXPECT_EQ(Read(server).parameters.at("sslmode"), "require");
  server.mutable_tls()->set_mode(v1::TLS_MODE_PREFER);
  EXPECT_EQ(Read(server).parameters.at("sslmode"), "prefer");
  setenv("SSL_CERT_FILE", own.c_str(), 1);
  EXPECT_EQ(Read(Url("host=h sslrootcert=system")).tls.mode, "verify-full");
}

TEST_F(ConnectionSettingsTest, VerifyingTakesTheMachinesAuthorities) {
  const std::string bundle = File("bundle", "certificates");
  setenv("SSL_CERT_FILE", bundle.c_str(), 1);
  for (const char* url : {"host=h sslmode=verify-ca", "host=h sslmode=verify-full",
                          "host=h sslmode=verify-full sslrootcert=system"}) {
    const ConnectionSettings settings = Read(Url(url));
    EXPECT_EQ(settings.parameters.at("sslrootcert"), bundle);
    EXPECT_TRUE(settings.tls.verifies_certificate);
  }
  const std::string own = File("own", "certificates");
  EXPECT_EQ(Read(Url("host=h sslmode=verify-ca sslrootcert=" + own)).parameters.at("sslrootcert"),
            own);
}

TEST_F(ConnectionSettingsTest, AServiceGivesWhatTheConnectionLeavesOpen) {
  setenv("PGSERVICEFILE",
         File("services", "[shop]\nhost=x.compute-1.amazonaws.com\nport=7\ndbname=a\n").c_str(), 1);
  v1::PostgresConnection server;
  server.set_service("shop");
  server.set_database("b");
  const ConnectionSettings settings = Read(server);
  EXPECT_EQ(settings.hosts[0].label(), "x.compute-1.amazonaws.com:7");
  EXPECT_EQ(settings.database, "b");
  EXPECT_EQ(settings.tls.mode, "require");
  server.set_service("none");
  EXPECT_THAT(ReadConnectionSettings(server), HasReason(Reason::kConnectionStringInvalid));
}

TEST_F(ConnectionSettingsTest, TheEnvironmentGivesTheRest) {
  setenv("PGHOST", "h.example", 1);
  setenv("PGSSLMODE", "require", 1);
  const ConnectionSettings settings = Read(Url("dbname=x"));
  EXPECT_EQ(settings.hosts[0].label(), "h.example:5432");
  EXPECT_EQ(settings.tls.mode, "require");
}

TEST_F(ConnectionSettingsTest, SocketsAreTold) {
  EXPECT_TRUE(Read(Url("host=/run/x")).hosts[0].is_socket());
  EXPECT_TRUE(Read(Url("dbname=x")).hosts[0].is_socket());
  EXPECT_FALSE(Read(Url("hostaddr=127.0.0.1")).hosts[0].is_socket());
  EXPECT_EQ(Read(Url("hostaddr=127.0.0.1")).hosts[0].label(), "127.0.0.1:5432");
}

TEST_F(ConnectionSettingsTest, WhatContradictsItselfIsRefused) {
  const std::string file = File("some", "x");
  const auto refused = [](const auto& change) {
    v1::PostgresConnection server;
    change(server);
    const absl::StatusOr<ConnectionSettings> settings = ReadConnectionSettings(server);
    EXPECT_THAT(settings, HasReason(Reason::kConnectionStringInvalid));
    EXPECT_THAT(std::string(settings.status().message()), Not(HasSubstr("hunter2")));
  };
  refused([](auto& server) {});
  refused([](auto& server) {
    server.set_password("hunter2");
    server.set_url("hunter2");
  });
  refused([](auto& server) { server.set_url("postgres://u:x@hunter2@h/db"); });
  refused([](auto& server) { server.set_url("postgres://u:hunter2/x@h/db"); });
  refused([](auto& server) { server.set_url("postgres://u:1/hunter2@h/db"); });
  refused([](auto& server) { server.set_url("postgres://u:hunter2#@h:x/db"); });
  refused([](auto& server) { server.set_url("host=h connect_timeout=hunter2"); });
  refused([&](auto& server) {
    server.set_url("host=h");
    server.set_url_file(file);
  });
  refused([&](auto& server) {
    server.set_host("h");
    server.set_password("hunter2");
    server.set_password_file(file);
  });
  refused([&](auto& server) {
    server.set_host("h");
    server.mutable_tls()->set_key_file(file);
  });
  refused([&](auto& server) {
    server.set_host("h");
    server.mutable_tls()->set_certificate_file(file);
  });
  refused([](auto& server) {
    server.set_host("h");
    server.mutable_tls()->set_minimum_protocol("1.2");
  });
}

TEST_F(ConnectionSettingsTest, FilesThatCannotBeReadAreNotQuoted) {
  const auto unreadable = [](const auto& change) {
    v1::PostgresConnection server;
    server.set_database("db");
    change(server);
    const absl::StatusOr<ConnectionSettings> settings = ReadConnectionSettings(server);
    EXPECT_THAT(settings, HasReason(Reason::kConnectionFileUnreadable));
    EXPECT_THAT(std::string(settings.status().message()), Not(HasSubstr("hunter2")));
  };
  unreadable([](auto& server) { server.set_url_file("postgres://u:hunter2@h/db"); });
  unreadable([](auto& server) { server.set_password_file("hunter2"); });
  unreadable([&](auto& server) { server.set_password_file(::testing::TempDir()); });
  unreadable([&](auto& server) { server.set_password_file(File("empty", "")); });
  // Which would be read without an end.
  unreadable([&](auto& server) { server.set_password_file("/dev/zero"); });
  unreadable([&](auto& server) { server.mutable_tls()->set_root_certificate_file("/dev/zero"); });
  unreadable([&](auto& server) { server.set_url_file(File("long", std::string(1 << 20, 'x'))); });
  unreadable([](auto& server) { server.mutable_tls()->set_root_certificate_file("/hunter2"); });
  unreadable([&](auto& server) {
    server.mutable_tls()->set_certificate_file(File("certificate", "x"));
    server.mutable_tls()->set_key_file("/hunter2");
  });
}

}  // namespace
}  // namespace lockstitch::postgres
