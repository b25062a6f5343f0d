#include "services/extractor/source/full_table.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "postgres/quote.h"

namespace lockstitch::extractor {
namespace {

using postgres::QuoteIdentifier;
using postgres::QuoteLiteral;
using postgres::QuoteQualified;

constexpr int kFirstWithTidRangeScan = 140000;

std::string Expression(const v1::ColumnMapping& column) {
  const std::string name = QuoteIdentifier(column.source_column());
  const std::string type = absl::StrCat("::pg_catalog.", QuoteIdentifier(column.wire_type()),
                                        column.wire_array() ? "[]" : "");
  switch (column.conversion()) {
    case v1::WIRE_CONVERSION_TO_JSON:
      return absl::StrCat("pg_catalog.to_json(", name, ")", type);
    case v1::WIRE_CONVERSION_OUTPUT:
      // A cast would take the way that a user may have defined for it.
      return absl::StrCat("CASE WHEN ", name, " IS NOT NULL THEN pg_catalog.format('%s', ", name,
                          ") END", type);
    default:
      return name + type;
  }
}

std::string Condition(const v1::RangeBounds& range) {
  std::vector<std::string> bounds;
  if (range.has_lower())
    bounds.push_back(absl::StrCat("ctid >= ", QuoteLiteral(range.lower()), "::pg_catalog.tid"));
  if (range.has_upper())
    bounds.push_back(absl::StrCat("ctid < ", QuoteLiteral(range.upper()), "::pg_catalog.tid"));
  return bounds.empty() ? "" : absl::StrCat(" WHERE ", absl::StrJoin(bounds, " AND "));
}

}  // namespace

std::vector<v1::RangeBounds> CutByBlocks(v1::TableKind kind, int64_t blocks, int server_version,
                                         uint32_t wanted) {
  const bool can_cut = server_version >= kFirstWithTidRangeScan && kind == v1::TABLE_KIND_TABLE;
  const int64_t count = can_cut ? std::clamp<int64_t>(wanted, 1, std::max<int64_t>(blocks, 1)) : 1;
  std::vector<v1::RangeBounds> ranges(static_cast<size_t>(count));
  for (int64_t i = 1; i < count; ++i) {
    const std::string boundary = absl::StrCat("(", blocks * i / count, ",0)");
    ranges[static_cast<size_t>(i - 1)].set_upper(boundary);
    ranges[static_cast<size_t>(i)].set_lower(boundary);
  }
  return ranges;
}

std::string CopyRange(const v1::TableName& table, const v1::LoadPlan& plan,
                      const v1::RangeBounds& range) {
  const auto expression = [](std::string* out, const v1::ColumnMapping& column) {
    out->append(Expression(column));
  };
  return absl::StrCat("COPY (SELECT ", absl::StrJoin(plan.columns(), ", ", expression), " FROM ",
                      QuoteQualified(table.schema(), table.name()), Condition(range),
                      ") TO STDOUT (FORMAT binary)");
}

}  // namespace lockstitch::extractor
