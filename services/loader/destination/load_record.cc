#include "services/loader/destination/load_record.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "postgres/quote.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::loader {
namespace {

using postgres::Connection;
using postgres::Result;

// $1 stream, $2 load, which is also the fence, $3 run, $4 extraction, $5 load table, $6 its oid, $7
// destination table, $8 key columns, $9 method, $10 lower bound, $11 horizon, $12 source system,
// $13 source database, $14 source position, $15 plan, $16 source position after the snapshot.
constexpr absl::string_view kInsertLoad = R"sql(
INSERT INTO _lockstitch.loads (stream_id, load_id, fence, run_id, extraction_id, state, load_table, load_oid,
                               destination_table, key_columns, method, lower_bound, horizon, source_system,
                               source_database, source_position, plan, source_position_after)
VALUES ($1, $2, $2, $3, $4, 'open', $5, $6, $7, $8, $9, $10, $11, $12, $13, nullif($14, '')::pg_lsn,
        pg_catalog.decode($15, 'hex'), nullif($16, '')::pg_lsn))sql";

// One load of stream $stream, a row for each of its key columns, one row if it has none. A
// condition comes behind.
constexpr absl::string_view kReadLoad = R"sql(
SELECT l.load_id, l.fence, l.run_id, l.extraction_id, l.state = 'open', l.load_table, l.load_oid, l.destination_table,
       l.method, l.source_system, l.source_database, l.source_position, pg_catalog.encode(l.plan, 'hex'),
       key.name
FROM _lockstitch.loads l LEFT JOIN LATERAL pg_catalog.unnest(l.key_columns) WITH ORDINALITY AS key(name, place) ON true
WHERE l.stream_id = $stream AND l.load_id = )sql";
constexpr absl::string_view kInKeyOrder = " ORDER BY key.place";

// $1 fence.
constexpr absl::string_view kOfFence =
    "(SELECT max(load_id) FROM _lockstitch.loads WHERE stream_id = $stream AND fence = $1)";
constexpr absl::string_view kOfLastStanding =
    "(SELECT max(load_id) FROM _lockstitch.loads WHERE stream_id = $stream AND "
    "(state = 'published' OR load_table = ''))";
constexpr absl::string_view kOfLastPublished =
    "(SELECT max(load_id) FROM _lockstitch.loads WHERE stream_id = $stream AND state = "
    "'published')";
constexpr absl::string_view kOfLastLoad =
    "(SELECT max(load_id) FROM _lockstitch.loads WHERE stream_id = $stream) AND state = 'open' AND "
    "EXISTS (SELECT 1 FROM pg_catalog.pg_class c WHERE c.oid = load_oid AND c.relname = "
    "load_table)";

// $1 stream, $2 load, $3 fence, $4 run, $5 extraction, $6 source position, $7 the one after the
// snapshot.
constexpr absl::string_view kTakeOver = R"sql(
UPDATE _lockstitch.loads SET fence = $3, run_id = $4, extraction_id = $5,
       source_position = coalesce(nullif($6, '')::pg_lsn, source_position),
       source_position_after = greatest(source_position_after, nullif($7, '')::pg_lsn)
WHERE stream_id = $1 AND load_id = $2)sql";

// $1 stream, $2 the load that is left out.
constexpr absl::string_view kLeftovers =
    "SELECT load_table, load_oid FROM _lockstitch.loads WHERE stream_id = $1 AND load_id "
    "<> $2 AND state <> 'published' "
    "AND EXISTS (SELECT 1 FROM pg_catalog.pg_class c WHERE c.oid = load_oid AND c.relname = "
    "load_table)";

// $1 stream, $2 load, $3 state.
constexpr absl::string_view kEndLoad =
    "UPDATE _lockstitch.loads SET state = $3 WHERE stream_id = $1 AND load_id = $2 AND state = "
    "'open'";

// $1 stream, $2 load, $3 key columns, $4 plan.
constexpr absl::string_view kStorePlan =
    "UPDATE _lockstitch.loads SET key_columns = $3, plan = pg_catalog.decode($4, 'hex') WHERE "
    "stream_id = $1 AND load_id = $2";

