#include "services/loader/destination/forgotten_streams.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "postgres/quote.h"
#include "postgres/sqlstate.h"
#include "postgres/transaction.h"
#include "services/loader/destination/destination_table.h"
#include "services/loader/destination/stream_state.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::loader {
namespace {

using postgres::Connection;
using postgres::Transaction;

// How long a commit under way is waited for before its session is ended.
constexpr absl::Duration kPatience = absl::Seconds(15);

// $1 destination schema.
constexpr absl::string_view kFind =
    "SELECT uid, name FROM _lockstitch.integrations WHERE destination_schema = $1";

constexpr absl::string_view kNames =
    "SELECT coalesce(name, destination_schema) FROM _lockstitch.integrations ORDER BY 1 LIMIT 20";

// $1 uid. A run that was drawn for and has no result has not ended, as far as is known here.
constexpr absl::string_view kStreams = R"sql(
SELECT s.source_schema, s.source_table,
       CASE WHEN c.oid IS NOT NULL THEN s.destination_table END,
       CASE WHEN r.run_id IS NOT NULL THEN s.run_id END
FROM _lockstitch.streams s JOIN _lockstitch.integrations i ON i.uid = s.integration_uid
     LEFT JOIN pg_catalog.pg_namespace n ON n.nspname = i.destination_schema
     LEFT JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = s.destination_table AND
          c.oid = s.destination_oid
     LEFT JOIN _lockstitch.runs r ON r.stream_id = s.stream_id AND r.run_id = s.run_id AND r.result IS NULL
WHERE s.integration_uid = $1
ORDER BY s.destination_table COLLATE "C", s.source_schema COLLATE "C", s.source_table COLLATE "C")sql";

// $1 stream, and of kDraw $2 what stands in the run's place.
constexpr absl::string_view kDraw =
    "UPDATE _lockstitch.streams SET fence = fence + 1, run_id = $2 WHERE stream_id = $1";
constexpr absl::string_view kEndLoads =
    "UPDATE _lockstitch.loads SET state = 'superseded' WHERE stream_id = $1 AND state = 'open'";

// $1 uid.
constexpr absl::string_view kLoadTables = R"sql(
SELECT l.load_table, l.load_oid
FROM _lockstitch.loads l JOIN _lockstitch.streams s USING (stream_id)
     JOIN pg_catalog.pg_class c ON c.oid = l.load_oid AND c.relname = l.load_table
WHERE s.integration_uid = $1 ORDER BY l.load_table)sql";

constexpr absl::string_view kDropPatience = "SET LOCAL lock_timeout = '1s'";

// $1 schema.
constexpr absl::string_view kSchemaExists =
    "SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1)";

// $1 uid. The integration's row first: who makes a stream of it holds that.
constexpr absl::string_view kRemovalPatience = "SET LOCAL lock_timeout = '60s'";
constexpr absl::string_view kHold =
    "SELECT FROM _lockstitch.integrations WHERE uid = $1 FOR UPDATE";
constexpr absl::string_view kRemoveStreams =
    "DELETE FROM _lockstitch.streams WHERE integration_uid = $1";
constexpr absl::string_view kRemove = "DELETE FROM _lockstitch.integrations WHERE uid = $1";

absl::StatusOr<std::string> QuotedNames(Connection& connection) {
  ASSIGN_OR_RETURN(const postgres::Result rows, connection.Query(kNames));
  std::vector<std::string> names;
  for (int row = 0; row < rows.rows(); ++row)
    names.push_back(absl::StrCat("'", rows.Text(row, 0), "'"));
  return names.empty() ? "none" : absl::StrJoin(names, ", ");
}

absl::Status TryToFenceOut(Connection& connection, const v1::StreamTarget& target,
                           absl::Duration wait) {
  Transaction transaction = Transaction::Begin(connection);
  ASSIGN_OR_RETURN(const StreamState state, LockStream(connection, target, wait));
  const std::string stream = absl::StrCat(state.stream_id);
  RETURN_IF_ERROR(connection.Execute(kDraw, {stream, std::string(kForgotten)}));
  RETURN_IF_ERROR(connection.Execute(kEndLoads, {stream}));
  return transaction.Commit();
}

}  // namespace

