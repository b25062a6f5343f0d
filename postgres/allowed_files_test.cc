#include "postgres/allowed_files.h"

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include "gmock/gmock.h"
#include "testing/status_matchers.h"
#include "testing/temporary_folder.h"

namespace lockstitch::postgres {
namespace {

using ::testing::AllOf;
using testing::HasReason;
using ::testing::HasSubstr;
using testing::IsOk;
using ::testing::Not;

// A folder `own` with a file and a folder in it, and a file and a folder `owner` beside it.
class AllowedFilesTest : public ::testing::Test {
 protected:
  AllowedFilesTest() {
    for (const char* folder : {"own", "own/deep", "owner"})
      std::filesystem::create_directory(Path(folder));
    for (const char* file : {"own/file", "own/deep/file", "owner/file", "file"})
      std::ofstream(Path(file)) << "secret\n";
  }

  std::string Path(const std::string& name) const { return folder_.path() + "/" + name; }

  static absl::Status TestPassword(const std::string& path) {
    v1::PostgresConnection server;
    server.set_password_file(path);
    return TestFilesAllowed(server);
  }

  const testing::TemporaryFolder folder_;
};

TEST_F(AllowedFilesTest, OnlyWhatLiesBelowTheFolderIsAllowed) {
  AllowFilesBelow(Path("own"));
  for (const char* inside : {"own/file", "own/deep/file", "own/deep/../file", "own/none"})
    EXPECT_THAT(TestPassword(Path(inside)), IsOk()) << inside;
  for (const char* outside : {"file", "own/../file", "own/deep/../../file", "owner/file",
                              "own/none/../../file", "none", "own/x:file"}) {
    EXPECT_THAT(TestPassword(Path(outside)), HasReason(Reason::kConnectionFileUnreadable))
        << outside;
  }
}

TEST_F(AllowedFilesTest, LinksAreFollowed) {
  AllowFilesBelow(Path("own"));
  std::filesystem::create_symlink("../file", Path("own/out"));
  std::filesystem::create_symlink("../../owner", Path("own/deep/away"));
  std::filesystem::create_symlink("own", Path("in"));
  EXPECT_THAT(TestPassword(Path("own/out")), HasReason(Reason::kConnectionFileUnreadable));
  EXPECT_THAT(TestPassword(Path("own/deep/away/file")),
              HasReason(Reason::kConnectionFileUnreadable));
  EXPECT_THAT(TestPassword(Path("in/file")), IsOk());
  // As Kubernetes lays out what is mounted.
  std::filesystem::create_symlink("deep", Path("own/..data"));
  std::filesystem::create_symlink("..data/file", Path("own/password"));
  EXPECT_THAT(TestPassword(Path("own/password")), IsOk());
  AllowFilesBelow(Path("in"));
  EXPECT_THAT(TestPassword(Path("own/file")), IsOk());
  EXPECT_THAT(TestPassword(Path("file")), HasReason(Reason::kConnectionFileUnreadable));
}

TEST_F(AllowedFilesTest, EveryFieldThatNamesAFileIsTested) {
  AllowFilesBelow("");
  const auto refused = [&](const std::string& field,
                           const std::function<void(v1::PostgresConnection&)>& name) {
    v1::PostgresConnection server;
    name(server);
    const absl::Status status = TestFilesAllowed(server);
    EXPECT_THAT(status, HasReason(Reason::kConnectionFileUnreadable)) << field;
    EXPECT_THAT(std::string(status.message()),
                AllOf(HasSubstr(field), Not(HasSubstr(folder_.path()))));
  };
  const std::string file = Path("own/file");
  refused("url_file", [&](auto& server) { server.set_url_file(file); });
  refused("password_file", [&](auto& server) { server.set_password_file(file); });
  refused("tls.root_certificate_file",
          [&](auto& server) { server.mutable_tls()->set_root_certificate_file(file); });
  refused("tls.certificate_file, tls.key_file", [&](auto& server) {
    server.mutable_tls()->set_certificate_file(file);
    server.mutable_tls()->set_key_file(file);
  });
  for (const std::string keyword :
       {"passfile", "sslcert", "sslkey", "sslrootcert", "sslcrl", "sslcrldir"}) {
    refused(keyword, [&](auto& server) { server.set_url("host=h " + keyword + "=" + file); });
    refused(keyword,
            [&](auto& server) { server.set_url("postgres://u@h/db?" + keyword + "=" + file); });
  }
  refused("sslkey", [](auto& server) { server.set_url("host=h sslkey=engine:key"); });
}

TEST_F(AllowedFilesTest, WhatNamesNoFileIsAllowed) {
  AllowFilesBelow("");
  v1::PostgresConnection server;
  server.set_url("postgres://u:p@h/db?sslmode=verify-full&sslrootcert=system");
  server.mutable_tls()->set_root_certificate_file("system");
  EXPECT_THAT(TestFilesAllowed(server), IsOk());
}

}  // namespace
}  // namespace lockstitch::postgres
