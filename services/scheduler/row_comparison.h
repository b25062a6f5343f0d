#ifndef LOCKSTITCH_SERVICES_SCHEDULER_ROW_COMPARISON_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_ROW_COMPARISON_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "lockstitch/v1/checksum.pb.h"

namespace lockstitch::scheduler {

// How two ends of a stream are compared by their rows' checksums. All of it is pure.

// Whether both ends have the same rows.
bool SameRows(const v1::RowSums& source, const v1::RowSums& destination);

// The buckets whose rows differ, in rounds: a round's rows at each end number at most `most`,
// unless a single bucket has more.
std::vector<std::vector<uint32_t>> PlanRounds(const v1::RowSums& source,
                                              const v1::RowSums& destination, uint64_t most);

// A row as checksums.
struct ListedRow {
  uint64_t key = 0;
  uint64_t row = 0;
  v1::RowPlace place = v1::ROW_PLACE_UNSPECIFIED;
};

// What rows that differ mean. Of a stream whose rows can all be compared every one is `different`.
struct RowClasses {
  int64_t different = 0;
  // The source's row has been changed since the load, or is newer: the next load brings it.
  int64_t changed_since_load = 0;
  int64_t not_yet_loaded = 0;
  // The source has no row with the key, or, without one, no such row.
  int64_t deleted_at_source = 0;
  // The keys' checksums of `different` rows, the first so many.
  std::vector<uint64_t> different_keys;
};

// Classes the rows of the same buckets at both ends. `in_part` is whether only rows below a bound
// can be compared; then
//
// | at the source            | at the destination | is                                        |
// |--------------------------|--------------------|-------------------------------------------|
// | the same row             | the same row       | no difference, wherever its key is by now |
// | none with the key        | there              | deleted at the source                     |
// | can't be compared by now | there              | changed since the load                    |
// | can't be compared by now | none with the key  | not yet loaded                            |
// | can be compared          | another, or none   | different                                 |
// | fewer of the same        | more of the same   | different                                 |
RowClasses ClassRows(std::vector<ListedRow> source, std::vector<ListedRow> destination,
                     bool in_part, size_t most_keys);

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_ROW_COMPARISON_H_
