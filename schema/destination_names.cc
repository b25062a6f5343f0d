#include "schema/destination_names.h"

#include <algorithm>
#include <map>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "schema/stream_name.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::schema {
namespace {

constexpr size_t kNameLimit = 63;  // NAMEDATALEN - 1 bytes

bool IsReserved(absl::string_view schema) {
  return schema == kStateSchema || schema == "information_schema" ||
         absl::StartsWith(schema, "pg_");
}

constexpr absl::string_view kReservedTables = "_lockstitch";
constexpr absl::string_view kReservedColumns = "_sdc_";

// Columns that every table of PostgreSQL has.
bool IsPostgresColumn(absl::string_view name) {
  static constexpr absl::string_view kNames[] = {"tableoid", "cmax", "xmax",
                                                 "cmin",     "xmin", "ctid"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

// Stitch's canonical form: what isn't an ASCII letter, digit, underscore or space is left out, and
// so is what stands before the first letter or underscore.
std::string StitchForm(absl::string_view name) {
  std::string kept;
  for (const char c : name) {
    const bool begins = absl::ascii_isalpha(c) || c == '_';
    if (begins || (!kept.empty() && (absl::ascii_isdigit(c) || c == ' '))) kept.push_back(c);
  }
  return kept;
}

std::string Styled(absl::string_view name, const v1::Naming& naming) {
  return naming.identifiers() == v1::IDENTIFIER_STYLE_STITCH ? StitchForm(name) : std::string(name);
}

// OK, or why PostgreSQL can't keep the name.
absl::Status TestName(absl::string_view what, absl::string_view source, const std::string& name) {
  if (name.empty()) {
    return Error(Reason::kDestinationNameInvalid,
                 absl::StrCat("nothing is left of the name of ", what, " ", source));
  }
  if (name.size() <= kNameLimit) return absl::OkStatus();
  return Error(Reason::kDestinationNameInvalid,
               absl::StrCat("the destination name '", name, "' of ", what, " ", source, " has ",
                            name.size(), " bytes, more than ", kNameLimit));
}

}  // namespace

absl::StatusOr<std::string> DestinationSchema(absl::string_view integration_name) {
  std::string schema = absl::AsciiStrToLower(integration_name);
  for (char& c : schema) {
    if (!absl::ascii_isalnum(c)) c = '_';
  }
  absl::string_view problem;
  if (schema.empty()) {
    problem = "is empty";
  } else if (absl::ascii_isdigit(schema.front())) {
    problem = "begins with a digit";
  } else if (schema.size() > kNameLimit) {
    problem = "is longer than 63 bytes";
  } else if (IsReserved(schema)) {
    problem = "gives a reserved schema name";
  } else {
    return schema;
  }
  return Error(Reason::kIntegrationInvalid,
               absl::StrCat("the integration name '", integration_name, "' ", problem),
               "Choose a name that begins with a letter, of at most 63 letters, digits, spaces and "
               "underscores.");
}

absl::StatusOr<std::string> DestinationTable(const v1::TableName& table, const v1::Naming& naming) {
  std::string name = Styled(table.name(), naming);
  if (naming.include_schema_names() && !name.empty())
    name = absl::StrCat(Styled(table.schema(), naming), "__", name);
  const std::string source = StreamName(table);
  RETURN_IF_ERROR(TestName("table", source, name));
  if (!absl::StartsWith(name, kReservedTables)) return name;
  return Error(Reason::kDestinationNameReserved,
               absl::StrCat("table ", source, " has a name that begins with ", kReservedTables));
}

absl::StatusOr<std::vector<std::string>> DestinationColumns(const std::vector<std::string>& columns,
                                                            const v1::Naming& naming,
                                                            v1::SystemColumns system_columns) {
  std::vector<std::string> names;
  std::map<std::string, std::string> source_of;
  std::vector<std::string> problems;
  Reason reason = Reason::kDestinationNameCollision;
  for (const std::string& column : columns) {
    const std::string& name = names.emplace_back(Styled(column, naming));
    if (const absl::Status valid = TestName("column", column, name); !valid.ok()) {
      reason = Reason::kDestinationNameInvalid;
      problems.push_back(std::string(valid.message()));
    } else if (!SystemColumnsOf(system_columns).empty() &&
               absl::StartsWithIgnoreCase(name, kReservedColumns)) {
      reason = Reason::kDestinationNameReserved;
      problems.push_back(
          absl::StrCat("column ", column, " has a name that begins with ", kReservedColumns));
    } else if (IsPostgresColumn(name)) {
      reason = Reason::kDestinationNameReserved;
      problems.push_back(absl::StrCat("column ", column,
                                      " would have the name of PostgreSQL's own column ", name));
    } else if (const auto [taken, fresh] = source_of.emplace(name, column); !fresh) {
      problems.push_back(
          absl::StrCat("columns ", taken->second, " and ", column, " would both be named ", name));
    }
  }
  if (const size_t all = names.size() + SystemColumnsOf(system_columns).size();
      all > size_t{kMostColumns}) {
    reason = Reason::kDestinationColumnsExceeded;
    problems.push_back(absl::StrCat("the destination table would have ", all,
                                    " columns, more than PostgreSQL's ", kMostColumns));
  }
  if (problems.empty()) return names;
  return Error(reason, absl::StrJoin(problems, "; "));
}

std::string SplitColumnName(absl::string_view column, absl::string_view type, int number) {
  std::string suffix = "__";
  bool in_modifiers = false;
  for (const char c : absl::StrReplaceAll(absl::AsciiStrToLower(type), {{"[]", "_array"}})) {
    if (c == '(') in_modifiers = true;
    if (!in_modifiers) suffix.push_back(absl::ascii_isalnum(c) ? c : '_');
    if (c == ')') in_modifiers = false;
  }
  suffix.resize(std::min(suffix.size(), kNameLimit / 2));
  if (number > 1) absl::StrAppend(&suffix, "_", number);
  size_t length = std::min(column.size(), kNameLimit - suffix.size());
  // At a character's start.
  while (length > 0 && length < column.size() && (column[length] & 0xC0) == 0x80) --length;
  return absl::StrCat(column.substr(0, length), suffix);
}

std::vector<SystemColumn> SystemColumnsOf(v1::SystemColumns choice) {
  if (choice == v1::SYSTEM_COLUMNS_NONE) return {};
  return {{"_sdc_received_at", "timestamptz"},
          {"_sdc_batched_at", "timestamptz"},
          {"_sdc_sequence", "bigint"},
          {"_sdc_table_version", "bigint"}};
}

}  // namespace lockstitch::schema
