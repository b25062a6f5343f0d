#include "services/loader/destination/replication_key.h"

#include "postgres/quote.h"

namespace lockstitch::loader {

schema::KeyOrder ReplicationKeyOf(const v1::LoadPlan& plan) {
  for (const v1::ColumnMapping& column : plan.columns()) {
    if (column.source_column() == plan.replication_key()) {
      return schema::KeyOrder(postgres::QuoteIdentifier(column.destination_column()),
                              column.wire_type());
    }
  }
  // Queries by a column that is not there fail.
  return schema::KeyOrder(postgres::QuoteIdentifier(plan.replication_key()), "text");
}

}  // namespace lockstitch::loader
