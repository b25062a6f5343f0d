#include "schema/new_columns.h"

#include "absl/strings/str_cat.h"

namespace lockstitch::schema {

std::vector<std::string> NewColumns(const std::vector<std::string>& columns,
                                    const std::set<std::string>& known,
                                    const std::set<std::string>& wanted) {
  std::vector<std::string> found;
  if (known.empty()) return found;
  for (const std::string& column : columns) {
    if (known.count(column) == 0 && wanted.count(column) == 0) found.push_back(column);
  }
  return found;
}

std::string LeftOutNote(const std::string& column) {
  return absl::StrCat(
      "column ", column,
      " is new and left out: new_columns is IGNORE; name it in include_columns to load it");
}

}  // namespace lockstitch::schema
