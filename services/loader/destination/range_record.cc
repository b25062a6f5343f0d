#include "services/loader/destination/range_record.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "batch/checksum.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::loader {
namespace {

using postgres::Connection;
using postgres::Result;

// $1 stream, $2 load, $3 range, $4 lower bound, $5 upper bound, $6 whether it holds NULL keys, $7
// whether it is a closing one, $8 whether it holds keys.
constexpr absl::string_view kInsertRange =
    "INSERT INTO _lockstitch.ranges (stream_id, load_id, range, lower_bound, upper_bound, "
    "null_keys, closing, keys) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

// $1 stream, $2 load, $3 range.
constexpr absl::string_view kRaiseAttempt =
    "UPDATE _lockstitch.ranges SET attempt = attempt + 1 WHERE stream_id = $1 AND load_id = $2 AND "
    "range = $3 "
    "RETURNING attempt, complete, closing, keys, EXISTS (SELECT 1 FROM _lockstitch.ranges o WHERE "
    "o.stream_id = $1 AND o.load_id = $2 AND o.range <> $3 AND NOT o.complete)";
constexpr absl::string_view kAttempt =
    "SELECT attempt FROM _lockstitch.ranges WHERE stream_id = $1 AND load_id = $2 AND range = $3";
constexpr absl::string_view kChunks =
    "SELECT rows, bytes, checksum, row_sum, last_key FROM _lockstitch.chunks "
    "WHERE stream_id = $1 AND load_id = $2 AND range = $3 ORDER BY chunk";

// $1 stream, $2 load, $3 range, $4 chunk, $5 fence, $6 run, $7 rows, $8 bytes, $9 checksum, $10 row
// sum, $11 last key, $12 rows deleted, $13 keys unseen.
constexpr absl::string_view kInsertChunk =
    "INSERT INTO _lockstitch.chunks (stream_id, load_id, range, chunk, fence, run_id, rows, bytes, "
    "checksum, row_sum, last_key, deleted, unseen) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
constexpr absl::string_view kCompleteRange =
    "UPDATE _lockstitch.ranges SET complete = true WHERE stream_id = $1 AND load_id = $2 AND range "
    "= $3";

// $1 stream, $2 load.
constexpr absl::string_view kReadRanges = R"sql(
SELECT r.range, r.lower_bound, r.upper_bound, r.null_keys, r.complete, r.closing, r.keys, c.rows, c.bytes, c.checksum, c.row_sum,
       r.attempt
FROM _lockstitch.ranges r LEFT JOIN _lockstitch.chunks c USING (stream_id, load_id, range)
WHERE r.stream_id = $1 AND r.load_id = $2
ORDER BY r.range, c.chunk)sql";

// $1 stream, $2 run, $3 load. A load without a table of its own left its rows where they count.
constexpr absl::string_view kCountRun = R"sql(
SELECT (pg_catalog.sum(c.rows) FILTER (WHERE stands AND NOT r.keys))::pg_catalog.int8,
       (pg_catalog.sum(c.bytes) FILTER (WHERE stands AND NOT r.keys))::pg_catalog.int8,
       (pg_catalog.sum(c.deleted) FILTER (WHERE stands))::pg_catalog.int8,
       (pg_catalog.sum(c.rows) FILTER (WHERE NOT r.keys))::pg_catalog.int8
FROM _lockstitch.chunks c JOIN _lockstitch.loads l USING (stream_id, load_id)
     JOIN _lockstitch.ranges r USING (stream_id, load_id, range),
     LATERAL (SELECT c.load_id = $3 OR l.load_table = '' AS stands) s
WHERE c.stream_id = $1 AND c.run_id = $2)sql";

// $1 stream, $2 bookmark, $3 load, $4 horizon. Rows of a load before it were written with other
// columns. The bookmark stays as well if it is the greatest of their keys, or the horizon keeps it.
constexpr absl::string_view kLastApplied = R"sql(
SELECT c.rows, c.bytes, c.checksum, c.row_sum, c.last_key
FROM (SELECT * FROM _lockstitch.chunks JOIN _lockstitch.ranges USING (stream_id, load_id, range)
      WHERE stream_id = $1 AND NOT keys ORDER BY load_id DESC, range DESC, chunk DESC LIMIT 1) c
     JOIN _lockstitch.loads l USING (stream_id, load_id)
WHERE c.chunk = 0 AND l.load_table = '' AND l.state = 'published' AND l.lower_bound = $2 AND l.load_id = $3 AND
      (c.rows = 0 OR c.last_key = $2 OR $4 = $2))sql";

// $1 stream, $2 load.
constexpr absl::string_view kSeveralSnapshots =
    "SELECT count(DISTINCT fence) > 1 FROM _lockstitch.chunks WHERE stream_id = $1 AND load_id = "
    "$2";

std::string Text(int64_t value) { return absl::StrCat(value); }

std::string Text(bool value) { return value ? "t" : "f"; }

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

std::vector<Connection::Parameter> LoadKey(const LoadRecord& load) {
  return {Text(load.stream_id), Text(load.load_id)};
}

std::vector<Connection::Parameter> RangeKey(const LoadRecord& load, uint32_t range) {
  return {Text(load.stream_id), Text(load.load_id), absl::StrCat(range)};
}

}  // namespace

absl::StatusOr<std::vector<RangeRecord>> ReadRanges(Connection& connection,
                                                    const LoadRecord& load) {
  ASSIGN_OR_RETURN(const std::vector<Result> answers, connection.QueryAll({AskForRanges(load)}));
  return RangesOf(answers[0]);
}

