#ifndef LOCKSTITCH_SERVICES_EXTRACTOR_SOURCE_PARTITIONS_H_
#define LOCKSTITCH_SERVICES_EXTRACTOR_SOURCE_PARTITIONS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lockstitch/v1/catalog.pb.h"
#include "postgres/connection.h"

namespace lockstitch::extractor {

// A partition that holds rows itself.
struct Partition {
  std::string name;  // Quoted, for SQL.
  bool foreign = false;
  int64_t blocks = 0;
  int64_t bytes = 0;  // With what is kept out of line.
};

// The table's partitions at all levels, as the transaction sees them, which has locked the table.
// Empty where they can't be read each by itself: rights and policies are the parent's alone, and
// nobody need have any to a partition. SOURCE_TABLE_CHANGED where one was attached after the lock
// and before the snapshot: it isn't held still.
absl::StatusOr<std::vector<Partition>> ReadPartitions(postgres::Connection& source,
                                                      const v1::Table& table);

}  // namespace lockstitch::extractor

#endif  // LOCKSTITCH_SERVICES_EXTRACTOR_SOURCE_PARTITIONS_H_
