#include "services/loader/destination/replication_key.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "postgres/quote.h"

namespace lockstitch::loader {

schema::KeyOrder ReplicationKeyOf(const v1::LoadPlan& plan, absl::string_view row) {
  const auto named = [&](const std::string& column) {
    return absl::StrCat(row, row.empty() ? "" : ".", postgres::QuoteIdentifier(column));
  };
  for (const v1::ColumnMapping& column : plan.columns()) {
    if (column.source_column() == plan.replication_key()) {
      return schema::KeyOrder(named(column.destination_column()), column.wire_type());
    }
  }
  // Queries by a column that is not there fail.
  return schema::KeyOrder(named(plan.replication_key()), "text");
}

}  // namespace lockstitch::loader
