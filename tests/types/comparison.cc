#include "tests/types/comparison.h"

#include <map>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/substitute.h"
#include "postgres/quote.h"

namespace lockstitch::tests {
namespace {

// $0 a table: its columns' types, those of the loader's own columns left out.
constexpr char kColumnTypes[] = R"sql(
SELECT format_type(atttypid, atttypmod) FROM pg_attribute
WHERE attrelid = $0::regclass AND attnum > 0 AND attname NOT LIKE '\_sdc\_%' AND attname <> 'id'
ORDER BY attnum)sql";

void CompareTypes(testing::Database& destination, const SampleTable& table,
                  std::vector<std::string>* differences) {
  // A server has its own names for types.
  std::string declarations;
  for (size_t i = 0; i < table.columns.size(); ++i)
    absl::StrAppend(&declarations, i == 0 ? "" : ", ", "c", i, " ", table.columns[i].arrives_as);
  destination.Run("CREATE TEMPORARY TABLE expected (" + declarations + ")");
  const auto expected = destination.List(absl::Substitute(kColumnTypes, "'expected'"));
  destination.Run("DROP TABLE expected");
  const auto found =
      destination.List(absl::Substitute(kColumnTypes, postgres::QuoteLiteral(table.destination)));
  if (found.size() != expected.size()) {
    differences->push_back(
        absl::StrCat(table.destination, ": ", found.size(), " columns of ", expected.size()));
    return;
  }
  for (size_t i = 0; i < found.size(); ++i) {
    if (found[i] != expected[i])
      differences->push_back(
          absl::StrCat(table.columns[i].shown, ": became ", found[i], ", not ", expected[i]));
  }
}

// Checksums of the values of each row, by id; "-" for NULL.
std::map<int, std::vector<std::string>> Checksums(testing::Database& database,
                                                  const std::string& table,
                                                  const std::vector<std::string>& expressions) {
  std::string row;
  for (const std::string& expression : expressions)
    absl::StrAppend(&row, row.empty() ? "" : ", ", "coalesce(md5(", expression, "), '-')");
  std::map<int, std::vector<std::string>> rows;
  for (const std::string& line : database.List(absl::Substitute(
           "SELECT id || ' ' || array_to_string(ARRAY[$0], ' ') FROM $1 ORDER BY id", row,
           table))) {
    std::vector<std::string> values = absl::StrSplit(line, ' ');
    int id = 0;
    static_cast<void>(absl::SimpleAtoi(values.front(), &id));
    values.erase(values.begin());
    // A row that came twice differs from any that came once.
    std::vector<std::string>& held = rows[id];
    held.insert(held.end(), values.begin(), values.end());
  }
  return rows;
}

// to_json at both ends would agree on a loss that it makes: the source reads what arrived.
std::vector<int> RowsThatReadBackDiffer(testing::Database& source, testing::Database& destination,
                                        const SampleTable& table, const SampleColumn& column) {
  std::string arrived;
  for (const std::string& row :
       destination.List(absl::Substitute("SELECT id || ' ' || coalesce($0::text, 'null') FROM $1",
                                         Quoted(column.name), table.destination))) {
    const std::pair<std::string, std::string> parts = absl::StrSplit(row, absl::MaxSplits(' ', 1));
    absl::StrAppend(&arrived, arrived.empty() ? "" : ", ", "(", parts.first, ", nullif(",
                    postgres::QuoteLiteral(parts.second), ", 'null')::json)");
  }
  if (arrived.empty()) return {};
  std::vector<int> ids;
  for (const std::string& id : source.List(absl::Substitute(
           "SELECT id FROM $0 LEFT JOIN (VALUES $3) arrived(id, back) USING (id) WHERE $1 IS "
           "DISTINCT FROM $2 ORDER BY id",
           table.source, column.source_member, column.back_member, arrived))) {
    ids.emplace_back();
    static_cast<void>(absl::SimpleAtoi(id, &ids.back()));
  }
  return ids;
}

}  // namespace

std::vector<std::string> Differences(
    testing::Database& source, testing::Database& destination, const SampleTable& table,
    const std::function<std::string(size_t column, int id)>& show) {
  std::vector<std::string> differences;
  CompareTypes(destination, table, &differences);
  if (!differences.empty()) return differences;
  std::vector<std::string> sent, arrived;
  for (const SampleColumn& column : table.columns) {
    sent.push_back(column.source_bytes);
    arrived.push_back(column.arrived_bytes);
  }
  const auto there = Checksums(source, table.source, sent);
  const auto here = Checksums(destination, table.destination, arrived);
  if (there.size() != here.size())
    differences.push_back(absl::StrCat(table.source, ": ", here.size(), " rows of ", there.size()));
  for (const auto& [id, values] : there) {
    const auto row = here.find(id);
    if (row == here.end() || row->second.size() != values.size()) {
      differences.push_back(absl::StrCat(table.source, ": row ", id, " is not there once"));
      continue;
    }
    for (size_t i = 0; i < values.size(); ++i) {
      if (values[i] != row->second[i])
        differences.push_back(absl::StrCat(table.columns[i].shown, ": ", show(i, id)));
    }
  }
  for (size_t i = 0; i < table.columns.size(); ++i) {
    if (table.columns[i].source_member.empty()) continue;
    for (const int id : RowsThatReadBackDiffer(source, destination, table, table.columns[i])) {
      differences.push_back(
          absl::StrCat(table.columns[i].shown, ": reads back as another value: ", show(i, id)));
    }
  }
  return differences;
}

}  // namespace lockstitch::tests
