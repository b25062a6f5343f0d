#include "services/loader/destination/published_plans.h"

#include <map>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "schema/stream_name.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::loader {
namespace {

// $1 destination schema, empty for all. One row for each key column, and one without for a load
// that has none.
constexpr absl::string_view kPublishedLoads = R"sql(
SELECT s.integration_uid, s.source_schema, s.source_table, pg_catalog.encode(l.plan, 'hex'), key.name
FROM _lockstitch.streams s
     JOIN _lockstitch.integrations i ON i.uid = s.integration_uid
     JOIN LATERAL (SELECT plan, key_columns FROM _lockstitch.loads
                   WHERE stream_id = s.stream_id AND state = 'published'
                   ORDER BY fence DESC LIMIT 1) l ON true
     LEFT JOIN LATERAL pg_catalog.unnest(l.key_columns) WITH ORDINALITY AS key(name, place) ON true
WHERE $1 = '' OR i.destination_schema = $1
ORDER BY key.place)sql";

std::string NameOf(const std::string& uid, const v1::TableName& table) {
  return absl::StrCat(uid, " ", schema::StreamName(table));
}

}  // namespace

absl::Status AddPublishedPlans(postgres::Connection& connection, const std::string& schema,
                               v1::GetStateResponse* states) {
  std::map<std::string, v1::StreamState*> by_name;
  for (v1::StreamState& stream : *states->mutable_streams())
    by_name[NameOf(stream.integration_uid(), stream.table())] = &stream;
  ASSIGN_OR_RETURN(const postgres::Result rows, connection.Query(kPublishedLoads, {schema}));
  for (int row = 0; row < rows.rows(); ++row) {
    v1::TableName table;
    table.set_schema(rows.String(row, 1));
    table.set_name(rows.String(row, 2));
    const auto stream = by_name.find(NameOf(rows.String(row, 0), table));
    // Made since the streams were read.
    if (stream == by_name.end()) continue;
    const std::string plan = absl::HexStringToBytes(rows.Text(row, 3));
    if (!stream->second->mutable_plan()->ParseFromString(plan)) {
      return Error(Reason::kInternal,
                   absl::StrCat("the kept plan of ", schema::StreamName(table), " can't be read"));
    }
    if (!rows.IsNull(row, 4)) stream->second->add_key_columns(rows.String(row, 4));
  }
  return absl::OkStatus();
}

}  // namespace lockstitch::loader
