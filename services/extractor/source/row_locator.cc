#include "services/extractor/source/row_locator.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "postgres/quote.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::extractor {
namespace {

constexpr absl::string_view kEncoding = "SHOW server_encoding";

// A text of SQL_ASCII can't be converted, for which it is that a row is looked for: its bytes come
// as they are. Undone with the savepoint.
constexpr absl::string_view kWithoutEncoding = "SET LOCAL client_encoding = 'SQL_ASCII'";
// What the planner may choose for few columns gives another order.
constexpr absl::string_view kWithoutIndexes =
    "SET LOCAL enable_indexscan = off; SET LOCAL enable_indexonlyscan = off; SET LOCAL "
    "enable_bitmapscan = off; SET LOCAL "
    "max_parallel_workers_per_gather = 0";
// Nothing here may take long: a failure is waiting to be told.
constexpr absl::string_view kTimeout = "SET LOCAL statement_timeout = '60s'";

// $1 names of functions. By name alone: whatever has the name may be what is called.
constexpr absl::string_view kAnyVolatile =
    "SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_proc WHERE provolatile = 'v' AND proname = ANY "
    "($1::text[]))";

// $1 schema, $2 index. Such a key's columns have no order but their types' own.
constexpr absl::string_view kIsPrimaryKey = R"sql(
SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
                    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
               WHERE n.nspname = $1 AND c.relname = $2 AND i.indisprimary))sql";

bool IsOfTablesAlone(const nlohmann::json& node) {
  const std::string type = node.value("Node Type", "");
  if (node.value("Parallel Aware", false)) return false;
  if (type != "Seq Scan" && type != "Tid Range Scan" && type != "Append") return false;
  const auto plans = node.find("Plans");
  return plans == node.end() || std::all_of(plans->begin(), plans->end(), IsOfTablesAlone);
}

// What the server reads a query's rows in the order of, whenever it is asked.
enum class RowOrder { kUnknown, kTable, kPrimaryKey };

// Whether all that the server does is to go through the index of the table's own primary key.
absl::StatusOr<bool> IsByPrimaryKey(postgres::Connection& source, const RangeQuery& query,
                                    const nlohmann::json& node) {
  if (node.value("Node Type", "") != "Index Scan" || node.contains("Plans")) return false;
  if (node.value("Scan Direction", "") != "Forward" || node.value("Parallel Aware", false))
    return false;
  const std::string schema = node.value("Schema", "");
  // A view's columns may have others' names.
  if (postgres::QuoteQualified(schema, node.value("Relation Name", "")) != query.table)
    return false;
  ASSIGN_OR_RETURN(const postgres::Result is_key,
                   source.Query(kIsPrimaryKey, {schema, node.value("Index Name", "")}));
  return is_key.Bool(0, 0);
}

absl::StatusOr<RowOrder> OrderOf(postgres::Connection& source, const RangeQuery& query) {
  const std::vector<std::string> functions(query.functions.begin(), query.functions.end());
  ASSIGN_OR_RETURN(const postgres::Result any_volatile,
                   source.Query(kAnyVolatile, {postgres::ArrayText(functions)}));
  if (any_volatile.Bool(0, 0)) return RowOrder::kUnknown;
  ASSIGN_OR_RETURN(
      const postgres::Result plan,
      source.Query(absl::StrCat("EXPLAIN (VERBOSE, COSTS off, FORMAT json) ", SelectOf(query))));
  const nlohmann::json parsed =
      nlohmann::json::parse(plan.String(0, 0), nullptr, /*allow_exceptions=*/false);
  if (!parsed.is_array() || parsed.empty() || !parsed[0].contains("Plan"))
    return RowOrder::kUnknown;
  const nlohmann::json& node = parsed[0]["Plan"];
  if (IsOfTablesAlone(node)) return RowOrder::kTable;
  ASSIGN_OR_RETURN(const bool by_key, IsByPrimaryKey(source, query, node));
  return by_key ? RowOrder::kPrimaryKey : RowOrder::kUnknown;
}

// A system column's value in words.
std::string TextOf(const std::string& column) {
  if (column == "tableoid") return "tableoid::pg_catalog.regclass::pg_catalog.text";
  return absl::StrCat(postgres::QuoteIdentifier(column), "::pg_catalog.text");
}

void AppendQuoted(std::string* out, const std::string& column) {
  out->append(postgres::QuoteIdentifier(column));
}

// `id=2, kind=x`; empty where the row can't be told.
absl::StatusOr<std::string> Locate(postgres::Connection& source, const RangeQuery& query,
                                   int64_t row) {
  RETURN_IF_ERROR(source.Execute(kTimeout));
  ASSIGN_OR_RETURN(const RowOrder order, OrderOf(source, query));
  if (order == RowOrder::kUnknown || query.key.empty()) return std::string();
  ASSIGN_OR_RETURN(const postgres::Result encoding, source.Query(kEncoding));
  const bool raw = encoding.Text(0, 0) == "SQL_ASCII";
  if (raw) RETURN_IF_ERROR(source.Execute(kWithoutEncoding));
  std::string in_order;
  if (order == RowOrder::kTable) {
    RETURN_IF_ERROR(source.Execute(kWithoutIndexes));
  } else {
    in_order = absl::StrCat(" ORDER BY ", absl::StrJoin(query.key, ", ", AppendQuoted));
  }
  const auto as_text = [](std::string* out, const std::string& column) {
    absl::StrAppend(out, TextOf(column));
  };
  // Where a value and its text had one name, the rows would come in the order of the text.
  ASSIGN_OR_RETURN(
      const postgres::Result found,
      source.Query(absl::StrCat("SELECT ", absl::StrJoin(query.key, ", ", as_text),
                                " FROM (SELECT ", absl::StrJoin(query.key, ", ", AppendQuoted),
                                FromOf(query), in_order, " OFFSET ", row - 1, " LIMIT 1) found")));
  if (found.empty()) return std::string();
  std::vector<std::string> parts;
  for (size_t i = 0; i < query.key.size(); ++i) {
    const absl::string_view value = found.Text(0, static_cast<int>(i));
    parts.push_back(
        absl::StrCat(query.key[i], "=", raw ? absl::CHexEscape(value) : std::string(value)));
  }
  return absl::StrJoin(parts, ", ");
}

}  // namespace

absl::Status NameRow(const absl::Status& failure, postgres::Connection& source,
                     const RangeQuery& query, int64_t row) {
  absl::StatusOr<std::string> key = std::string();
  if (source.Execute("SAVEPOINT locate").ok()) {
    key = Locate(source, query, row);
    source.Execute("ROLLBACK TO SAVEPOINT locate").IgnoreError();
  }
  if (!key.ok() || key->empty()) return failure;
  return WithMessage(failure, absl::StrCat(failure.message(), "; the row is ", *key));
}

}  // namespace lockstitch::extractor
