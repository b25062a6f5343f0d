#include "services/extractor/source/key_ranges.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/substitute.h"
#include "postgres/quote.h"
#include "status/macros.h"

namespace lockstitch::extractor {
namespace {

constexpr int64_t kRangeBytes = int64_t{512} << 20;
constexpr uint32_t kMostRanges = 32;

// $1 schema, $2 table, $3 column; $$0: the key's type; $$1: whether a bound is finite; $$2: the
// order of bounds. Statistics that count what inherits come first.
constexpr absl::string_view kBounds = R"sql(
SELECT bound FROM (
  SELECT pg_catalog.unnest(s.histogram_bounds::pg_catalog.text::pg_catalog.text[])::pg_catalog.$0 AS bound
  FROM (SELECT histogram_bounds FROM pg_catalog.pg_stats
        WHERE schemaname = $$1 AND tablename = $$2 AND attname = $$3 AND histogram_bounds IS NOT NULL
        ORDER BY inherited DESC LIMIT 1) s) b
WHERE $1 GROUP BY bound ORDER BY $2)sql";

// Whether any index serves ranges: the catalog may know one that this server does not use.
absl::StatusOr<bool> IsReadByRanges(postgres::Connection& source, const ReplicationKey& key) {
  if (!key.indexed) return false;
  return ComesInOrder(
      source, absl::StrCat("SELECT 1 FROM ", key.table, " ORDER BY ", key.order.expression()));
}

absl::StatusOr<std::vector<std::string>> HistogramBounds(postgres::Connection& source,
                                                         const ReplicationKey& key) {
  const schema::KeyOrder order("bound", key.type);
  ASSIGN_OR_RETURN(
      const postgres::Result found,
      source.Query(absl::Substitute(kBounds, postgres::QuoteIdentifier(key.type),
                                    order.IsFinite(source.server_version()), order.expression()),
                   {key.stream.schema(), key.stream.name(), key.column}));
  std::vector<std::string> bounds;
  for (int row = 0; row < found.rows(); ++row) bounds.push_back(found.String(row, 0));
  return bounds;
}

}  // namespace

uint32_t FirstLoadRanges(int64_t bytes, uint32_t wanted) {
  const int64_t by_size = std::clamp<int64_t>(bytes / kRangeBytes, 1, kMostRanges);
  return std::min(kMostRanges, std::max(wanted, static_cast<uint32_t>(by_size)));
}

absl::StatusOr<std::vector<v1::RangeBounds>> CutByKey(postgres::Connection& source,
                                                      const ReplicationKey& key, uint32_t wanted) {
  if (wanted <= 1) return std::vector<v1::RangeBounds>(1);
  ASSIGN_OR_RETURN(const bool by_ranges, IsReadByRanges(source, key));
  if (!by_ranges) return std::vector<v1::RangeBounds>(1);
  ASSIGN_OR_RETURN(const std::vector<std::string> bounds, HistogramBounds(source, key));
  return CutAtBounds(bounds, wanted);
}

std::vector<v1::RangeBounds> CutAtBounds(const std::vector<std::string>& bounds, uint32_t wanted) {
  std::vector<v1::RangeBounds> ranges(1);
  size_t last = 0;  // Nothing is below the least value.
  for (size_t i = 1; i < wanted && !bounds.empty(); ++i) {
    const size_t at = i * (bounds.size() - 1) / wanted;
    if (at == last) continue;
    ranges.back().set_upper(bounds[at]);
    ranges.emplace_back().set_lower(bounds[at]);
    last = at;
  }
  if (ranges.size() > 1) ranges.emplace_back().set_null_keys(true);
  return ranges;
}

std::string KeyCondition(const schema::KeyOrder& order, const v1::RangeBounds& bounds) {
  std::vector<std::string> conditions;
  if (bounds.has_lower())
    conditions.push_back(absl::StrCat(order.expression(), " >= ", order.Constant(bounds.lower())));
  if (bounds.has_upper())
    conditions.push_back(absl::StrCat(order.expression(), " < ", order.Constant(bounds.upper())));
  const std::string within = absl::StrJoin(conditions, " AND ");
  if (!bounds.null_keys()) return within;
  const std::string null = absl::StrCat(order.expression(), " IS NULL");
  return within.empty() ? null : absl::StrCat("(", within, " OR ", null, ")");
}

}  // namespace lockstitch::extractor
