#include "services/scheduler/store/job_store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "postgres/transaction.h"
#include "rpc/timestamp.h"
#include "services/scheduler/schedule/rule.h"
#include "services/scheduler/schedule/slots.h"
#include "services/scheduler/store/column_value.h"
#include "services/scheduler/store/job_row.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::scheduler {
namespace {

using postgres::Connection;
using postgres::Result;

constexpr absl::string_view kSelect = "SELECT ";
constexpr absl::string_view kFrom =
    " FROM lockstitch.jobs j JOIN lockstitch.integrations i ON i.key = j.integration_key WHERE ";

// $ an integration's id: its key. Where it was deleted and the id is used again, the later one's.
constexpr absl::string_view kLastOf = "(SELECT max(key) FROM lockstitch.integrations WHERE id = $)";

// $1 integration, $2 job id.
constexpr absl::string_view kOfJobId = "i.id = $1 AND j.job_id = $2";
// $1 integration. An open job is always its last.
constexpr absl::string_view kOfLastJob = R"sql(
j.integration_key = (SELECT max(key) FROM lockstitch.integrations WHERE id = $1) ORDER BY j.key DESC LIMIT 1)sql";

// $1 integration. Keeps other jobs of it from being made.
constexpr absl::string_view kLock = R"sql(
SELECT key, schedule, now() FROM lockstitch.integrations
WHERE id = $1 AND deleting_at IS NULL AND deleted_at IS NULL FOR UPDATE)sql";
// $1 integration's key, $2 request id.
constexpr absl::string_view kFindRequest = R"sql(
SELECT job_key, attached FROM lockstitch.job_requests WHERE integration_key = $1 AND request_id = $2)sql";
// $1 integration's key, $2 a JobTrigger. Answers the open job, and whether it was open before.
constexpr absl::string_view kOpenOrMake = R"sql(
WITH made AS (
  INSERT INTO lockstitch.jobs (integration_key, revision, trigger)
  SELECT key, revision, $2::integer FROM lockstitch.integrations WHERE key = $1
  ON CONFLICT (integration_key) WHERE state IN (1, 2) DO NOTHING
  RETURNING key)
SELECT key, false FROM made
UNION ALL
SELECT key, true FROM lockstitch.jobs
WHERE integration_key = $1 AND state IN (1, 2) AND NOT EXISTS (SELECT FROM made))sql";
// $1 integration's key, $2 its next slot, or NULL to leave what was planned.
constexpr absl::string_view kRebase = R"sql(
UPDATE lockstitch.integrations
SET last_slot = now(), version = version + 1, next_slot = coalesce($2, next_slot), replan = replan AND $2 IS NULL
WHERE key = $1)sql";
// $1 integration's key, $2 request id, $3 job's key, $4 attached.
constexpr absl::string_view kRememberRequest = R"sql(
INSERT INTO lockstitch.job_requests (integration_key, request_id, job_key, attached) VALUES ($1, $2, $3, $4))sql";
// $1 job's key.
constexpr absl::string_view kOfKey = "j.key = $1";

// $1 a job's key.
constexpr absl::string_view kRequestStop = R"sql(
UPDATE lockstitch.jobs SET stop_requested_at = coalesce(stop_requested_at, now()) WHERE key = $1 AND state IN (1, 2))sql";

// $1 a job's key.
constexpr absl::string_view kReadRuns =
    "SELECT run FROM lockstitch.runs WHERE job_key = $1 ORDER BY stream";

constexpr absl::string_view kReadLog = R"sql(
SELECT e.number, j.job_id, e.time, e.severity, e.stream, e.origin, e.message
FROM lockstitch.log_entries e JOIN lockstitch.jobs j ON j.key = e.job_key
WHERE )sql";

// $1 an id.
constexpr absl::string_view kFindIntegration =
    "SELECT FROM lockstitch.integrations WHERE id = $1 LIMIT 1";

absl::Status NoIntegration(const std::string& id) {
  return Error(Reason::kIntegrationNotFound, absl::StrCat("there is no integration ", id));
}

// OK if there is an integration of that id, or was one.
absl::Status TestIntegration(Connection& connection, const std::string& id) {
  ASSIGN_OR_RETURN(const Result found, connection.Query(kFindIntegration, {id}));
  return found.empty() ? NoIntegration(id) : absl::OkStatus();
}

// A statement's parameters, and the conditions that name them.
class Conditions {
 public:
  // `$` in the condition stands for the value.
  void Add(absl::string_view condition, Connection::Parameter value) {
    parameters_.push_back(std::move(value));
    Add(absl::StrReplaceAll(condition, {{"$", absl::StrCat("$", parameters_.size())}}));
  }
  void Add(absl::string_view condition) { absl::StrAppend(&text_, " AND ", condition); }
  // What ends the statement.
  void Limit(absl::string_view order, int limit) {
    parameters_.emplace_back(NumberValue(limit));
    absl::StrAppend(&text_, " ORDER BY ", order, " LIMIT $", parameters_.size());
  }

