#ifndef LOCKSTITCH_SERVICES_EXTRACTOR_SOURCE_REPLICATION_KEY_H_
#define LOCKSTITCH_SERVICES_EXTRACTOR_SOURCE_REPLICATION_KEY_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lockstitch/v1/catalog.pb.h"
#include "postgres/connection.h"
#include "schema/key_order.h"

namespace lockstitch::extractor {

// The column that an incremental stream is read by.
struct ReplicationKey {
  v1::TableName stream;
  std::string column;
  std::string type;        // A schema::KeyType.
  bool indexed = false;    // Whether the catalog has an index in whose order rows come.
  std::string table;       // As SQL.
  schema::KeyOrder order;  // Of the table's column, whatever the statement gives that name.
};

// `column` is one of the table's.
ReplicationKey FindReplicationKey(const v1::Table& table, const std::string& column);

// Whether the source gives the rows of `select`, which has an ORDER BY, in that order as it reads
// them, without a sort. Within a transaction, of which nothing is changed.
absl::StatusOr<bool> ComesInOrder(postgres::Connection& source, absl::string_view select);

// Keeps the rest of the transaction, or of the savepoint, to plans that ComesInOrder answered for.
void AvoidSorts(postgres::Connection& source);

}  // namespace lockstitch::extractor

#endif  // LOCKSTITCH_SERVICES_EXTRACTOR_SOURCE_REPLICATION_KEY_H_
