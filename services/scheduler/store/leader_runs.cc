#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "rpc/timestamp.h"
#include "services/scheduler/store/column_value.h"
#include "services/scheduler/store/leader_statement.h"
#include "services/scheduler/store/leader_store.h"
#include "status/macros.h"

namespace lockstitch::scheduler {
namespace {

using postgres::Connection;

// $2 job's id; arrays with an element a run: $3 ids, $4 streams, $5 runs.
constexpr absl::string_view kAdd = R"sql(
job AS (SELECT j.key, j.integration_key FROM lead, lockstitch.jobs j WHERE j.job_id = $2 AND j.state IN (1, 2)),
added AS (
  INSERT INTO lockstitch.runs (run_id, job_key, integration_key, stream, state, run)
  SELECT r.run_id, job.key, job.integration_key, r.stream, 1, r.run
  FROM job, unnest($3::text[], $4::text[], $5::bytea[]) AS r(run_id, stream, run)
  ON CONFLICT (run_id) DO NOTHING
  RETURNING job_key),
counted AS (
  UPDATE lockstitch.jobs j SET streams = j.streams + a.runs
  FROM (SELECT job_key, count(*) AS runs FROM added GROUP BY job_key) a WHERE j.key = a.job_key)
SELECT EXISTS (SELECT FROM lead), EXISTS (SELECT FROM job))sql";

// $2 id, $3 fence, $4 draws, $5 extractor, $6 connections.
constexpr absl::string_view kRecordDispatch = R"sql(
dispatched AS (
  UPDATE lockstitch.runs r SET fence = $3, draws = $4, extractor = $5, connections = $6
  FROM lead WHERE r.run_id = $2 AND r.state IN (1, 2)
  RETURNING 1)
SELECT EXISTS (SELECT FROM lead), EXISTS (SELECT FROM dispatched))sql";

// Arrays with an element a run: $2 ids, $3 states, $4 rows, $5 runs; and with one an entry: $6 ids
// of jobs, $7 times, $8 severities, $9 streams, $10 origins, $11 messages. Who appends to the log
// waits for those before, so that whoever tails it by numbers misses none.
constexpr absl::string_view kWriteProgress = R"sql(
stand AS (
  UPDATE lockstitch.runs r SET state = p.state, rows_loaded = p.rows_loaded, run = p.run
  FROM lead, unnest($2::text[], $3::integer[], $4::bigint[], $5::bytea[]) AS p(run_id, state, rows_loaded, run)
  WHERE r.run_id = p.run_id AND r.state IN (1, 2)),
turn AS MATERIALIZED (
  SELECT pg_advisory_xact_lock(7810773182937641582) FROM lead WHERE cardinality($6::text[]) > 0),
appended AS (
  INSERT INTO lockstitch.log_entries (job_key, integration_key, time, severity, stream, origin, message)
  SELECT j.key, j.integration_key, e.time, e.severity, e.stream, e.origin, e.message
  FROM turn, unnest($6::text[], $7::timestamptz[], $8::integer[], $9::text[], $10::text[], $11::text[])
         WITH ORDINALITY AS e(job_id, time, severity, stream, origin, message, place)
       JOIN lockstitch.jobs j ON j.job_id = e.job_id
  ORDER BY e.place)
SELECT EXISTS (SELECT FROM lead), true)sql";

// $2 id, $3 job's id, $4 state, $5 rows of the load, $6 run, $7 when it ended, $8 rows of its
// usage, $9 replication key, $10 bookmark, $11 table version, $12 destination table, $13 schema
// changes, $14 error. What the run has not come to (a failed one knows no bookmark, and a cancelled
// one no table) stays as it was. Rows before the first load, and in the 7 days after, are
// historical.
constexpr absl::string_view kEnd = R"sql(
ended AS (
  UPDATE lockstitch.runs r SET state = $4, rows_loaded = $5, run = $6, ended_at = $7, rows = $8
  FROM lead, lockstitch.jobs j
  WHERE r.run_id = $2 AND r.state IN (1, 2) AND j.key = r.job_key AND j.job_id = $3
  RETURNING r.job_key, r.integration_key, r.stream),
first_load AS (
  UPDATE lockstitch.integrations i SET first_load_at = $7
  FROM ended WHERE i.key = ended.integration_key AND i.first_load_at IS NULL AND $4 = 3),
used AS (
  INSERT INTO lockstitch.usage AS u (integration_key, day, stream, rows, historical_rows)
  SELECT i.key, ($7::timestamptz AT TIME ZONE 'UTC')::date, ended.stream, $8::bigint,
         CASE WHEN i.first_load_at IS NULL OR $7 < i.first_load_at + interval '7 days' THEN $8 ELSE 0 END
  FROM ended JOIN lockstitch.integrations i ON i.key = ended.integration_key
  WHERE $8 > 0
  ON CONFLICT (integration_key, day, stream) DO UPDATE
  SET rows = u.rows + excluded.rows, historical_rows = u.historical_rows + excluded.historical_rows),