  const std::string& text() const { return text_; }
  const std::vector<Connection::Parameter>& parameters() const { return parameters_; }

 private:
  std::string text_ = "true";
  std::vector<Connection::Parameter> parameters_;
};

struct FoundJob {
  std::string key;  // As a parameter.
  v1::Job job;
};

constexpr absl::string_view kKeyColumn = "j.key, ";

absl::StatusOr<std::optional<FoundJob>> Find(Connection& connection, const std::string& conditions,
                                             const std::vector<Connection::Parameter>& parameters) {
  ASSIGN_OR_RETURN(
      const Result found,
      connection.Query(absl::StrCat(kSelect, kKeyColumn, kJobColumns, kFrom, conditions),
                       parameters));
  if (found.empty()) return std::nullopt;
  ASSIGN_OR_RETURN(v1::Job job, JobAt(found, 0, 1));
  return FoundJob{.key = found.String(0, 0), .job = std::move(job)};
}

// An empty job_id is the integration's last.
absl::StatusOr<FoundJob> MustFind(Connection& connection, const std::string& integration,
                                  const std::string& job_id) {
  const bool last = job_id.empty();
  ASSIGN_OR_RETURN(std::optional<FoundJob> found,
                   last ? Find(connection, std::string(kOfLastJob), {integration})
                        : Find(connection, std::string(kOfJobId), {integration, job_id}));
  if (found) return *std::move(found);
  RETURN_IF_ERROR(TestIntegration(connection, integration));
  return Error(Reason::kJobNotFound,
               last ? absl::StrCat("the integration ", integration, " has had no job yet")
                    : absl::StrCat("the integration ", integration, " has no job ", job_id));
}

// The next slot of the locked integration once a job of it is made by hand; nullopt to leave what
// was planned.
absl::StatusOr<std::optional<absl::Time>> NextSlotOf(const Result& locked) {
  v1::Schedule schedule;
  RETURN_IF_ERROR(ReadMessage(locked, 0, 1, &schedule));
  const absl::StatusOr<Rule> rule = RuleOf(schedule);
  if (!rule.ok()) return std::nullopt;
  return SlotAfterManualRun(*rule, TimeAt(locked, 0, 2).value_or(absl::Now()), std::nullopt);
}

absl::StatusOr<v1::Job> OfKey(Connection& connection, const std::string& key) {
  ASSIGN_OR_RETURN(std::optional<FoundJob> found, Find(connection, std::string(kOfKey), {key}));
  if (!found) return Error(Reason::kJobNotFound, "the job is kept no more");
  return std::move(found->job);
}

}  // namespace

absl::StatusOr<RequestedJob> JobStore::Request(const std::string& integration,
                                               const std::string& request_id) const {
  ASSIGN_OR_RETURN(const postgres::SessionPool::Lease session, catalog_->Session());
  postgres::Transaction transaction = postgres::Transaction::Begin(*session);
  ASSIGN_OR_RETURN(const Result locked, session->Query(kLock, {integration}));
  if (locked.empty()) return NoIntegration(integration);
  const std::string key = locked.String(0, 0);
  if (!request_id.empty()) {
    ASSIGN_OR_RETURN(const Result before, session->Query(kFindRequest, {key, request_id}));
    if (!before.empty()) {
      ASSIGN_OR_RETURN(v1::Job job, OfKey(*session, before.String(0, 0)));
      return RequestedJob{.job = std::move(job), .attached = before.Bool(0, 1)};
    }
  }
  ASSIGN_OR_RETURN(const Result made,
                   session->Query(kOpenOrMake, {key, NumberValue(v1::JOB_TRIGGER_MANUAL)}));
  const bool attached = made.Bool(0, 1);
  if (!attached) {
    ASSIGN_OR_RETURN(const std::optional<absl::Time> next_slot, NextSlotOf(locked));
    RETURN_IF_ERROR(session->Execute(kRebase, {key, TimeValue(next_slot)}));
  }
  if (!request_id.empty()) {
    RETURN_IF_ERROR(session->Execute(
        kRememberRequest, {key, request_id, made.String(0, 0), attached ? "true" : "false"}));
  }
  ASSIGN_OR_RETURN(v1::Job job, OfKey(*session, made.String(0, 0)));
  RETURN_IF_ERROR(transaction.Commit());
  return RequestedJob{.job = std::move(job), .attached = attached};
}