absl::StatusOr<std::string> FindIntegration(Connection& connection, const std::string& schema,
                                            const v1::ForgetIntegrationRequest& request) {
  ASSIGN_OR_RETURN(const postgres::Result found, connection.Query(kFind, {schema}));
  if (found.empty()) {
    ASSIGN_OR_RETURN(const std::string names, QuotedNames(connection));
    return Error(Reason::kIntegrationNotFound,
                 absl::StrCat("the destination knows no integration '", request.integration(),
                              "'; it knows ", names));
  }
  const std::string uid = found.String(0, 0), name = found.String(0, 1);
  const bool other_uid = !request.integration_uid().empty() && request.integration_uid() != uid;
  if (other_uid || (!name.empty() && name != request.integration())) {
    return Error(Reason::kDestinationSchemaTaken,
                 absl::StrCat("the destination schema ", schema,
                              " belongs to another integration, named '", name, "'"),
                 "Name the integration as it was named when it was run.");
  }
  return uid;
}

absl::StatusOr<std::vector<ForgottenStream>> StreamsOf(Connection& connection,
                                                       const std::string& uid) {
  ASSIGN_OR_RETURN(const postgres::Result rows, connection.Query(kStreams, {uid}));
  std::vector<ForgottenStream> streams(static_cast<size_t>(rows.rows()));
  for (int row = 0; row < rows.rows(); ++row) {
    ForgottenStream& stream = streams[static_cast<size_t>(row)];
    stream.table.set_schema(rows.String(row, 0));
    stream.table.set_name(rows.String(row, 1));
    stream.destination_table = rows.String(row, 2);
    stream.open_run = rows.String(row, 3);
  }
  return streams;
}

absl::Status FenceOut(Connection& connection, const v1::StreamTarget& target) {
  absl::Status fenced = TryToFenceOut(connection, target, kPatience);
  if (postgres::SqlStateOf(fenced) == postgres::kLockNotAvailable) {
    RETURN_IF_ERROR(EndOutranked(connection, target, /*run_id=*/"", /*draw=*/1));
    fenced = TryToFenceOut(connection, target, kStreamLockWait);
  }
  // Somebody else has forgotten it meanwhile.
  if (ReasonOf(fenced) == Reason::kDestinationStateMissing) return absl::OkStatus();
  return fenced;
}

absl::StatusOr<std::vector<Leftover>> LoadTablesOf(Connection& connection, const std::string& uid) {
  ASSIGN_OR_RETURN(const postgres::Result rows, connection.Query(kLoadTables, {uid}));
  std::vector<Leftover> tables;
  for (int row = 0; row < rows.rows(); ++row)
    tables.push_back({.load_table = rows.String(row, 0), .load_oid = rows.Int(row, 1)});
  return tables;
}

absl::StatusOr<bool> DropDestinationTable(Connection& connection, const v1::StreamTarget& target) {
  Transaction transaction = Transaction::Begin(connection);
  ASSIGN_OR_RETURN(const StreamState state, LockStream(connection, target));
  const absl::StatusOr<int64_t> oid =
      FindDestinationTable(connection, state, state.destination_table);
  if (ReasonOf(oid.status()) == Reason::kDestinationTableNotOurs) return false;
  RETURN_IF_ERROR(oid.status());
  if (*oid == 0) return false;
  RETURN_IF_ERROR(connection.Execute(kDropPatience));
  RETURN_IF_ERROR(connection.Execute(absl::StrCat(
      "DROP TABLE ", postgres::QuoteQualified(state.schema, state.destination_table))));
  RETURN_IF_ERROR(transaction.Commit());
  return true;
}

absl::StatusOr<bool> DropEmptySchema(Connection& connection, const std::string& schema) {
  ASSIGN_OR_RETURN(const postgres::Result there, connection.Query(kSchemaExists, {schema}));
  // Every database has a schema public, whoever uses it.
  if (!there.Bool(0, 0) || schema == "public") return false;
  Transaction transaction = Transaction::Begin(connection);
  RETURN_IF_ERROR(connection.Execute(kDropPatience));
  RETURN_IF_ERROR(
      connection.Execute(absl::StrCat("DROP SCHEMA ", postgres::QuoteIdentifier(schema))));
  RETURN_IF_ERROR(transaction.Commit());
  return true;
}

absl::Status RemoveIntegration(Connection& connection, const std::string& uid) {
  Transaction transaction = Transaction::Begin(connection);
  RETURN_IF_ERROR(connection.Execute(kRemovalPatience));
  RETURN_IF_ERROR(connection.Execute(kHold, {uid}));
  RETURN_IF_ERROR(connection.Execute(kRemoveStreams, {uid}));
  RETURN_IF_ERROR(connection.Execute(kRemove, {uid}));
  return transaction.Commit();
}

}  // namespace lockstitch::loader
