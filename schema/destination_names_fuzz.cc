#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "schema/destination_names.h"
#include "status/reason.h"
#include "status/utf8.h"
#include "testing/fuzz_target.h"

namespace lockstitch::schema {
namespace {

using testing::Require;

constexpr size_t kMostBytes = 63;

void TestSchema(absl::string_view name) {
  const auto schema = DestinationSchema(name);
  if (!schema.ok()) {
    Require(ReasonOf(schema.status()) == Reason::kIntegrationInvalid, "a reason");
    return;
  }
  Require(!schema->empty() && schema->size() <= kMostBytes, "a name that PostgreSQL keeps");
  Require(std::all_of(
              schema->begin(), schema->end(),
              [](char c) { return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '_'; }),
          "made of few characters");
  Require(!absl::StartsWith(*schema, "pg_") && *schema != kStateSchema, "none that is reserved");
  Require(DestinationSchema(*schema) == schema, "its own schema");
}

void TestTable(const v1::TableName& table, const v1::Naming& naming) {
  const auto name = DestinationTable(table, naming);
  if (!name.ok()) return Require(ReasonOf(name.status()).has_value(), "a reason");
  Require(!name->empty() && name->size() <= kMostBytes, "a name that PostgreSQL keeps");
  Require(!absl::StartsWith(*name, "_lockstitch"), "none that is reserved");
}

void TestColumns(const std::vector<std::string>& columns, const v1::Naming& naming) {
  const auto names = DestinationColumns(columns, naming, v1::SYSTEM_COLUMNS_STITCH);
  if (!names.ok()) return Require(ReasonOf(names.status()).has_value(), "a reason");
  std::set<std::string> different(names->begin(), names->end());
  for (const SystemColumn& column : SystemColumnsOf(v1::SYSTEM_COLUMNS_STITCH))
    different.emplace(column.name);
  Require(names->size() == columns.size(), "a name for each");
  Require(different.size() == columns.size() + 4, "each another one");
  for (const std::string& name : *names)
    Require(!name.empty() && name.size() <= kMostBytes, "a name that PostgreSQL keeps");
}

// Names, a line each.
FUZZ_TARGET(input) {
  const std::string valid = ValidUtf8(input);
  const std::vector<std::string> names = absl::StrSplit(valid, '\n');
  TestSchema(names.front());
  v1::TableName table;
  table.set_schema(names.front());
  table.set_name(names.back());
  for (const auto style : {v1::IDENTIFIER_STYLE_PRESERVE, v1::IDENTIFIER_STYLE_STITCH}) {
    v1::Naming naming;
    naming.set_identifiers(style);
    TestColumns(names, naming);
    TestTable(table, naming);
    naming.set_include_schema_names(true);
    TestTable(table, naming);
  }
  for (const int number : {1, 2, 1000}) {
    const std::string split = SplitColumnName(names.front(), names.back(), number);
    Require(split.size() <= kMostBytes && ValidUtf8(split) == split,
            "a name that PostgreSQL keeps, cut between characters");
  }
}

}  // namespace
}  // namespace lockstitch::schema
