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

bool IsOfTablesAlone(const nlohmann::json& node) {
  const std::string type = node.value("Node Type", "");
  if (node.value("Parallel Aware", false)) return false;
  if (type != "Seq Scan" && type != "Tid Range Scan" && type != "Append") return false;
  const auto plans = node.find("Plans");
  return plans == node.end() || std::all_of(plans->begin(), plans->end(), IsOfTablesAlone);
}

// Whether the server reads the query in the order of its tables, whenever it is asked.
absl::StatusOr<bool> IsInTableOrder(postgres::Connection& source, const RangeQuery& query) {
  const std::vector<std::string> functions(query.functions.begin(), query.functions.end());
  ASSIGN_OR_RETURN(const postgres::Result any_volatile,
                   source.Query(kAnyVolatile, {postgres::ArrayText(functions)}));
  if (any_volatile.Bool(0, 0)) return false;
  ASSIGN_OR_RETURN(
      const postgres::Result plan,
      source.Query(absl::StrCat("EXPLAIN (COSTS off, FORMAT json) ", SelectOf(query))));
  const nlohmann::json parsed =
      nlohmann::json::parse(plan.String(0, 0), nullptr, /*allow_exceptions=*/false);
  return parsed.is_array() && !parsed.empty() && parsed[0].contains("Plan") &&
         IsOfTablesAlone(parsed[0]["Plan"]);
}

// A system column's value in words.
std::string TextOf(const std::string& column) {
  if (column == "tableoid") return "tableoid::pg_catalog.regclass::pg_catalog.text";
  return absl::StrCat(postgres::QuoteIdentifier(column), "::pg_catalog.text");
}

// `id=2, kind=x`; empty where the row can't be told.
absl::StatusOr<std::string> Locate(postgres::Connection& source, const RangeQuery& query,
                                   int64_t row) {
  RETURN_IF_ERROR(source.Execute(kTimeout));
  ASSIGN_OR_RETURN(const bool in_order, IsInTableOrder(source, query));
  if (!in_order || query.key.empty()) return std::string();
  ASSIGN_OR_RETURN(const postgres::Result encoding, source.Query(kEncoding));
  const bool raw = encoding.Text(0, 0) == "SQL_ASCII";
  if (raw) RETURN_IF_ERROR(source.Execute(kWithoutEncoding));
  RETURN_IF_ERROR(source.Execute(kWithoutIndexes));
  const auto as_text = [](std::string* out, const std::string& column) {
    absl::StrAppend(out, TextOf(column));
  };
  ASSIGN_OR_RETURN(const postgres::Result found,
                   source.Query(absl::StrCat("SELECT ", absl::StrJoin(query.key, ", ", as_text),
                                             FromOf(query), " OFFSET ", row - 1, " LIMIT 1")));
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