// $1 stream, $2 the load that is left out.
constexpr absl::string_view kEndOtherLoads =
    "UPDATE _lockstitch.loads SET state = 'superseded' WHERE stream_id = $1 AND load_id <> $2 AND "
    "state = 'open'";

// $1 stream, $2 destination table, $3 its oid, $4 method, $5 table version, $6 source system, $7
// source database, $8 source position, $9 replication key, $10 bookmark.
constexpr absl::string_view kRecordPublished = R"sql(
UPDATE _lockstitch.streams
SET destination_table = $2, destination_oid = $3, method = $4, table_version = $5,
    source_system = coalesce(nullif($6, ''), source_system), source_database = $7,
    source_position = coalesce(nullif($8, '')::pg_lsn, source_position),
    replication_key = nullif($9, ''), bookmark = $10
WHERE stream_id = $1)sql";

// $1 stream, $2 the load that stays.
constexpr absl::string_view kPruneLoads =
    "DELETE FROM _lockstitch.loads WHERE stream_id = $1 AND load_id < $2 AND begun_at < now() - "
    "interval '30 days' AND "
    "NOT EXISTS (SELECT 1 FROM pg_catalog.pg_class c WHERE c.oid = load_oid AND c.relname = "
    "load_table)";
constexpr absl::string_view kPruneRuns =
    "DELETE FROM _lockstitch.runs WHERE stream_id = $1 AND kept_at < now() - interval '30 days'";

std::string Text(int64_t value) { return absl::StrCat(value); }

std::string ReadingOf(absl::string_view stream, absl::string_view condition) {
  return absl::StrReplaceAll(absl::StrCat(kReadLoad, condition, kInKeyOrder),
                             {{"$stream", stream}});
}

Connection::Statement ReadingOf(const StreamState& state, absl::string_view condition) {
  return {.sql = ReadingOf("$1", condition), .parameters = {Text(state.stream_id)}};
}

absl::StatusOr<std::optional<LoadRecord>> ReadLoad(Connection& connection, const StreamState& state,
                                                   absl::string_view condition) {
  const Connection::Statement reading = ReadingOf(state, condition);
  ASSIGN_OR_RETURN(const Result rows, connection.Query(reading.sql, reading.parameters));
  return LoadOf(state, rows);
}

}  // namespace

Connection::Statement AskForLoad(int64_t fence) {
  return {.sql = ReadingOf(kLockedStream, kOfFence), .parameters = {Text(fence)}};
}

absl::StatusOr<std::optional<LoadRecord>> LoadOf(const StreamState& state, const Result& rows) {
  if (rows.empty()) return std::nullopt;
  LoadRecord load = {.stream_id = state.stream_id,
                     .load_id = rows.Int(0, 0),
                     .fence = rows.Int(0, 1),
                     .run_id = rows.String(0, 2),
                     .extraction_id = rows.String(0, 3),
                     .open = rows.Bool(0, 4),
                     .load_table = rows.String(0, 5),
                     .load_oid = rows.Int(0, 6),
                     .destination_table = rows.String(0, 7),
                     .method = static_cast<v1::ReplicationMethod>(rows.Int(0, 8))};
  load.source.set_system_identifier(rows.String(0, 9));
  load.source.set_database(rows.String(0, 10));
  load.source.set_wal_position(rows.String(0, 11));
  if (!load.plan.ParseFromString(absl::HexStringToBytes(rows.Text(0, 12))))
    return Error(Reason::kInternal,
                 absl::StrCat("the kept plan of load ", load.load_id, " can't be read"));
  for (int row = 0; row < rows.rows(); ++row) {
    if (!rows.IsNull(row, 13)) load.key_columns.push_back(rows.String(row, 13));
  }
  return load;
}

