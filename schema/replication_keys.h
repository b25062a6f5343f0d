#ifndef LOCKSTITCH_SCHEMA_REPLICATION_KEYS_H_
#define LOCKSTITCH_SCHEMA_REPLICATION_KEYS_H_

#include <set>
#include <string>

#include "lockstitch/v1/catalog.pb.h"

namespace lockstitch::schema {

// Whether rows can be read in the order of a column of this type, at the source and at the
// destination alike: times, numbers, text and uuid of PostgreSQL, and domains over them.
bool FitsReplicationKey(const v1::DataType& type);

// Lists the columns of `table` that an incremental stream could be read by, the best ones first:
// those kept up to date, then those with an index, then times before numbers before text. `indexed`
// has the columns in whose order an index gives the rows.
void AddReplicationKeys(const std::set<std::string>& indexed, v1::Table* table);

}  // namespace lockstitch::schema

#endif  // LOCKSTITCH_SCHEMA_REPLICATION_KEYS_H_
