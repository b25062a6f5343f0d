#include "postgres/connection_files.h"

#include <cerrno>
#include <cstring>
#include <fstream>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "status/reason.h"

namespace lockstitch::postgres {
namespace {

absl::Status Unreadable(absl::string_view field) {
  return Error(
      Reason::kConnectionFileUnreadable,
      absl::StrCat("the file that ", field, " names can't be read: ", std::strerror(errno)));
}

}  // namespace

absl::StatusOr<std::string> FirstLine(const std::string& path, absl::string_view field) {
  errno = 0;
  std::ifstream file(path);
  std::string line;
  if (!file) return Unreadable(field);
  if (!std::getline(file, line) && errno != 0) return Unreadable(field);
  absl::StripAsciiWhitespace(&line);
  if (!line.empty()) return line;
  return Error(Reason::kConnectionFileUnreadable,
               absl::StrCat("the first line of the file that ", field, " names is empty"));
}

absl::Status TestReadable(const std::string& path, absl::string_view field) {
  errno = 0;
  if (std::ifstream file(path); file && file.peek() != EOF) return absl::OkStatus();
  if (errno != 0) return Unreadable(field);
  return Error(Reason::kConnectionFileUnreadable,
               absl::StrCat("the file that ", field, " names is empty"));
}

}  // namespace lockstitch::postgres
