#ifndef LOCKSTITCH_SERVICES_EXTRACTOR_SOURCE_FULL_TABLE_H_
#define LOCKSTITCH_SERVICES_EXTRACTOR_SOURCE_FULL_TABLE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lockstitch/v1/catalog.pb.h"
#include "lockstitch/v1/loader.pb.h"
#include "services/extractor/source/snapshot.h"

namespace lockstitch::extractor {

// One range of a table that is read from end to end.
struct TablePart {
  v1::RangeBounds bounds;  // As the loader keeps them.
  std::string from;        // A partition, as SQL; empty: the table.
  std::string condition;   // Which rows, as SQL; empty: all.
};

struct CutOptions {
  uint32_t sessions = 1;  // That may read at once.
  uint32_t wanted = 0;    // How many ranges; 0: by the table's size.
  std::string filter;     // The stream's; may be empty.
};

// Cuts the snapshot's table, of which the columns of `table` are read, into ranges that together
// hold every row once: a table of PostgreSQL 14 or newer by ctid; an older one, where it has been
// analyzed and lies in the order of the integer that its key begins with, by that integer; a
// partitioned table without a filter by partitions, and those like tables. Everything else, and
// what can't be locked, is one range.
absl::StatusOr<std::vector<TablePart>> CutTable(Snapshot& snapshot, const v1::Table& table,
                                                const CutOptions& options);

// How an older server's table is cut, if it can be, into about `count` ranges.
absl::StatusOr<std::vector<TablePart>> CutByInteger(postgres::Connection& source,
                                                    const v1::Table& table, uint32_t count);

// Cuts so many blocks into at most `wanted` ranges of ctid that hold about the same number of
// blocks each. The first has no lower and the last no upper bound.
std::vector<v1::RangeBounds> CutByBlocks(int64_t blocks, uint32_t wanted);

// Which rows a range cut so holds, as SQL; empty for all.
std::string BlockCondition(const v1::RangeBounds& bounds);

}  // namespace lockstitch::extractor

#endif  // LOCKSTITCH_SERVICES_EXTRACTOR_SOURCE_FULL_TABLE_H_