reported AS (
  INSERT INTO lockstitch.streams AS s (integration_key, stream, last_load_at, last_load_rows, replication_key, bookmark,
                                       destination_table, table_version, schema_changes, error)
  SELECT integration_key, stream, CASE WHEN $4 = 3 THEN $7::timestamptz END, CASE WHEN $4 = 3 THEN $5 ELSE 0 END,
         $9, $10, $12, $11, $13, $14
  FROM ended WHERE $4 <> 6
  ON CONFLICT (integration_key, stream) DO UPDATE
  SET last_load_at = coalesce(excluded.last_load_at, s.last_load_at),
      last_load_rows = CASE WHEN $4 = 3 THEN excluded.last_load_rows ELSE s.last_load_rows END,
      replication_key = CASE WHEN $4 = 3 OR $9 <> '' THEN $9 ELSE s.replication_key END,
      bookmark = CASE WHEN $4 = 3 THEN $10 ELSE coalesce($10, s.bookmark) END,
      destination_table = CASE WHEN $12 <> '' THEN $12 ELSE s.destination_table END,
      table_version = CASE WHEN $11 > 0 THEN $11 ELSE s.table_version END,
      schema_changes = CASE WHEN octet_length(excluded.schema_changes) > 0 THEN excluded.schema_changes
                            ELSE s.schema_changes END,
      error = excluded.error),
counted AS (
  UPDATE lockstitch.jobs j
  SET streams_succeeded = j.streams_succeeded + CASE WHEN $4 = 3 THEN 1 ELSE 0 END,
      streams_failed = j.streams_failed + CASE WHEN $4 = 4 THEN 1 ELSE 0 END,
      rows_loaded = j.rows_loaded + $5
  FROM ended WHERE j.key = ended.job_key)
SELECT EXISTS (SELECT FROM lead), EXISTS (SELECT FROM lockstitch.runs WHERE run_id = $2))sql";

bool IsOpen(const v1::StreamRun& run) {
  return run.state() == v1::STREAM_RUN_STATE_QUEUED || run.state() == v1::STREAM_RUN_STATE_RUNNING;
}

}  // namespace

absl::Status LeaderStore::AddRuns(const std::string& job_id,
                                  const std::vector<v1::StreamRun>& runs) const {
  ArrayValue ids, streams, messages;
  for (v1::StreamRun run : runs) {
    run.set_state(v1::STREAM_RUN_STATE_QUEUED);
    ids.Add(run.run_id());
    streams.Add(run.stream());
    messages.Add(MessageValue(run));
  }
  return RunAsLeader(*catalog_, term_, kAdd, {job_id, ids.text(), streams.text(), messages.text()})
      .status();
}

absl::Status LeaderStore::RecordDispatch(const std::string& run_id,
                                         const DispatchedRun& dispatched) const {
  return RunAsLeader(*catalog_, term_, kRecordDispatch,
                     {run_id, NumberValue(dispatched.fence), NumberValue(dispatched.draws),
                      dispatched.extractor, NumberValue(dispatched.connections)})
      .status();
}

absl::Status LeaderStore::WriteProgress(const std::vector<v1::StreamRun>& runs,
                                        const std::vector<JobLogEntry>& entries) const {
  ArrayValue ids, states, rows, messages;
  for (const v1::StreamRun& run : runs) {
    if (!IsOpen(run)) continue;  // EndRun's.
    ids.Add(run.run_id());
    states.Add(NumberValue(run.state()));
    rows.Add(NumberValue(run.progress().rows_loaded()));
    messages.Add(MessageValue(run));
  }
  ArrayValue jobs, times, severities, streams, origins, texts;
  for (const auto& [job_id, entry] : entries) {
    jobs.Add(job_id);
    times.Add(TimeValue(rpc::FromTimestamp(entry.time())));
    severities.Add(NumberValue(entry.severity()));
    streams.Add(entry.stream());
    origins.Add(entry.origin());
    texts.Add(entry.message());
  }
  return RunAsLeader(
             *catalog_, term_, kWriteProgress,
             {ids.text(), states.text(), rows.text(), messages.text(), jobs.text(), times.text(),
              severities.text(), streams.text(), origins.text(), texts.text()})
      .status();
}

absl::Status LeaderStore::EndRun(const std::string& job_id, const EndedRun& ended) const {
  v1::StreamRun run = ended.run;
  if (!run.has_ended_at()) *run.mutable_ended_at() = rpc::ToTimestamp(absl::Now());
  v1::LoadReport changes;
  for (const v1::SchemaChange& change : run.changes()) changes.add_schema_changes(change.effect());
  Connection::Parameter error, bookmark;
  if (run.state() == v1::STREAM_RUN_STATE_FAILED) error = MessageValue(run.error());
  if (ended.bookmark) bookmark = *ended.bookmark;
  return RunAsLeader(*catalog_, term_, kEnd,
                     {run.run_id(), job_id, NumberValue(run.state()),
                      NumberValue(run.progress().rows_loaded()), MessageValue(run),
                      TimeValue(rpc::FromTimestamp(run.ended_at())), NumberValue(ended.rows),
                      ended.replication_key, bookmark, NumberValue(ended.table_version),
                      run.destination_table(), MessageValue(changes), error})
      .status();
}

}  // namespace lockstitch::scheduler
