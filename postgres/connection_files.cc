#include "postgres/connection_files.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::postgres {
namespace {

// No URL and no password is as long.
constexpr size_t kLongestLine = 64 << 10;

absl::Status Unreadable(absl::string_view field) {
  return Error(
      Reason::kConnectionFileUnreadable,
      absl::StrCat("the file that ", field, " names can't be read: ", std::strerror(errno)));
}

// What isn't one could keep its reader forever: /dev/zero, a pipe that nobody writes to.
absl::Status TestRegular(const std::string& path, absl::string_view field) {
  struct stat found = {};
  if (stat(path.c_str(), &found) != 0) return Unreadable(field);
  if (S_ISREG(found.st_mode)) return absl::OkStatus();
  return Error(Reason::kConnectionFileUnreadable,
               absl::StrCat("what ", field, " names is no regular file"));
}

}  // namespace

absl::StatusOr<std::string> FirstLine(const std::string& path, absl::string_view field) {
  RETURN_IF_ERROR(TestRegular(path, field));
  errno = 0;
  std::ifstream file(path);
  std::string line(kLongestLine, '\0');
  if (!file) return Unreadable(field);
  file.read(line.data(), static_cast<std::streamsize>(line.size()));
  if (file.bad()) return Unreadable(field);
  line.resize(static_cast<size_t>(file.gcount()));
  const size_t end = line.find('\n');
  if (end == std::string::npos && line.size() == kLongestLine) {
    return Error(Reason::kConnectionFileUnreadable,
                 absl::StrCat("the first line of the file that ", field, " names is longer than ",
                              kLongestLine, " bytes"));
  }
  line.resize(std::min(end, line.size()));
  absl::StripAsciiWhitespace(&line);
  if (!line.empty()) return line;
  return Error(Reason::kConnectionFileUnreadable,
               absl::StrCat("the first line of the file that ", field, " names is empty"));
}

absl::Status TestReadable(const std::string& path, absl::string_view field) {
  RETURN_IF_ERROR(TestRegular(path, field));
  errno = 0;
  if (std::ifstream file(path); file && file.peek() != EOF) return absl::OkStatus();
  if (errno != 0) return Unreadable(field);
  return Error(Reason::kConnectionFileUnreadable,
               absl::StrCat("the file that ", field, " names is empty"));
}

}  // namespace lockstitch::postgres
