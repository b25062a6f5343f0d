#ifndef LOCKSTITCH_SERVICES_EXTRACTOR_SOURCE_RANGE_QUERY_H_
#define LOCKSTITCH_SERVICES_EXTRACTOR_SOURCE_RANGE_QUERY_H_

#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lockstitch/v1/catalog.pb.h"
#include "lockstitch/v1/loader.pb.h"

namespace lockstitch::extractor {

// How the rows of one range are read.
struct RangeQuery {
  std::string select;  // Each column cast to its wire type.
  std::string table;
  std::vector<std::string> conditions;  // All of which the rows fulfil.
  std::string order;                    // What the rows come in the order of; empty where in none.
  std::vector<std::string> key;  // The columns that tell a row to people; empty where nothing does.
  std::set<std::string> functions;  // That the filter calls.
};

// `condition` tells the range's rows, empty for all of the table; the query gives them in no order.
// Casts are without a modifier: a column that was retyped meanwhile is converted or fails, rather
// than sending bytes of another meaning. `filter` may be empty; FILTER_INVALID if it isn't one
// expression.
absl::StatusOr<RangeQuery> QueryRange(const v1::Table& table, const v1::LoadPlan& plan,
                                      const std::string& condition, const std::string& filter);

// ` FROM ... WHERE ...`
std::string FromOf(const RangeQuery& query);

// The SELECT, in its order.
std::string SelectOf(const RangeQuery& query);

// COPY ... TO STDOUT of it.
std::string CopyOf(const RangeQuery& query);

}  // namespace lockstitch::extractor

#endif  // LOCKSTITCH_SERVICES_EXTRACTOR_SOURCE_RANGE_QUERY_H_
