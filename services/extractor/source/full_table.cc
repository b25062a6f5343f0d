#include "services/extractor/source/full_table.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "postgres/quote.h"

namespace lockstitch::extractor {
namespace {

using postgres::QuoteLiteral;

constexpr int kFirstWithTidRangeScan = 140000;

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

std::string BlockCondition(const v1::RangeBounds& bounds) {
  std::vector<std::string> conditions;
  if (bounds.has_lower()) {
    conditions.push_back(
        absl::StrCat("ctid >= ", QuoteLiteral(bounds.lower()), "::pg_catalog.tid"));
  }
  if (bounds.has_upper())
    conditions.push_back(absl::StrCat("ctid < ", QuoteLiteral(bounds.upper()), "::pg_catalog.tid"));
  return absl::StrJoin(conditions, " AND ");
}

}  // namespace lockstitch::extractor
