#include "services/loader/destination/sweep.h"

#include "absl/strings/str_cat.h"
#include "postgres/transaction.h"
#include "services/loader/destination/load_table.h"
#include "services/loader/destination/stream_state.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::loader {
namespace {

using postgres::Connection;

// $1 destination schema, or empty for all, $2 idle seconds, $3 the OID of one table, or 0 for all.
// A table of which no load is known, or whose load has ended, is in nobody's use.
constexpr absl::string_view kFind = R"sql(
SELECT c.relname, c.oid, pg_catalog.pg_total_relation_size(c.oid), i.destination_schema, s.source_schema,
       s.source_table, pg_catalog.date_part('epoch', u.used)::pg_catalog.int8, l.stream_id, l.state = 'open'
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     LEFT JOIN _lockstitch.loads l ON l.load_oid = c.oid AND l.load_table = c.relname
     LEFT JOIN _lockstitch.streams s ON s.stream_id = l.stream_id
     LEFT JOIN _lockstitch.integrations i ON i.uid = s.integration_uid
     CROSS JOIN LATERAL (
       SELECT GREATEST(
         l.begun_at,
         (SELECT max(r.kept_at) FROM _lockstitch.runs r WHERE r.stream_id = l.stream_id AND r.run_id = l.run_id),
         (SELECT max(k.committed_at) FROM _lockstitch.chunks k WHERE k.stream_id = l.stream_id AND k.load_id = l.load_id)
       ) AS used) u
WHERE n.nspname = '_lockstitch' AND c.relkind = 'r' AND pg_catalog.left(c.relname, 17) = '_lockstitch_load_' AND
      ($1 = '' OR i.destination_schema = $1) AND ($3 = 0::oid OR c.oid = $3) AND
      (l.state IS DISTINCT FROM 'open' OR u.used < now() - $2 * interval '1 second')
ORDER BY c.relname)sql";

// A table's size is not told while somebody holds all of it.
constexpr absl::string_view kLockTimeout = "SET lock_timeout = '5s'";

// $1 stream, and of kDraw $2 what stands in the run's place.
constexpr absl::string_view kLock =
    "SELECT FROM _lockstitch.streams WHERE stream_id = $1 FOR UPDATE";
constexpr absl::string_view kDraw =
    "UPDATE _lockstitch.streams SET fence = fence + 1, run_id = $2 WHERE stream_id = $1";

// $1 the table's OID.
constexpr absl::string_view kEnd =
    "UPDATE _lockstitch.loads SET state = 'superseded' WHERE load_oid = $1 AND state = 'open'";

absl::StatusOr<postgres::Result> Find(Connection& connection, const SweepOptions& options,
                                      const std::string& oid) {
  return connection.Query(kFind,
                          {options.schema, absl::StrCat(absl::ToInt64Seconds(options.idle)), oid});
}

// Whether the table is still to be dropped: its load goes on no more.
absl::StatusOr<bool> GiveUp(Connection& connection, const SweepOptions& options,
                            const std::string& stream_id, const std::string& oid) {
  postgres::Transaction transaction = postgres::Transaction::Begin(connection);
  RETURN_IF_ERROR(connection.Execute(kLock, {stream_id}));
  ASSIGN_OR_RETURN(const postgres::Result found, Find(connection, options, oid));
  if (found.empty()) return false;
  RETURN_IF_ERROR(connection.Execute(kDraw, {stream_id, std::string(kSwept)}));
  RETURN_IF_ERROR(connection.Execute(kEnd, {oid}));
  RETURN_IF_ERROR(transaction.Commit());
  return true;
}

}  // namespace

absl::StatusOr<v1::SweepResponse> SweepLoads(Connection& connection, const SweepOptions& options) {
  v1::SweepResponse response;
  RETURN_IF_ERROR(connection.Execute(kLockTimeout));
  ASSIGN_OR_RETURN(const postgres::Result found, Find(connection, options, "0"));
  for (int row = 0; row < found.rows(); ++row) {
    v1::Leftover leftover;
    leftover.set_load_table(found.String(row, 0));
    leftover.set_bytes(found.Int(row, 2));
    leftover.set_destination_schema(found.String(row, 3));
    leftover.mutable_table()->set_schema(found.String(row, 4));
    leftover.mutable_table()->set_name(found.String(row, 5));
    if (!found.IsNull(row, 6)) leftover.mutable_last_used()->set_seconds(found.Int(row, 6));
    bool goes = true;
    if (!options.dry_run && !found.IsNull(row, 8) && found.Bool(row, 8)) {
      ASSIGN_OR_RETURN(goes,
                       GiveUp(connection, options, found.String(row, 7), found.String(row, 1)));
    }
    if (!goes) continue;
    if (!options.dry_run) {
      const absl::Status dropped =
          DropLoadTable(connection, leftover.load_table(), found.Int(row, 1));
      if (!dropped.ok()) {
        const Explanation why = Explain(dropped);
        leftover.set_problem(absl::StrCat(why.message, ". ", why.remedy));
      }
    }
    *response.add_leftovers() = std::move(leftover);
  }
  return response;
}

}  // namespace lockstitch::loader
