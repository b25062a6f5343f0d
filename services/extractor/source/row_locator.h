#ifndef LOCKSTITCH_SERVICES_EXTRACTOR_SOURCE_ROW_LOCATOR_H_
#define LOCKSTITCH_SERVICES_EXTRACTOR_SOURCE_ROW_LOCATOR_H_

#include <cstdint>

#include "absl/status/status.h"
#include "postgres/connection.h"
#include "services/extractor/source/range_query.h"

namespace lockstitch::extractor {

// `failure` with the key of the row that caused it, the `row`th, from 1, of what COPY sent for
// `query`: looked up in the snapshot that `source` holds, in which a table's own order stays, and
// that of its primary key. As it was where the row can't be told: views, queries that the planner
// answers in another order, filters that call volatile functions, or a connection that is gone.
// Takes two minutes at most.
absl::Status NameRow(const absl::Status& failure, postgres::Connection& source,
                     const RangeQuery& query, int64_t row);

}  // namespace lockstitch::extractor

#endif  // LOCKSTITCH_SERVICES_EXTRACTOR_SOURCE_ROW_LOCATOR_H_
