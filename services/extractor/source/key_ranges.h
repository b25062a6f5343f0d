#ifndef LOCKSTITCH_SERVICES_EXTRACTOR_SOURCE_KEY_RANGES_H_
#define LOCKSTITCH_SERVICES_EXTRACTOR_SOURCE_KEY_RANGES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lockstitch/v1/loader.pb.h"
#include "postgres/connection.h"
#include "schema/key_order.h"
#include "services/extractor/source/replication_key.h"

namespace lockstitch::extractor {

// Into how many ranges a table of so many bytes is cut for its first load, where `wanted` are asked
// for.
uint32_t FirstLoadRanges(int64_t bytes, uint32_t wanted);

// Cuts a table into at most `wanted` ranges of its replication key that hold about the same number
// of rows each, by the planner's statistics, and one of the rows without a key: together they hold
// every row. One range of everything where there are no statistics or no index that a range could
// be read by. Within a transaction.
absl::StatusOr<std::vector<v1::RangeBounds>> CutByKey(postgres::Connection& source,
                                                      const ReplicationKey& key, uint32_t wanted);

// The ranges between some of `bounds`, a histogram's: ascending, distinct, the least and the
// greatest value among them.
std::vector<v1::RangeBounds> CutAtBounds(const std::vector<std::string>& bounds, uint32_t wanted);

// Which rows a range of the key holds, as SQL; empty for all.
std::string KeyCondition(const schema::KeyOrder& order, const v1::RangeBounds& bounds);

}  // namespace lockstitch::extractor

#endif  // LOCKSTITCH_SERVICES_EXTRACTOR_SOURCE_KEY_RANGES_H_
