#include "cli/postgres_programs.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace lockstitch::cli {
namespace {

namespace fs = std::filesystem;

constexpr int kOldest = 14;

// Where servers may be: Debian's, the newest first, then PATH.
std::vector<std::string> Folders() {
  std::map<int, std::string, std::greater<>> debian;
  std::error_code none;
  for (const fs::directory_entry& entry : fs::directory_iterator("/usr/lib/postgresql", none)) {
    int version = 0;
    if (absl::SimpleAtoi(entry.path().filename().string(), &version))
      debian[version] = (entry.path() / "bin").string();
  }
  std::vector<std::string> folders;
  for (const auto& [version, folder] : debian) folders.push_back(folder);
  const char* path = std::getenv("PATH");
  for (const absl::string_view folder : absl::StrSplit(path == nullptr ? "" : path, ':')) {
    if (!folder.empty()) folders.push_back(std::string(folder));
  }
  return folders;
}

}  // namespace

int PostgresVersion(const std::string& folder) {
  std::error_code none;
  for (const char* program : {"/initdb", "/postgres"}) {
    if (!fs::exists(folder + program, none)) return 0;
  }
  const std::string command = absl::StrCat("'", folder, "/postgres' --version");
  FILE* output = popen(command.c_str(), "r");
  if (output == nullptr) return 0;
  int version = 0;
  if (std::fscanf(output, "postgres (PostgreSQL) %d", &version) != 1) version = 0;
  pclose(output);
  return version;
}

std::string FindPostgres(int version) {
  for (const std::string& folder : Folders()) {
    const int found = PostgresVersion(folder);
    if (version == 0 ? found >= kOldest : found == version) return folder;
  }
  return "";
}

}  // namespace lockstitch::cli