absl::StatusOr<v1::Job> JobStore::RequestStop(const std::string& integration,
                                              const std::string& job_id) const {
  ASSIGN_OR_RETURN(const postgres::SessionPool::Lease session, catalog_->Session());
  ASSIGN_OR_RETURN(const FoundJob found, MustFind(*session, integration, job_id));
  ASSIGN_OR_RETURN(const Result stopped, session->Query(kRequestStop, {found.key}));
  if (stopped.affected() == 0) {
    return Error(Reason::kJobNotRunning,
                 job_id.empty()
                     ? absl::StrCat("no job of the integration ", integration, " is open")
                     : absl::StrCat("the job ", job_id, " has ended"));
  }
  return OfKey(*session, found.key);
}

absl::StatusOr<KeptJob> JobStore::Get(const std::string& integration,
                                      const std::string& job_id) const {
  ASSIGN_OR_RETURN(const postgres::SessionPool::Lease session, catalog_->Session());
  ASSIGN_OR_RETURN(FoundJob found, MustFind(*session, integration, job_id));
  ASSIGN_OR_RETURN(const Result runs, session->Query(kReadRuns, {found.key}));
  KeptJob kept = {.job = std::move(found.job)};
  for (int row = 0; row < runs.rows(); ++row)
    RETURN_IF_ERROR(ReadMessage(runs, row, 0, &kept.runs.emplace_back()));
  return kept;
}

absl::StatusOr<std::vector<v1::Job>> JobStore::List(const JobFilter& filter,
                                                    const std::string& before, int limit) const {
  Conditions conditions;
  if (!filter.integration.empty())
    conditions.Add(absl::StrCat("j.integration_key = ", kLastOf), filter.integration);
  if (!before.empty())
    conditions.Add("j.key < (SELECT key FROM lockstitch.jobs WHERE job_id = $)", before);
  // The number in the text lets the indexes of some states be used.
  if (filter.state != v1::JOB_STATE_UNSPECIFIED)
    conditions.Add(absl::StrCat("j.state = ", static_cast<int>(filter.state)));
  conditions.Limit("j.key DESC", limit);
  ASSIGN_OR_RETURN(const postgres::SessionPool::Lease session, catalog_->Session());
  ASSIGN_OR_RETURN(const Result found,
                   session->Query(absl::StrCat(kSelect, kJobColumns, kFrom, conditions.text()),
                                  conditions.parameters()));
  if (found.empty() && !filter.integration.empty())
    RETURN_IF_ERROR(TestIntegration(*session, filter.integration));
  std::vector<v1::Job> jobs;
  for (int row = 0; row < found.rows(); ++row) {
    ASSIGN_OR_RETURN(v1::Job job, JobAt(found, row, 0));
    jobs.push_back(std::move(job));
  }
  return jobs;
}

absl::StatusOr<std::vector<KeptLogEntry>> JobStore::ListLogEntries(const LogFilter& filter,
                                                                   int64_t after, int limit) const {
  ASSIGN_OR_RETURN(const postgres::SessionPool::Lease session, catalog_->Session());
  Conditions conditions;
  if (filter.job_id.empty()) {
    RETURN_IF_ERROR(TestIntegration(*session, filter.integration));
    conditions.Add(absl::StrCat("e.integration_key = ", kLastOf), filter.integration);
  } else {
    ASSIGN_OR_RETURN(const FoundJob job, MustFind(*session, filter.integration, filter.job_id));
    conditions.Add("e.job_key = $", job.key);
  }
  conditions.Add("e.number > $", NumberValue(after));
  conditions.Add("e.severity >= $", NumberValue(filter.min_severity));
  if (!filter.stream.empty()) conditions.Add("e.stream = $", filter.stream);
  if (filter.start) conditions.Add("e.time >= $", TimeValue(*filter.start));
  conditions.Limit("e.number", limit);
  ASSIGN_OR_RETURN(const Result found, session->Query(absl::StrCat(kReadLog, conditions.text()),
                                                      conditions.parameters()));
  std::vector<KeptLogEntry> entries;
  for (int row = 0; row < found.rows(); ++row) {
    KeptLogEntry& kept = entries.emplace_back();
    kept.number = found.Int(row, 0);
    kept.job_id = found.String(row, 1);
    if (const std::optional<absl::Time> time = TimeAt(found, row, 2))
      *kept.entry.mutable_time() = rpc::ToTimestamp(*time);
    kept.entry.set_severity(static_cast<v1::Severity>(found.Int(row, 3)));
    kept.entry.set_stream(found.String(row, 4));
    kept.entry.set_origin(found.String(row, 5));
    kept.entry.set_message(found.String(row, 6));
  }
  return entries;
}

}  // namespace lockstitch::scheduler
