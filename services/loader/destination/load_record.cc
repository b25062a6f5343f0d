#include "services/loader/destination/load_record.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "batch/checksum.h"
#include "postgres/quote.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::loader {
namespace {

using postgres::Connection;
using postgres::Result;

// $1 stream, $2 fence, $3 run, $4 extraction, $5 load table, $6 its oid, $7 destination table, $8
// key columns, $9 method, $10 lower bound, $11 horizon, $12 source system, $13 source database, $14
// source position, $15 plan.
constexpr absl::string_view kInsertLoad = R"sql(
INSERT INTO _lockstitch.loads (stream_id, fence, run_id, extraction_id, state, load_table, load_oid, destination_table,
                               key_columns, method, lower_bound, horizon, source_system, source_database,
                               source_position, plan)
VALUES ($1, $2, $3, $4, 'open', $5, $6, $7, $8, $9, $10, $11, $12, $13, nullif($14, '')::pg_lsn,
        pg_catalog.decode($15, 'hex')))sql";

// $1 stream, $2 fence, $3 range, $4 lower bound, $5 upper bound.
constexpr absl::string_view kInsertRange =
    "INSERT INTO _lockstitch.ranges (stream_id, fence, range, lower_bound, upper_bound) VALUES "
    "($1, $2, $3, $4, $5)";

// $1 stream, $2 fence.
constexpr absl::string_view kFindLoad = R"sql(
SELECT l.run_id, l.extraction_id, l.state = 'open', l.load_table, l.load_oid, l.destination_table, l.method,
       l.source_system, l.source_database, l.source_position, pg_catalog.encode(l.plan, 'hex'), key.name
FROM _lockstitch.loads l LEFT JOIN LATERAL pg_catalog.unnest(l.key_columns) WITH ORDINALITY AS key(name, place) ON true
WHERE l.stream_id = $1 AND l.fence = $2
ORDER BY key.place)sql";

// $1 stream.
constexpr absl::string_view kLastPublished =
    "SELECT pg_catalog.encode(plan, 'hex'), fence FROM _lockstitch.loads WHERE stream_id = $1 AND "
    "state = "
    "'published' ORDER BY fence DESC LIMIT 1";

// $1 stream, $2 fence.
constexpr absl::string_view kLeftovers =
    "SELECT fence, load_table, load_oid FROM _lockstitch.loads WHERE stream_id = $1 AND fence < $2 "
    "AND state <> 'published' "
    "AND EXISTS (SELECT 1 FROM pg_catalog.pg_class c WHERE c.oid = load_oid AND c.relname = "
    "load_table)";

// $1 stream, $2 fence, $3 state.
constexpr absl::string_view kEndLoad =
    "UPDATE _lockstitch.loads SET state = $3 WHERE stream_id = $1 AND fence = $2 AND state = "
    "'open'";

// $1 stream, $2 fence, $3 range.
constexpr absl::string_view kRaiseAttempt =
    "UPDATE _lockstitch.ranges SET attempt = attempt + 1 WHERE stream_id = $1 AND fence = $2 AND "
    "range = $3 "
    "RETURNING attempt, complete";
constexpr absl::string_view kAttempt =
    "SELECT attempt FROM _lockstitch.ranges WHERE stream_id = $1 AND fence = $2 AND range = $3";
constexpr absl::string_view kChunks =
    "SELECT rows, bytes, checksum, row_sum, last_key FROM _lockstitch.chunks "
    "WHERE stream_id = $1 AND fence = $2 AND range = $3 ORDER BY chunk";

// $1 stream, $2 fence, $3 range, $4 chunk, $5 run, $6 rows, $7 bytes, $8 checksum, $9 row sum, $10
// last key.
constexpr absl::string_view kInsertChunk =
    "INSERT INTO _lockstitch.chunks (stream_id, fence, range, chunk, run_id, rows, bytes, "
    "checksum, row_sum, last_key) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
constexpr absl::string_view kCompleteRange =
    "UPDATE _lockstitch.ranges SET complete = true WHERE stream_id = $1 AND fence = $2 AND range = "
    "$3";

// $1 stream, $2 fence.
constexpr absl::string_view kDurableRanges = R"sql(
SELECT r.range, r.complete, c.rows, c.bytes, c.checksum, c.row_sum
FROM _lockstitch.ranges r LEFT JOIN _lockstitch.chunks c USING (stream_id, fence, range)
WHERE r.stream_id = $1 AND r.fence = $2
ORDER BY r.range, c.chunk)sql";

// $1 stream, $2 run, $3 fence.
constexpr absl::string_view kCountRun =
    "SELECT pg_catalog.sum(rows)::pg_catalog.int8, pg_catalog.sum(bytes)::pg_catalog.int8 FROM "
    "_lockstitch.chunks "
    "WHERE stream_id = $1 AND run_id = $2 AND fence = $3";

