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

// Which rows a range cut so holds, as SQL; empty for all.
std::string BlockCondition(const v1::RangeBounds& bounds);

}  // namespace lockstitch::extractor

#endif  // LOCKSTITCH_SERVICES_EXTRACTOR_SOURCE_FULL_TABLE_H_