Connection::Statement AskForRanges(const LoadRecord& load) {
  return {std::string(kReadRanges), LoadKey(load)};
}

std::vector<RangeRecord> RangesOf(const Result& rows) {
  std::vector<RangeRecord> ranges;
  for (int row = 0; row < rows.rows(); ++row) {
    const uint32_t number = static_cast<uint32_t>(rows.Int(row, 0));
    if (ranges.empty() || ranges.back().planned.number() != number) {
      v1::PlannedRange& planned = ranges.emplace_back().planned;
      planned.set_number(number);
      if (const auto lower = rows.Optional(row, 1)) planned.mutable_bounds()->set_lower(*lower);
      if (const auto upper = rows.Optional(row, 2)) planned.mutable_bounds()->set_upper(*upper);
      planned.mutable_bounds()->set_null_keys(rows.Bool(row, 3));
      planned.set_durable(rows.Bool(row, 4));
      planned.set_closing(rows.Bool(row, 5));
      planned.set_keys(rows.Bool(row, 6));
      ranges.back().attempt = rows.Int(row, 11);
    }
    if (!rows.IsNull(row, 7)) batch::AddChunk(ExtentOf(rows, row, 7), &ranges.back().durable);
  }
  return ranges;
}

void InsertRange(Connection& connection, const LoadRecord& load, const v1::PlannedRange& range) {
  std::vector<Connection::Parameter> parameters = RangeKey(load, range.number());
  const v1::RangeBounds& bounds = range.bounds();
  parameters.push_back(bounds.has_lower() ? Connection::Parameter(bounds.lower()) : std::nullopt);
  parameters.push_back(bounds.has_upper() ? Connection::Parameter(bounds.upper()) : std::nullopt);
  parameters.emplace_back(Text(bounds.null_keys()));
  parameters.emplace_back(Text(range.closing()));
  parameters.emplace_back(Text(range.keys()));
  connection.Defer({std::string(kInsertRange), std::move(parameters)});
}

absl::StatusOr<OpenedRange> OpenRange(postgres::Transaction transaction, const LoadRecord& load,
                                      uint32_t range) {
  ASSIGN_OR_RETURN(const std::vector<Result> answers,
                   transaction.CommitWith({{std::string(kRaiseAttempt), RangeKey(load, range)},
                                           {std::string(kChunks), RangeKey(load, range)}}));
  const Result &raised = answers[0], &chunks = answers[1];
  if (raised.empty())
    return Error(Reason::kLoadNotBegun, absl::StrCat("the load has no range ", range));
  OpenedRange opened = {.closing = raised.Bool(0, 2), .keys = raised.Bool(0, 3)};
  opened.answer.set_attempt(static_cast<uint32_t>(raised.Int(0, 0)));
  opened.answer.set_complete(raised.Bool(0, 1));
  if ((opened.closing || opened.keys) && !opened.answer.complete() && raised.Bool(0, 4)) {
    return Error(Reason::kProtocolViolated,
                 absl::StrCat("range ", range, " closes the load: the others come first"));
  }
  opened.answer.set_durable_chunks(static_cast<uint32_t>(chunks.rows()));
  for (int row = 0; row < chunks.rows(); ++row) {
    batch::AddChunk(ExtentOf(chunks, row, 0), opened.answer.mutable_durable());
    if (const auto last_key = chunks.Optional(row, 4)) opened.answer.set_last_key(*last_key);
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

void InsertChunk(Connection& connection, const LoadRecord& load, uint32_t range,
                 const v1::ChunkEnd& chunk, const ChunkOutcome& outcome) {
  const v1::Extent& extent = chunk.extent();
  connection.Defer(
      {std::string(kInsertChunk),
       {Text(load.stream_id), Text(load.load_id), absl::StrCat(range), absl::StrCat(chunk.chunk()),
        Text(load.fence), load.run_id, Signed(extent.rows()), Signed(extent.bytes()),
        Signed(extent.checksum()), Signed(extent.row_sum()), outcome.last_key,
        Text(outcome.deleted), Text(outcome.unseen)}});
  if (chunk.ends_range()) connection.Defer({std::string(kCompleteRange), RangeKey(load, range)});
}

absl::Status CountRun(Connection& connection, const StreamState& state, const std::string& run_id,
                      int64_t load_id, v1::LoadResult* result) {
  ASSIGN_OR_RETURN(const Result sums,
                   connection.Query(kCountRun, {Text(state.stream_id), run_id, Text(load_id)}));
  result->set_rows(sums.Int(0, 0));
  result->set_bytes(sums.Int(0, 1));
  result->set_deleted(sums.Int(0, 2));
  result->set_run_rows(sums.Int(0, 3));
  return absl::OkStatus();
}

absl::StatusOr<std::optional<AppliedRows>> LastAppliedFromBookmark(
    Connection& connection, const StreamState& state, const LoadRecord& last,
    const std::optional<std::string>& horizon) {
  ASSIGN_OR_RETURN(const Result applied,
                   connection.Query(kLastApplied, {Text(state.stream_id), state.bookmark,
                                                   Text(last.load_id), horizon}));
  if (applied.empty()) return std::nullopt;
  return AppliedRows{.extent = ExtentOf(applied, 0, 0), .last_key = applied.Optional(0, 4)};
}

absl::StatusOr<bool> HasSeveralSnapshots(Connection& connection, const LoadRecord& load) {
  ASSIGN_OR_RETURN(const Result several, connection.Query(kSeveralSnapshots, LoadKey(load)));
  return several.Bool(0, 0);
}

}  // namespace lockstitch::loader