// $1 stream, $2 destination table, $3 its oid, $4 method, $5 table version, $6 source system, $7
// source database, $8 source position.
constexpr absl::string_view kRecordPublished = R"sql(
UPDATE _lockstitch.streams
SET destination_table = $2, destination_oid = $3, method = $4, table_version = $5,
    source_system = coalesce(nullif($6, ''), source_system), source_database = $7,
    source_position = coalesce(nullif($8, '')::pg_lsn, source_position)
WHERE stream_id = $1)sql";

// $1 stream, $2 fence of the load that stays.
constexpr absl::string_view kPruneLoads =
    "DELETE FROM _lockstitch.loads WHERE stream_id = $1 AND fence < $2 AND begun_at < now() - "
    "interval '30 days' AND "
    "NOT EXISTS (SELECT 1 FROM pg_catalog.pg_class c WHERE c.oid = load_oid AND c.relname = "
    "load_table)";
constexpr absl::string_view kPruneResults =
    "DELETE FROM _lockstitch.results WHERE stream_id = $1 AND kept_at < now() - interval '30 days'";

std::string Text(int64_t value) { return absl::StrCat(value); }

// bigint has no unsigned half: the bits are kept.
std::string Signed(uint64_t bits) { return absl::StrCat(static_cast<int64_t>(bits)); }

v1::Extent ExtentOf(const Result& result, int row, int first_column) {
  v1::Extent extent;
  extent.set_rows(result.Bits(row, first_column));
  extent.set_bytes(result.Bits(row, first_column + 1));
  extent.set_checksum(result.Bits(row, first_column + 2));
  extent.set_row_sum(result.Bits(row, first_column + 3));
  return extent;
}

std::vector<Connection::Parameter> RangeKey(const LoadRecord& load, uint32_t range) {
  return {Text(load.stream_id), Text(load.fence), Text(range)};
}

template <typename Message>
Connection::Parameter OptionalText(const Message& message, bool has,
                                   const std::string& (Message::*get)() const) {
  if (!has) return std::nullopt;
  return (message.*get)();
}

absl::StatusOr<v1::LoadPlan> ParsePlan(absl::string_view hex, absl::string_view fence) {
  v1::LoadPlan plan;
  if (plan.ParseFromString(absl::HexStringToBytes(hex))) return plan;
  return Error(Reason::kInternal, absl::StrCat("the kept plan of fence ", fence, " can't be read"));
}

}  // namespace

