#include "verification/table_query.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "postgres/quote.h"
#include "schema/column_expression.h"
#include "schema/destination_names.h"
#include "schema/key_order.h"
#include "schema/row_filter.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::verification {
namespace {

constexpr int kShownCharacters = 200;

bool IsSource(const v1::ChecksumRequest& request) { return request.has_source(); }

absl::Status TestRequest(const v1::ChecksumRequest& request) {
  const auto columns = static_cast<uint32_t>(request.columns_size());
  const auto is_outside = [&](uint32_t place) { return place >= columns; };
  const auto& shown = request.describe().shown();
  if (columns == 0 || std::any_of(request.key().begin(), request.key().end(), is_outside) ||
      std::any_of(shown.begin(), shown.end(), is_outside) ||
      (request.has_compare_below() && is_outside(request.compare_below().column())) ||
      (request.has_greatest_by() && (is_outside(request.greatest_by()) || request.key().empty()))) {
    return Error(Reason::kProtocolViolated, "a checksum is of columns that the request names");
  }
  return absl::OkStatus();
}

std::string Name(const v1::ChecksumRequest& request, const v1::ColumnMapping& column) {
  return postgres::QuoteIdentifier(IsSource(request) ? column.source_column()
                                                     : column.destination_column());
}

std::string Table(const v1::ChecksumRequest& request) {
  return postgres::QuoteQualified(request.table().schema(), request.table().name());
}

// What only a source's values go through.
bool IsConverted(const v1::ChecksumRequest& request, const v1::ColumnMapping& column) {
  return IsSource(request) && column.conversion() != v1::WIRE_CONVERSION_CAST;
}

std::string Read(const v1::ChecksumRequest& request, const v1::ColumnMapping& column) {
  return IsSource(request) ? schema::SourceExpression(column)
                           : schema::DestinationExpression(column);
}

std::string Show(const v1::ChecksumRequest& request, const v1::ColumnMapping& column) {
  return absl::StrCat("pg_catalog.left((", Read(request, column), ")::pg_catalog.text, ",
                      kShownCharacters, ")");
}

// Whether a row can be compared, NULL where its key is NULL.
std::string CanBeCompared(const v1::ChecksumRequest& request) {
  if (!request.has_compare_below()) return "true";
  const v1::CompareBelow& below = request.compare_below();
  const v1::ColumnMapping& column = request.columns(static_cast<int>(below.column()));
  const std::string name = Name(request, column);
  if (!below.has_bound()) return absl::StrCat("(CASE WHEN ", name, " IS NOT NULL THEN true END)");
  const schema::KeyOrder order(name, column.wire_type());
  return absl::StrCat("(", order.expression(), " < ", order.Constant(below.bound()), ")");
}

std::string SourceName(const v1::ChecksumRequest& request, uint32_t place) {
  return postgres::QuoteIdentifier(request.columns(static_cast<int>(place)).source_column());
}

// Of a source's rows that have one key, those that stand for them; as a table to read from.
std::string GreatestOfEachKey(const v1::ChecksumRequest& request, const std::string& rows) {
  const auto named = [&](std::string* out, uint32_t place) {
    out->append(SourceName(request, place));
  };
  const std::string key = absl::StrJoin(request.key(), ", ", named);
  const auto column_name = [](std::string* out, const v1::ColumnMapping& column) {
    out->append(postgres::QuoteIdentifier(column.source_column()));
  };
  const v1::ColumnMapping& column = request.columns(static_cast<int>(request.greatest_by()));
  const schema::KeyOrder order(SourceName(request, request.greatest_by()), column.wire_type());
  return absl::StrCat("(SELECT DISTINCT ON (", key, ") ",
                      absl::StrJoin(request.columns(), ", ", column_name), " FROM ", rows,
                      " ORDER BY ", key, ", ", order.expression(), " DESC NULLS LAST) AS greatest");
}

}  // namespace

absl::StatusOr<TableQuery> QueryTable(const v1::ChecksumRequest& request,
                                      const std::vector<bool>& wire_typed) {
  RETURN_IF_ERROR(TestRequest(request));
  std::string rows = Table(request);
  std::vector<std::string> fields, conditions;
  for (const v1::ColumnMapping& column : request.columns()) {
    const bool as_is = wire_typed[fields.size()] && !IsConverted(request, column);
    fields.push_back(as_is ? Name(request, column) : Read(request, column));
  }
  if (!request.filter().empty() && IsSource(request)) {
    ASSIGN_OR_RETURN(const schema::RowFilter filter, schema::ParseRowFilter(request.filter()));
    conditions.push_back(filter.sql);
  }
  if (request.without_marked() && !IsSource(request))
    conditions.push_back(absl::StrCat(schema::kDeletedAtColumn, " IS NULL"));
  const auto where = [&] {
    return conditions.empty() ? "" : absl::StrCat(" WHERE ", absl::StrJoin(conditions, " AND "));
  };
  if (request.has_greatest_by() && IsSource(request)) {
    rows = GreatestOfEachKey(request, rows + where());
    conditions.clear();
  }
  if (request.has_sum() && request.has_compare_below())
    conditions.push_back(CanBeCompared(request));
  if (request.has_list()) fields.push_back(CanBeCompared(request));
  for (const uint32_t place : request.describe().shown())
    fields.push_back(Show(request, request.columns(static_cast<int>(place))));
  TableQuery query;
  query.more_fields = fields.size() - static_cast<size_t>(request.columns_size());
  query.sql = absl::StrCat("COPY (SELECT ", absl::StrJoin(fields, ", "), " FROM ", rows, where(),
                           ") TO STDOUT (FORMAT binary)");
  return query;
}

std::string QueryTypes(const v1::ChecksumRequest& request) {
  std::vector<std::string> fields;
  for (const v1::ColumnMapping& column : request.columns()) fields.push_back(Name(request, column));
  for (const v1::ColumnMapping& column : request.columns()) fields.push_back(Read(request, column));
  return absl::StrCat("SELECT ", absl::StrJoin(fields, ", "), " FROM ", Table(request), " LIMIT 0");
}

}  // namespace lockstitch::verification
