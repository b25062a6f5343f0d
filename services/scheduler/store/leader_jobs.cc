#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "rpc/timestamp.h"
#include "services/scheduler/store/column_value.h"
#include "services/scheduler/store/job_row.h"
#include "services/scheduler/store/leader_statement.h"
#include "services/scheduler/store/leader_store.h"
#include "services/scheduler/store/notification.h"
#include "services/scheduler/store/revision.h"
#include "status/macros.h"
#include "telemetry/log.h"

namespace lockstitch::scheduler {
namespace {

using postgres::Connection;
using postgres::Result;

// $2 ids of jobs that are known, $3 how many others: their keys, a row without one where there are
// none. What is read of them comes in another statement: a server that can't get rid of a long
// answer, because the process was stopped, would keep the leadership's row locked.
constexpr absl::string_view kTakeOpenJobs = R"sql(
taken AS (
  UPDATE lockstitch.jobs j SET term = $1
  FROM lead, (SELECT o.key FROM lockstitch.jobs o
              WHERE o.state IN (1, 2) AND
                    NOT EXISTS (SELECT FROM unnest($2::text[]) AS known(job_id) WHERE known.job_id = o.job_id)
              ORDER BY o.key LIMIT $3) AS others
  WHERE j.key = others.key
  RETURNING j.key)
SELECT l.led, true, t.key FROM (SELECT EXISTS (SELECT FROM lead) AS led) l LEFT JOIN taken t ON true)sql";

// $1 keys of jobs.
constexpr absl::string_view kReadOpenJobs =
    "SELECT j.key, i.key, i.uid, j.revision, r.settings, r.secrets, ";
constexpr absl::string_view kOpenJobsTables = R"sql(
FROM lockstitch.jobs j
     JOIN lockstitch.integrations i ON i.key = j.integration_key
     LEFT JOIN lockstitch.revisions r ON r.integration_key = j.integration_key AND r.revision = j.revision
WHERE j.key = ANY ($1::bigint[]) ORDER BY j.key)sql";

// $1 keys of jobs.
constexpr absl::string_view kReadRuns = R"sql(
SELECT j.job_id, r.run, r.fence, r.draws, r.extractor, r.run_id, r.stream, r.state, r.connections
FROM lockstitch.runs r JOIN lockstitch.jobs j ON j.key = r.job_key
WHERE r.job_key = ANY ($1::bigint[])
ORDER BY r.job_key, r.stream)sql";

constexpr absl::string_view kSelect = "SELECT ";
constexpr absl::string_view kAskedToStop = R"sql(
FROM lockstitch.jobs j JOIN lockstitch.integrations i ON i.key = j.integration_key
WHERE j.state IN (1, 2) AND j.stop_requested_at IS NOT NULL)sql";

// $2 id, $3 when.
constexpr absl::string_view kStart = R"sql(
started AS (
  UPDATE lockstitch.jobs j SET state = 2, started_at = coalesce(j.started_at, $3, now())
  FROM lead WHERE j.job_id = $2 AND j.state IN (1, 2)
  RETURNING 1)
SELECT EXISTS (SELECT FROM lead), EXISTS (SELECT FROM started))sql";

// $2 id, $3 state, $4 error, $5 when it began and $6 ended, $7 webhooks and $8 bodies of
// notifications. Settings that have been replaced meanwhile go with the job.
constexpr absl::string_view kEnd = R"sql(
ended AS (
  UPDATE lockstitch.jobs j
  SET state = $3, error = $4, started_at = coalesce(j.started_at, $5), ended_at = coalesce($6, now())
  FROM lead WHERE j.job_id = $2 AND j.state IN (1, 2)
  RETURNING j.key, j.integration_key, j.revision),
freed AS (
  DELETE FROM lockstitch.revisions r USING ended, lockstitch.integrations i
  WHERE r.integration_key = ended.integration_key AND r.revision = ended.revision AND
        i.key = ended.integration_key AND i.revision <> ended.revision),
posted AS (
  INSERT INTO lockstitch.notifications (job_key, webhook, body)
  SELECT ended.key, n.webhook, n.body FROM ended, unnest($7::text[], $8::text[]) AS n(webhook, body))
SELECT EXISTS (SELECT FROM lead),
       EXISTS (SELECT FROM ended) OR EXISTS (SELECT FROM lockstitch.jobs WHERE job_id = $2 AND state = $3))sql";

template <typename Message>
Connection::Parameter OptionalTime(bool has, const Message& timestamp) {
  if (!has) return std::nullopt;
  return TimeValue(rpc::FromTimestamp(timestamp));
}

// Columns of kReadOpenJobs.
constexpr int kSettings = 4;
constexpr int kJob = 6;