absl::Status InsertLoad(Connection& connection, const LoadRecord& load,
                        const v1::BeginLoadRequest& request) {
  const auto horizon = OptionalText(request, request.has_horizon(), &v1::BeginLoadRequest::horizon);
  const auto lower_bound =
      OptionalText(load.plan, load.plan.has_lower_bound(), &v1::LoadPlan::lower_bound);
  RETURN_IF_ERROR(connection.Execute(
      kInsertLoad,
      {Text(load.stream_id), Text(load.fence), load.run_id, load.extraction_id, load.load_table,
       Text(load.load_oid), load.destination_table, postgres::ArrayText(load.key_columns),
       Text(load.method), lower_bound, horizon, load.source.system_identifier(),
       load.source.database(), load.source.wal_position(),
       absl::BytesToHexString(load.plan.SerializeAsString())}));
  for (int range = 0; range < request.ranges_size(); ++range) {
    const v1::RangeBounds& bounds = request.ranges(range);
    RETURN_IF_ERROR(connection.Execute(
        kInsertRange, {Text(load.stream_id), Text(load.fence), Text(range),
                       OptionalText(bounds, bounds.has_lower(), &v1::RangeBounds::lower),
                       OptionalText(bounds, bounds.has_upper(), &v1::RangeBounds::upper)}));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::set<std::string>> KnownColumns(Connection& connection,
                                                   const StreamState& state) {
  ASSIGN_OR_RETURN(const Result rows, connection.Query(kLastPublished, {Text(state.stream_id)}));
  if (rows.empty()) return std::set<std::string>();
  ASSIGN_OR_RETURN(const v1::LoadPlan plan, ParsePlan(rows.Text(0, 0), rows.Text(0, 1)));
  return std::set<std::string>(plan.known_columns().begin(), plan.known_columns().end());
}

absl::StatusOr<std::optional<LoadRecord>> FindLoad(Connection& connection, const StreamState& state,
                                                   int64_t fence) {
  ASSIGN_OR_RETURN(const Result rows,
                   connection.Query(kFindLoad, {Text(state.stream_id), Text(fence)}));
  if (rows.empty()) return std::nullopt;
  LoadRecord load = {.stream_id = state.stream_id,
                     .fence = fence,
                     .run_id = rows.String(0, 0),
                     .extraction_id = rows.String(0, 1),
                     .open = rows.Bool(0, 2),
                     .load_table = rows.String(0, 3),
                     .load_oid = rows.Int(0, 4),
                     .destination_table = rows.String(0, 5),
                     .method = static_cast<v1::ReplicationMethod>(rows.Int(0, 6))};
  load.source.set_system_identifier(rows.String(0, 7));
  load.source.set_database(rows.String(0, 8));
  load.source.set_wal_position(rows.String(0, 9));
  ASSIGN_OR_RETURN(load.plan, ParsePlan(rows.Text(0, 10), Text(fence)));
  for (int row = 0; row < rows.rows(); ++row) {
    if (!rows.IsNull(row, 11)) load.key_columns.push_back(rows.String(row, 11));
  }
  return load;
}

absl::StatusOr<std::vector<Leftover>> Leftovers(Connection& connection, const StreamState& state,
                                                int64_t before_fence) {
  ASSIGN_OR_RETURN(const Result rows,
                   connection.Query(kLeftovers, {Text(state.stream_id), Text(before_fence)}));
  std::vector<Leftover> leftovers;
  for (int row = 0; row < rows.rows(); ++row) {
    leftovers.push_back({.fence = rows.Int(row, 0),
                         .load_table = rows.String(row, 1),
                         .load_oid = rows.Int(row, 2)});
  }
  return leftovers;
}

absl::Status EndLoad(Connection& connection, int64_t stream_id, int64_t fence,
                     absl::string_view state) {
  return connection.Execute(kEndLoad, {Text(stream_id), Text(fence), std::string(state)});
}

absl::StatusOr<v1::LoadOpened> RaiseAttempt(Connection& connection, const LoadRecord& load,
                                            uint32_t range) {
  ASSIGN_OR_RETURN(const Result raised, connection.Query(kRaiseAttempt, RangeKey(load, range)));
  if (raised.empty())
    return Error(Reason::kLoadNotBegun, absl::StrCat("the load has no range ", range));
  ASSIGN_OR_RETURN(const Result chunks, connection.Query(kChunks, RangeKey(load, range)));
  v1::LoadOpened opened;
  opened.set_attempt(static_cast<uint32_t>(raised.Int(0, 0)));
  opened.set_complete(raised.Bool(0, 1));
  opened.set_durable_chunks(static_cast<uint32_t>(chunks.rows()));
  for (int row = 0; row < chunks.rows(); ++row) {
    batch::AddChunk(ExtentOf(chunks, row, 0), opened.mutable_durable());
    if (const auto last_key = chunks.Optional(row, 4)) opened.set_last_key(*last_key);
  }
  return opened;
}

absl::Status TestAttempt(Connection& connection, const LoadRecord& load, uint32_t range,
                         uint32_t attempt) {
  ASSIGN_OR_RETURN(const Result present, connection.Query(kAttempt, RangeKey(load, range)));
  if (!present.empty() && present.Int(0, 0) == attempt) return absl::OkStatus();
  return Error(Reason::kRangeSuperseded,
               absl::StrCat("range ", range, " was opened again after attempt ", attempt));
}

absl::Status InsertChunk(Connection& connection, const LoadRecord& load, uint32_t range,
                         const v1::ChunkEnd& chunk) {
  const v1::Extent& extent = chunk.extent();
  RETURN_IF_ERROR(connection.Execute(
      kInsertChunk, {Text(load.stream_id), Text(load.fence), Text(range), Text(chunk.chunk()),
                     load.run_id, Signed(extent.rows()), Signed(extent.bytes()),
                     Signed(extent.checksum()), Signed(extent.row_sum()), std::nullopt}));
  if (!chunk.ends_range()) return absl::OkStatus();
  return connection.Execute(kCompleteRange, RangeKey(load, range));
}

absl::StatusOr<std::map<uint32_t, DurableRange>> DurableRanges(Connection& connection,
                                                               const LoadRecord& load) {
  ASSIGN_OR_RETURN(const Result rows,
                   connection.Query(kDurableRanges, {Text(load.stream_id), Text(load.fence)}));
  std::map<uint32_t, DurableRange> ranges;
  for (int row = 0; row < rows.rows(); ++row) {
    DurableRange& range = ranges[static_cast<uint32_t>(rows.Int(row, 0))];
    range.complete = rows.Bool(row, 1);
    if (rows.IsNull(row, 2)) continue;
    batch::AddChunk(ExtentOf(rows, row, 2), &range.extent);
  }
  return ranges;
}

absl::Status CountRun(Connection& connection, const StreamState& state, const std::string& run_id,
                      int64_t fence, v1::LoadResult* result) {
  ASSIGN_OR_RETURN(const Result sums,
                   connection.Query(kCountRun, {Text(state.stream_id), run_id, Text(fence)}));
  result->set_rows(sums.Int(0, 0));
  result->set_bytes(sums.Int(0, 1));
  return absl::OkStatus();
}

absl::Status RecordPublished(Connection& connection, const StreamState& state,
                             const LoadRecord& load, int64_t table_version) {
  RETURN_IF_ERROR(connection.Execute(
      kRecordPublished, {Text(load.stream_id), load.destination_table, Text(load.load_oid),
                         Text(load.method), Text(table_version), load.source.system_identifier(),
                         load.source.database(), load.source.wal_position()}));
  RETURN_IF_ERROR(connection.Execute(kPruneLoads, {Text(load.stream_id), Text(load.fence)}));
  return connection.Execute(kPruneResults, {Text(load.stream_id)});
}

}  // namespace lockstitch::loader
