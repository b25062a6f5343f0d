#ifndef LOCKSTITCH_SERVICES_EXTRACTOR_SOURCE_FULL_TABLE_H_
#define LOCKSTITCH_SERVICES_EXTRACTOR_SOURCE_FULL_TABLE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "lockstitch/v1/catalog.pb.h"
#include "lockstitch/v1/loader.pb.h"

namespace lockstitch::extractor {

// Cuts a table of so many blocks into at most `wanted` ranges of its ctid that hold about the same
// number of blocks each. The first has no lower and the last no upper bound, so that together they
// hold every row. One range where ctid ranges can't be scanned: servers before 14, and whatever
// isn't an ordinary table.
std::vector<v1::RangeBounds> CutByBlocks(v1::TableKind kind, int64_t blocks, int server_version,
                                         uint32_t wanted);

// The COPY that reads one range: each column cast to its wire type without a modifier, so that a
// column that was retyped meanwhile is converted or fails, rather than sending bytes of another
// meaning.
std::string CopyRange(const v1::TableName& table, const v1::LoadPlan& plan,
                      const v1::RangeBounds& range);

}  // namespace lockstitch::extractor

#endif  // LOCKSTITCH_SERVICES_EXTRACTOR_SOURCE_FULL_TABLE_H_
