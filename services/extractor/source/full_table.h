#ifndef LOCKSTITCH_SERVICES_EXTRACTOR_SOURCE_FULL_TABLE_H_
#define LOCKSTITCH_SERVICES_EXTRACTOR_SOURCE_FULL_TABLE_H_

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lockstitch/v1/catalog.pb.h"
#include "lockstitch/v1/loader.pb.h"

namespace lockstitch::extractor {

// Cuts a table of so many blocks into at most `wanted` ranges of its ctid that hold about the same
// number of blocks each. The first has no lower and the last no upper bound, so that together they
// hold every row. One range where ctid ranges can't be scanned: servers before 14, and whatever
// isn't an ordinary table.
std::vector<v1::RangeBounds> CutByBlocks(v1::TableKind kind, int64_t blocks, int server_version,
                                         uint32_t wanted);

// How the rows of one range are read.
struct RangeQuery {
  std::string select;            // Each column cast to its wire type.
  std::string from;              // The table and what the rows must fulfil, from FROM on.
  std::vector<std::string> key;  // The columns that tell a row to people; empty where nothing does.
  std::set<std::string> functions;  // That the filter calls.
};

// Casts are without a modifier: a column that was retyped meanwhile is converted or fails, rather
// than sending bytes of another meaning. `filter` may be empty; FILTER_INVALID if it isn't one
// expression.
absl::StatusOr<RangeQuery> QueryRange(const v1::Table& table, const v1::LoadPlan& plan,
                                      const v1::RangeBounds& range, const std::string& filter);

// COPY ... TO STDOUT of it.
std::string CopyOf(const RangeQuery& query);

}  // namespace lockstitch::extractor

#endif  // LOCKSTITCH_SERVICES_EXTRACTOR_SOURCE_FULL_TABLE_H_