absl::StatusOr<OpenJob> OpenJobAt(const Result& found, int row, const SecretBox& secrets) {
  OpenJob open;
  ASSIGN_OR_RETURN(open.job, JobAt(found, row, kJob));
  open.integration_key = found.Int(row, 1);
  open.integration_id = found.String(row, kJob + 1);
  const std::string uid = found.String(row, 2);
  absl::StatusOr<v1::Integration> integration =
      UnsealRevision(found, row, kSettings, uid, found.Int(row, 3), secrets);
  open.readable = integration.status();
  if (!integration.ok()) return open;
  open.integration = *std::move(integration);
  open.integration.set_uid(uid);
  return open;
}

absl::Status ReadRuns(Connection& session, const ArrayValue& keys, std::vector<OpenJob>* jobs) {
  std::map<std::string, OpenJob*> by_id;
  for (OpenJob& open : *jobs) by_id[open.job.job_id()] = &open;
  ASSIGN_OR_RETURN(const Result runs, session.Query(kReadRuns, {keys.text()}));
  for (int row = 0; row < runs.rows(); ++row) {
    OpenRun& run = by_id.at(runs.String(row, 0))->runs.emplace_back();
    if (const absl::Status read = ReadMessage(runs, row, 1, &run.run); !read.ok()) {
      telemetry::LogError("a run is taken as its columns tell", read,
                          {{"run_id", runs.String(row, 5)}});
    }
    run.run.set_run_id(runs.String(row, 5));
    run.run.set_stream(runs.String(row, 6));
    run.run.set_state(static_cast<v1::StreamRunState>(runs.Int(row, 7)));
    run.dispatched = {.fence = runs.Int(row, 2),
                      .draws = static_cast<uint32_t>(runs.Int(row, 3)),
                      .extractor = runs.String(row, 4),
                      .connections = static_cast<uint32_t>(runs.Int(row, 8))};
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<OpenJob>> LeaderStore::TakeOpenJobs(
    const std::vector<std::string>& known, int limit) const {
  ArrayValue known_ids, keys;
  for (const std::string& id : known) known_ids.Add(id);
  ASSIGN_OR_RETURN(const Result taken, RunAsLeader(*catalog_, term_, kTakeOpenJobs,
                                                   {known_ids.text(), NumberValue(limit)}));
  if (taken.IsNull(0, 2)) return std::vector<OpenJob>();
  for (int row = 0; row < taken.rows(); ++row) keys.Add(taken.String(row, 2));

  ASSIGN_OR_RETURN(const postgres::SessionPool::Lease session, catalog_->Session());
  ASSIGN_OR_RETURN(
      const Result found,
      session->Query(absl::StrCat(kReadOpenJobs, kJobColumns, kOpenJobsTables), {keys.text()}));
  std::vector<OpenJob> jobs;
  ArrayValue begun;
  bool any_begun = false;
  for (int row = 0; row < found.rows(); ++row) {
    ASSIGN_OR_RETURN(OpenJob open, OpenJobAt(found, row, *secrets_));
    if (open.job.state() == v1::JOB_STATE_RUNNING) {
      begun.Add(found.String(row, 0));
      any_begun = true;
    }
    jobs.push_back(std::move(open));
  }
  if (any_begun) RETURN_IF_ERROR(ReadRuns(*session, begun, &jobs));
  return jobs;
}

absl::StatusOr<std::vector<v1::Job>> LeaderStore::ReadStopRequests() const {
  ASSIGN_OR_RETURN(const postgres::SessionPool::Lease session, catalog_->Session());
  ASSIGN_OR_RETURN(const Result found,
                   session->Query(absl::StrCat(kSelect, kJobColumns, kAskedToStop), {}));
  std::vector<v1::Job> asked;
  for (int row = 0; row < found.rows(); ++row) {
    ASSIGN_OR_RETURN(v1::Job job, JobAt(found, row, 0));
    asked.push_back(std::move(job));
  }
  return asked;
}

absl::Status LeaderStore::StartJob(const v1::Job& job) const {
  return RunAsLeader(*catalog_, term_, kStart,
                     {job.job_id(), OptionalTime(job.has_started_at(), job.started_at())})
      .status();
}

absl::Status LeaderStore::EndJob(const v1::Job& job,
                                 const std::vector<Notification>& notifications) const {
  ArrayValue webhooks, bodies;
  for (const Notification& notification : notifications) {
    webhooks.Add(SealWebhook(notification.webhook, job.job_id(), *secrets_));
    bodies.Add(notification.body);
  }
  return RunAsLeader(
             *catalog_, term_, kEnd,
             {job.job_id(), NumberValue(job.state()),
              job.has_error() ? Connection::Parameter(MessageValue(job.error())) : std::nullopt,
              OptionalTime(job.has_started_at(), job.started_at()),
              OptionalTime(job.has_ended_at(), job.ended_at()), webhooks.text(), bodies.text()})
      .status();
}

}  // namespace lockstitch::scheduler