void InsertLoad(Connection& connection, const LoadRecord& load) {
  Connection::Parameter lower_bound, horizon;
  if (load.plan.has_lower_bound()) lower_bound = load.plan.lower_bound();
  if (load.plan.has_horizon()) horizon = load.plan.horizon();
  connection.Defer(
      {std::string(kInsertLoad),
       {Text(load.stream_id), Text(load.load_id), load.run_id, load.extraction_id, load.load_table,
        Text(load.load_oid), load.destination_table, postgres::ArrayText(load.key_columns),
        Text(load.method), lower_bound, horizon, load.source.system_identifier(),
        load.source.database(), load.source.wal_position(),
        absl::BytesToHexString(load.plan.SerializeAsString()), load.source.position_after()}});
}

absl::StatusOr<std::optional<LoadRecord>> LastStanding(Connection& connection,
                                                       const StreamState& state) {
  return ReadLoad(connection, state, kOfLastStanding);
}

absl::StatusOr<LastLoads> ReadLastLoads(Connection& connection, const StreamState& state) {
  ASSIGN_OR_RETURN(
      const std::vector<Result> answers,
      connection.QueryAll({ReadingOf(state, kOfLastStanding), ReadingOf(state, kOfLastPublished)}));
  LastLoads last;
  ASSIGN_OR_RETURN(last.standing, LoadOf(state, answers[0]));
  ASSIGN_OR_RETURN(last.published, LoadOf(state, answers[1]));
  return last;
}

absl::StatusOr<std::optional<LoadRecord>> UnfinishedFirstLoad(Connection& connection,
                                                              const StreamState& state) {
  ASSIGN_OR_RETURN(std::optional<LoadRecord> load, ReadLoad(connection, state, kOfLastLoad));
  if (load && load->plan.mode() != v1::LOAD_MODE_FIRST) load.reset();
  return load;
}

absl::Status TakeOver(Connection& connection, const v1::Claim& claim,
                      const v1::SourceIdentity& source, LoadRecord* load) {
  load->fence = claim.fence();
  load->run_id = claim.run_id();
  load->extraction_id = claim.extraction_id();
  load->source = source;
  return connection.Execute(
      kTakeOver, {Text(load->stream_id), Text(load->load_id), Text(load->fence), load->run_id,
                  load->extraction_id, load->source.wal_position(), load->source.position_after()});
}

Connection::Statement AskForLeftovers(const LoadRecord& load) {
  return {std::string(kLeftovers), {Text(load.stream_id), Text(load.load_id)}};
}

std::vector<Leftover> LeftoversOf(const Result& rows) {
  std::vector<Leftover> leftovers;
  for (int row = 0; row < rows.rows(); ++row)
    leftovers.push_back({.load_table = rows.String(row, 0), .load_oid = rows.Int(row, 1)});
  return leftovers;
}

void EndLoad(Connection& connection, const LoadRecord& load, absl::string_view state) {
  connection.Defer(
      {std::string(kEndLoad), {Text(load.stream_id), Text(load.load_id), std::string(state)}});
}

absl::Status StorePlan(Connection& connection, const LoadRecord& load) {
  return connection.Execute(
      kStorePlan, {Text(load.stream_id), Text(load.load_id), postgres::ArrayText(load.key_columns),
                   absl::BytesToHexString(load.plan.SerializeAsString())});
}

void EndOtherLoads(Connection& connection, const LoadRecord& load) {
  connection.Defer({std::string(kEndOtherLoads), {Text(load.stream_id), Text(load.load_id)}});
}

void RecordPublished(Connection& connection, const LoadRecord& load, const Published& published) {
  connection.Defer({std::string(kRecordPublished),
                    {Text(load.stream_id), load.destination_table, Text(published.destination_oid),
                     Text(load.method), Text(published.table_version),
                     load.source.system_identifier(), load.source.database(),
                     load.source.wal_position(), load.plan.replication_key(), published.bookmark}});
  connection.Defer({std::string(kPruneLoads), {Text(load.stream_id), Text(load.load_id)}});
  connection.Defer({std::string(kPruneRuns), {Text(load.stream_id)}});
}

}  // namespace lockstitch::loader
