#include "services/loader/destination/registration.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "postgres/quote.h"
#include "postgres/transaction.h"
#include "schema/destination_names.h"
#include "schema/stream_name.h"
#include "services/loader/destination/state_schema.h"
#include "services/loader/destination/stream_state.h"
#include "status/macros.h"

namespace lockstitch::loader {
namespace {

using postgres::ArrayText;
using postgres::Connection;
using postgres::Transaction;

// $1 destination schema.
constexpr absl::string_view kFindUid =
    "SELECT uid FROM _lockstitch.integrations WHERE destination_schema = $1";

// $1 uid, $2 source schemas, $3 source tables.
constexpr absl::string_view kAddStreams = R"sql(
INSERT INTO _lockstitch.streams (integration_uid, source_schema, source_table)
SELECT $1, * FROM unnest($2::text[], $3::text[]) ON CONFLICT DO NOTHING)sql";

// $1 destination schema. Each stream, the table it published, whether that is there, and the plan
// of that load. Every version of the state has these columns.
constexpr absl::string_view kStreams = R"sql(
SELECT s.source_schema, s.source_table, s.destination_table, s.destination_oid, pg_catalog.encode(l.plan, 'hex'),
       EXISTS (SELECT 1 FROM pg_catalog.pg_class c WHERE c.oid = s.destination_oid)
FROM _lockstitch.streams s JOIN _lockstitch.integrations i ON i.uid = s.integration_uid
     LEFT JOIN LATERAL (SELECT plan FROM _lockstitch.loads WHERE stream_id = s.stream_id AND state = 'published'
                        ORDER BY fence DESC LIMIT 1) l ON true
WHERE i.destination_schema = $1)sql";

// $1 schema, $2 names. What has one of these names: relations by their OID, other types by 0.
constexpr absl::string_view kNamesInUse = R"sql(
SELECT c.relname, c.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relname = ANY ($2::text[])
UNION ALL
SELECT t.typname, 0 FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
WHERE n.nspname = $1 AND t.typname = ANY ($2::text[]) AND t.typrelid = 0)sql";

// What the state keeps of a stream.
struct Kept {
  v1::TableName table;
  bool there = false;  // The table that it published.
  std::string destination_table;
  int64_t destination_oid = 0;
  v1::LoadPlan plan;
};
using KeptByName = std::map<std::string, Kept>;

absl::StatusOr<KeptByName> ReadStreams(Connection& connection, const std::string& schema) {
  ASSIGN_OR_RETURN(const postgres::Result rows, connection.Query(kStreams, {schema}));
  KeptByName streams;
  for (int row = 0; row < rows.rows(); ++row) {
    v1::TableName table;
    table.set_schema(rows.String(row, 0));
    table.set_name(rows.String(row, 1));
    Kept& kept = streams[schema::StreamName(table)];
    kept.table = table;
    kept.there = rows.Bool(row, 5);
    kept.destination_table = rows.String(row, 2);
    kept.destination_oid = rows.Int(row, 3);
    if (!kept.plan.ParseFromString(absl::HexStringToBytes(rows.Text(row, 4)))) kept.plan.Clear();
  }
  return streams;
}

absl::Status AddStreams(Connection& connection, const std::string& uid,
                        const v1::RegisterStreamsRequest& request) {
  std::vector<std::string> schemas, names;
  for (const v1::TableName& table : request.tables()) {
    schemas.push_back(table.schema());
    names.push_back(table.name());
  }
  return connection.Execute(kAddStreams, {uid, ArrayText(schemas), ArrayText(names)});
}

absl::Status AddTaken(Connection& connection, const std::string& schema,
                      const v1::RegisterStreamsRequest& request, const KeptByName& streams,
                      v1::RegisterStreamsResponse* response) {
  std::vector<std::string> wanted;
  for (const v1::TableName& table : request.tables())
    wanted.push_back(schema::DestinationTable(table, request.naming()).value_or(""));
  ASSIGN_OR_RETURN(const postgres::Result rows,
                   connection.Query(kNamesInUse, {schema, ArrayText(wanted)}));
  std::map<std::string, int64_t> in_use;
  for (int row = 0; row < rows.rows(); ++row) in_use[rows.String(row, 0)] = rows.Int(row, 1);
  for (int i = 0; i < request.tables_size(); ++i) {
    const std::string& name = wanted[static_cast<size_t>(i)];
    const auto used = in_use.find(name);
    if (used == in_use.end()) continue;
    const auto kept = streams.find(schema::StreamName(request.tables(i)));
    const bool ours = kept != streams.end() && kept->second.destination_table == name &&
                      kept->second.destination_oid == used->second;
    if (!ours) *response->add_taken() = request.tables(i);
  }
  return absl::OkStatus();
}

void AddKnown(const v1::RegisterStreamsRequest& request, const KeptByName& streams,
              v1::RegisterStreamsResponse* response) {
  for (const v1::TableName& table : request.tables()) {
    const auto kept = streams.find(schema::StreamName(table));
    if (kept == streams.end()) continue;
    v1::KnownStream* known = response->add_known();
    *known->mutable_table() = table;
    const v1::LoadPlan& plan = kept->second.plan;
    *known->mutable_columns() = plan.known_columns();
    if (plan.has_settings()) *known->mutable_settings() = plan.settings();
    known->set_system_columns(plan.system().columns());
    known->set_new_columns(plan.new_columns());
  }
}

void AddOthers(const v1::RegisterStreamsRequest& request, const KeptByName& streams,
               v1::RegisterStreamsResponse* response) {
  std::set<std::string> requested;
  for (const v1::TableName& table : request.tables()) requested.insert(schema::StreamName(table));
  for (const auto& [name, kept] : streams)
    if (kept.there && requested.count(name) == 0) *response->add_others() = kept.table;
}

}  // namespace

absl::StatusOr<v1::RegisterStreamsResponse> RegisterStreams(
    Connection& connection, const v1::RegisterStreamsRequest& request) {
  ASSIGN_OR_RETURN(const std::string schema, schema::DestinationSchema(request.integration()));
  if (!request.validate_only()) RETURN_IF_ERROR(MigrateState(connection));
  ASSIGN_OR_RETURN(const std::optional<int> version, StateVersion(connection));
  v1::RegisterStreamsResponse response;
  Transaction transaction = Transaction::Begin(connection);
  KeptByName streams;
  response.set_first(true);
  if (version) {
    if (!request.validate_only()) RETURN_IF_ERROR(LockSchemas(connection));
    ASSIGN_OR_RETURN(const postgres::Result before, connection.Query(kFindUid, {schema}));
    response.set_first(before.empty());
    if (!before.empty()) response.set_integration_uid(before.String(0, 0));
    // An older one is only looked at, and has no room for all of this.
    response.set_older_state(*version < kStateVersion);
    if (!response.older_state()) {
      ASSIGN_OR_RETURN(const std::string uid, EnsureIntegration(connection, schema,
                                                                {.name = request.integration(),
                                                                 .uid = request.integration_uid(),
                                                                 .naming = request.naming()}));
      if (!request.validate_only()) response.set_integration_uid(uid);
      if (response.first()) RETURN_IF_ERROR(AddStreams(connection, uid, request));
    }
    ASSIGN_OR_RETURN(streams, ReadStreams(connection, schema));
  }
  AddKnown(request, streams, &response);
  AddOthers(request, streams, &response);
  RETURN_IF_ERROR(AddTaken(connection, schema, request, streams, &response));
  if (!request.validate_only()) RETURN_IF_ERROR(transaction.Commit());
  return response;
}

}  // namespace lockstitch::loader
