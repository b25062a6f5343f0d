#include "postgres/allowed_files.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "postgres/connection_url.h"
#include "postgres/parameters.h"
#include "status/reason.h"

namespace lockstitch::postgres {
namespace {

namespace fs = std::filesystem;

// libpq's parameters that are paths.
constexpr const char* kFileKeywords[] = {"passfile",    "sslcert", "sslkey",
                                         "sslrootcert", "sslcrl",  "sslcrldir"};

// What stands for the machine's authorities instead of a file of them.
constexpr char kSystemAuthorities[] = "system";

std::optional<std::string>& AllowedFolder() {
  static auto& folder = *new std::optional<std::string>;
  return folder;
}

struct NamedFile {
  std::string field;
  std::string path;
};

// What a URL that can't be read names is told when it is read for connecting.
std::vector<NamedFile> FilesOf(const v1::PostgresConnection& server) {
  std::vector<NamedFile> files = {
      {"url_file", server.url_file()},
      {"password_file", server.password_file()},
      {"tls.root_certificate_file", server.tls().root_certificate_file()},
      {"tls.certificate_file", server.tls().certificate_file()},
      {"tls.key_file", server.tls().key_file()}};
  if (const absl::StatusOr<Parameters> url = ParseUrl(server.url()); url.ok()) {
    for (const char* keyword : kFileKeywords)
      files.push_back({absl::StrCat(keyword, " in the URL"), ValueOf(*url, keyword)});
  }
  return files;
}

// A part of the way that isn't there is taken as it is written.
bool LiesBelow(const std::string& path, const std::string& folder) {
  std::error_code error;
  const fs::path real = fs::weakly_canonical(path, error);
  if (error) return false;
  const fs::path top = fs::canonical(folder, error);
  if (error) return false;
  return std::mismatch(top.begin(), top.end(), real.begin(), real.end()).first == top.end();
}

bool IsAllowed(const NamedFile& file, const std::string& folder) {
  if (file.path.empty() || file.path == kSystemAuthorities) return true;
  // libpq takes `engine:key` for no file but what a library of that name has.
  if (folder.empty() || absl::StrContains(file.path, ":")) return false;
  return LiesBelow(file.path, folder);
}

}  // namespace

void AllowFilesBelow(const std::optional<std::string>& folder) { AllowedFolder() = folder; }

absl::Status TestFilesAllowed(const v1::PostgresConnection& server) {
  const std::optional<std::string>& folder = AllowedFolder();
  if (!folder) return absl::OkStatus();
  std::vector<std::string> refused;
  for (NamedFile& file : FilesOf(server)) {
    if (!IsAllowed(file, *folder)) refused.push_back(std::move(file.field));
  }
  if (refused.empty()) return absl::OkStatus();
  return Error(Reason::kConnectionFileUnreadable,
               absl::StrCat("the services read no file for callers that lies where that of ",
                            absl::StrJoin(refused, ", "), " does"),
               "Put the file below the folder that the flag --connection-files of all services "
               "names, or give the URL or the password itself.");
}

}  // namespace lockstitch::postgres
