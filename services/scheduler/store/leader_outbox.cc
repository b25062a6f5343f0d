#include "services/scheduler/store/column_value.h"
#include "services/scheduler/store/leader_statement.h"
#include "services/scheduler/store/leader_store.h"
#include "services/scheduler/store/notification.h"
#include "status/macros.h"

namespace lockstitch::scheduler {
namespace {

using postgres::Result;

// $1 now, $2 how many, $3 keys of other integrations.
constexpr absl::string_view kReadDue = R"sql(
WITH due AS (
  SELECT n.number, n.due_at, n.attempts, n.webhook, n.body, j.job_id, j.integration_key
  FROM lockstitch.notifications n JOIN lockstitch.jobs j ON j.key = n.job_key WHERE n.due_at <= $1),
first AS (SELECT integration_key FROM due WHERE integration_key <> ALL ($3::bigint[]) ORDER BY due_at LIMIT 1)
SELECT due.number, due.attempts, i.id, due.webhook, due.body, due.job_id, i.key
FROM first JOIN due USING (integration_key) JOIN lockstitch.integrations i ON i.key = due.integration_key
ORDER BY due.due_at, due.number LIMIT $2)sql";

// $2 number, $3 when to try again, $4 what failed. One that was given up stays with its failure,
// but without its secrets, until its job goes.
constexpr absl::string_view kEndAttempt = R"sql(
accepted AS (
  DELETE FROM lockstitch.notifications n USING lead
  WHERE n.number = $2 AND $3::timestamptz IS NULL AND $4 = ''),
failed AS (
  UPDATE lockstitch.notifications n
  SET attempts = n.attempts + 1, due_at = $3, failure = $4, webhook = CASE WHEN $3 IS NULL THEN '' ELSE n.webhook END
  FROM lead WHERE n.number = $2 AND n.due_at IS NOT NULL AND NOT ($3::timestamptz IS NULL AND $4 = ''))
SELECT EXISTS (SELECT FROM lead), true)sql";

// $2 time, $3 how many rows of a table. A job goes, with its requests, once nothing else is left of
// it: its rows may be many.
constexpr absl::string_view kPrune = R"sql(
old AS (SELECT key FROM lockstitch.jobs WHERE ended_at < $2 ORDER BY ended_at LIMIT $3),
lines AS (
  DELETE FROM lockstitch.log_entries e
  USING lead, (SELECT e.number FROM old JOIN lockstitch.log_entries e ON e.job_key = old.key LIMIT $3) AS part
  WHERE e.number = part.number
  RETURNING 1),
notifications AS (
  DELETE FROM lockstitch.notifications n
  USING lead, (SELECT n.number FROM old JOIN lockstitch.notifications n ON n.job_key = old.key LIMIT $3) AS part
  WHERE n.number = part.number
  RETURNING 1),
runs AS (
  DELETE FROM lockstitch.runs r
  USING lead, (SELECT r.run_id FROM old JOIN lockstitch.runs r ON r.job_key = old.key LIMIT $3) AS part
  WHERE r.run_id = part.run_id
  RETURNING 1),
jobs AS (
  DELETE FROM lockstitch.jobs j USING lead, old
  WHERE j.key = old.key AND NOT EXISTS (SELECT FROM lockstitch.log_entries WHERE job_key = old.key) AND
        NOT EXISTS (SELECT FROM lockstitch.notifications WHERE job_key = old.key) AND
        NOT EXISTS (SELECT FROM lockstitch.runs WHERE job_key = old.key)
  RETURNING 1),
slots AS (
  DELETE FROM lockstitch.skipped_slots s
  USING lead, (SELECT number FROM lockstitch.skipped_slots WHERE recorded_at < $2 ORDER BY recorded_at LIMIT $3) AS old
  WHERE s.number = old.number
  RETURNING 1),
entries AS (
  DELETE FROM lockstitch.audit_entries e
  USING lead, (SELECT number FROM lockstitch.audit_entries WHERE time < $2 ORDER BY time LIMIT $3) AS old
  WHERE e.number = old.number
  RETURNING 1)
SELECT EXISTS (SELECT FROM lead), true,
       (SELECT count(*) FROM lines) + (SELECT count(*) FROM notifications) + (SELECT count(*) FROM runs) +
       (SELECT count(*) FROM jobs) + (SELECT count(*) FROM slots) + (SELECT count(*) FROM entries))sql";

}  // namespace

absl::StatusOr<std::vector<DueNotification>> LeaderStore::ReadDueNotifications(
    absl::Time now, int limit, const std::set<int64_t>& others) const {
  ArrayValue keys;
  for (const int64_t key : others) keys.Add(NumberValue(key));
  ASSIGN_OR_RETURN(const postgres::SessionPool::Lease session, catalog_->Session());
  ASSIGN_OR_RETURN(const Result found,
                   session->Query(kReadDue, {TimeValue(now), NumberValue(limit), keys.text()}));
  std::vector<DueNotification> due;
  for (int row = 0; row < found.rows(); ++row) {
    due.push_back({.number = found.Int(row, 0),
                   .attempts = static_cast<int>(found.Int(row, 1)),
                   .integration_key = found.Int(row, 6),
                   .integration = found.String(row, 2),
                   .webhook = UnsealWebhook(found.Text(row, 3), found.String(row, 5), *secrets_),
                   .body = found.String(row, 4)});
  }
  return due;
}

absl::Status LeaderStore::EndAttempt(int64_t number, std::optional<absl::Time> next_attempt,
                                     const std::string& failure) const {
  return RunAsLeader(*catalog_, term_, kEndAttempt,
                     {NumberValue(number), TimeValue(next_attempt), failure})
      .status();
}

absl::StatusOr<int> LeaderStore::Prune(absl::Time before, int limit) const {
  ASSIGN_OR_RETURN(const Result pruned,
                   RunAsLeader(*catalog_, term_, kPrune, {TimeValue(before), NumberValue(limit)}));
  return static_cast<int>(pruned.Int(0, 2));
}

}  // namespace lockstitch::scheduler
