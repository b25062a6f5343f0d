#include "services/scheduler/store/integration_store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "postgres/transaction.h"
#include "schema/destination_names.h"
#include "services/scheduler/store/column_value.h"
#include "services/scheduler/store/job_row.h"
#include "services/scheduler/store/revision.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::scheduler {
namespace {

using postgres::Connection;
using postgres::Result;
using postgres::Transaction;

// Of one integration after the other, with its present settings and its open or last job. What a
// planner left is void where it has to plan anew.
constexpr absl::string_view kColumns = R"sql(
SELECT i.key, i.id, i.uid, i.revision, i.created_at, i.updated_at, i.schedule_changed_at, i.paused_at, i.deleting_at,
       CASE WHEN NOT i.replan THEN i.next_slot END, i.first_load_at, r.settings, )sql";
constexpr absl::string_view kSecrets = "r.secrets, ";
constexpr absl::string_view kNoSecrets = "NULL, ";
constexpr absl::string_view kTables = R"sql(
FROM lockstitch.integrations i
     JOIN lockstitch.revisions r ON r.integration_key = i.key AND r.revision = i.revision
     LEFT JOIN LATERAL (SELECT * FROM lockstitch.jobs l WHERE l.integration_key = i.key ORDER BY l.key DESC LIMIT 1) j
       ON true
WHERE i.deleted_at IS NULL AND )sql";

// $1 id.
constexpr absl::string_view kOfId = "i.id = $1";
// $1 id after which they come, $2 how many.
constexpr absl::string_view kAfter = "i.id > $1 ORDER BY i.id LIMIT $2";
// The same with $3 a state, as StandingOf decides it.
constexpr absl::string_view kAfterInState = R"sql(
i.id > $1 AND $3 = CASE WHEN j.state IN (1, 2) THEN 2
                        WHEN NOT i.configured THEN 4
                        WHEN i.paused_at IS NOT NULL OR i.deleting_at IS NOT NULL THEN 3
                        WHEN j.state = 4 THEN 5
                        ELSE 1 END
ORDER BY i.id LIMIT $2)sql";

// $1 id, $2 uid, $3 name, $4 destination schema, $5 request id, $6 paused, $7 schedule, $8 rows to
// hold at, $9 configured, $10 settings, $11 secrets, $12 request digest. Nothing where something
// unique is taken. Free historical rows are granted once to a destination schema.
constexpr absl::string_view kCreate = R"sql(
WITH created AS (
  INSERT INTO lockstitch.integrations (id, uid, name, destination_schema, request_id, paused_at, schedule,
                                       hold_at_rows, configured, request_digest, first_load_at)
  VALUES ($1, $2, $3, $4, $5, CASE WHEN $6::boolean THEN now() END, $7, $8, $9, $12,
          (SELECT min(first_load_at) FROM lockstitch.integrations WHERE destination_schema = $4))
  ON CONFLICT DO NOTHING
  RETURNING key)
INSERT INTO lockstitch.revisions (integration_key, revision, settings, secrets)
SELECT key, 1, $10::bytea, $11 FROM created)sql";

// $1 request id.
constexpr absl::string_view kFindRequested =
    "SELECT id, uid, request_digest FROM lockstitch.integrations WHERE request_id = $1";

// $1 id, $2 uid, $3 destination schema: who is in the way, and by what.
constexpr absl::string_view kFindTaken = R"sql(
SELECT id, CASE WHEN id = $1 THEN 'the id' WHEN uid = $2 THEN 'the uid' ELSE 'the destination schema' END
FROM lockstitch.integrations
WHERE deleted_at IS NULL AND (id = $1 OR uid = $2 OR destination_schema = $3)
ORDER BY id <> $1, uid <> $2 LIMIT 1)sql";

// $1 id. Keeps jobs from being made until the transaction ends.
constexpr absl::string_view kLock = R"sql(
SELECT key, revision, uid, deleting_at IS NOT NULL FROM lockstitch.integrations
WHERE id = $1 AND deleted_at IS NULL FOR UPDATE)sql";

// $1 key, $2 revision, $3 settings, $4 secrets.
constexpr absl::string_view kAddRevision = R"sql(
INSERT INTO lockstitch.revisions (integration_key, revision, settings, secrets) VALUES ($1, $2, $3, $4))sql";

// $1 key, $2 revision, $3 schedule, $4 rows to hold at, $5 configured, $6 whether to plan anew. One
// that comes to select something is as one that is resumed.
constexpr absl::string_view kUpdate = R"sql(
UPDATE lockstitch.integrations
SET revision = $2, schedule = $3, hold_at_rows = $4, configured = $5, updated_at = now(), version = version + 1,
    replan = replan OR $6 OR $5 AND NOT configured AND coalesce(next_slot, '-infinity') <= now(),
    schedule_changed_at = CASE WHEN $6 OR $5 AND NOT configured THEN now() ELSE schedule_changed_at END
WHERE key = $1)sql";

// $1 key, $2 its revision. Those that its open job was made with stay.
constexpr absl::string_view kDropOldRevisions = R"sql(
DELETE FROM lockstitch.revisions r
WHERE r.integration_key = $1 AND r.revision <> $2 AND
      NOT EXISTS (SELECT FROM lockstitch.jobs j
                  WHERE j.integration_key = $1 AND j.revision = r.revision AND j.state IN (1, 2)))sql";

// $1 id, $2 whether to pause. Nothing changes where it is so already. A slot that is to come stays.
constexpr absl::string_view kSetPaused = R"sql(
UPDATE lockstitch.integrations
SET paused_at = CASE WHEN $2 THEN now() END, version = version + 1,
    replan = replan OR NOT $2 AND coalesce(next_slot, '-infinity') <= now(),
    schedule_changed_at = CASE WHEN $2 THEN schedule_changed_at ELSE now() END
WHERE id = $1 AND deleted_at IS NULL AND (paused_at IS NULL) = $2::boolean)sql";

// $1 key.
constexpr absl::string_view kBeginDeletion = R"sql(
UPDATE lockstitch.integrations SET deleting_at = coalesce(deleting_at, now()), version = version + 1
WHERE key = $1)sql";
constexpr absl::string_view kStopOpenJob = R"sql(
UPDATE lockstitch.jobs SET stop_requested_at = coalesce(stop_requested_at, now())
WHERE integration_key = $1 AND state IN (1, 2))sql";

// $1 key.
constexpr absl::string_view kLockKey =
    "SELECT FROM lockstitch.integrations WHERE key = $1 AND deleted_at IS NULL FOR UPDATE";
constexpr absl::string_view kFindOpenJob =
    "SELECT job_id FROM lockstitch.jobs WHERE integration_key = $1 AND state IN (1, 2)";
constexpr absl::string_view kFinishDeletion = R"sql(
WITH revisions AS (DELETE FROM lockstitch.revisions WHERE integration_key = $1),
     notifications AS (UPDATE lockstitch.notifications n SET webhook = '', due_at = NULL
                       FROM lockstitch.jobs j
                       WHERE j.key = n.job_key AND j.integration_key = $1)
UPDATE lockstitch.integrations
SET deleting_at = coalesce(deleting_at, now()), deleted_at = now(), request_id = NULL, next_slot = NULL
WHERE key = $1)sql";

absl::Status NotFound(const std::string& id) {
  return Error(Reason::kIntegrationNotFound, absl::StrCat("there is no integration ", id));
}

// Columns of kColumns and what follows them.
constexpr int kSettingsColumn = 11;
constexpr int kJobColumn = 13;

// Without secrets.
absl::StatusOr<KeptIntegration> KeptAt(const Result& result, int row) {
  KeptIntegration kept = {.key = result.Int(row, 0),
                          .id = result.String(row, 1),
                          .uid = result.String(row, 2),
                          .revision = result.Int(row, 3),
                          .created_at = TimeAt(result, row, 4).value_or(absl::UnixEpoch()),
                          .updated_at = TimeAt(result, row, 5).value_or(absl::UnixEpoch()),
                          .schedule_changed_at = TimeAt(result, row, 6).value_or(absl::UnixEpoch()),
                          .paused_at = TimeAt(result, row, 7),
                          .deleting_at = TimeAt(result, row, 8),
                          .next_slot = TimeAt(result, row, 9),
                          .first_load_at = TimeAt(result, row, 10)};
  RETURN_IF_ERROR(ReadMessage(result, row, kSettingsColumn, &kept.integration));
  if (!result.IsNull(row, kJobColumn)) {
    ASSIGN_OR_RETURN(kept.last_job, JobAt(result, row, kJobColumn));
  }
  return kept;
}

absl::StatusOr<KeptIntegration> MustFind(Connection& connection, const std::string& id,
                                         const SecretBox& secrets) {
  ASSIGN_OR_RETURN(
      const Result found,
      connection.Query(absl::StrCat(kColumns, kSecrets, kJobColumns, kTables, kOfId), {id}));
  if (found.empty()) return NotFound(id);
  ASSIGN_OR_RETURN(KeptIntegration kept, KeptAt(found, 0));
  absl::StatusOr<v1::Integration> integration =
      UnsealRevision(found, 0, kSettingsColumn, kept.uid, kept.revision, secrets);
  kept.readable = integration.status();
  if (integration.ok()) kept.integration = *std::move(integration);
  return kept;
}

// Binds a digest to its row.
std::string RequestContext(absl::string_view uid) {
  return absl::StrCat("request of integration ", uid);
}

absl::StatusOr<std::optional<KeptIntegration>> Requested(Connection& connection,
                                                         const std::string& request_id,
                                                         const std::string& digest,
                                                         const SecretBox& secrets) {
  ASSIGN_OR_RETURN(const Result found, connection.Query(kFindRequested, {request_id}));
  if (found.empty()) return std::nullopt;
  if (!found.IsNull(0, 2)) {
    ASSIGN_OR_RETURN(const std::string kept,
                     secrets.Unseal(found.Text(0, 2), RequestContext(found.Text(0, 1))));
    if (kept != digest) {
      return Error(
          Reason::kUsageInvalid,
          absl::StrCat("another request had this request_id: it has created the integration ",
                       found.Text(0, 0)),
          "Give each request a request_id of its own.");
    }
  }
  ASSIGN_OR_RETURN(KeptIntegration kept, MustFind(connection, found.String(0, 0), secrets));
  return kept;
}

struct LockedIntegration {
  std::string key;  // As a parameter.
  int64_t revision = 0;
  std::string uid;
  bool deleting = false;
};
absl::StatusOr<LockedIntegration> Lock(Connection& connection, const std::string& id) {
  ASSIGN_OR_RETURN(const Result found, connection.Query(kLock, {id}));
  if (found.empty()) return NotFound(id);
  return LockedIntegration{.key = found.String(0, 0),
                           .revision = found.Int(0, 1),
                           .uid = found.String(0, 2),
                           .deleting = found.Bool(0, 3)};
}

// At which quota no job starts any more.
Connection::Parameter HoldAtRows(const v1::Integration& integration) {
  if (!integration.quota().hold()) return std::nullopt;
  return NumberValue(static_cast<int64_t>(integration.quota().rows_per_month()));
}

absl::Status TestUntaken(Connection& connection, const NewIntegration& created,
                         const std::string& destination_schema) {
  ASSIGN_OR_RETURN(const Result taken,
                   connection.Query(kFindTaken, {created.id, created.uid, destination_schema}));
  if (taken.empty()) return absl::OkStatus();
  return Error(Reason::kIntegrationExists,
               absl::StrCat("the integration ", taken.Text(0, 0), " has ", taken.Text(0, 1)));
}

std::string Flag(bool flag) { return flag ? "true" : "false"; }

}  // namespace

absl::Status BeingDeleted(const std::string& id) {
  return Error(Reason::kIntegrationNotFound,
               absl::StrCat("the integration ", id, " is being deleted"),
               absl::StrCat("`lockstitch integration delete ", id,
                            "` goes on where it was; its name is free again once it is through."));
}

absl::StatusOr<KeptIntegration> IntegrationStore::Create(const NewIntegration& created) const {
  ASSIGN_OR_RETURN(const std::string destination_schema,
                   schema::DestinationSchema(created.integration.name()));
  const RevisionValues revision =
      SealRevision(created.integration, created.uid, /*revision=*/1, *secrets_);
  Connection::Parameter request_id, digest;
  if (!created.request_id.empty()) {
    request_id = created.request_id;
    digest = secrets_->Seal(created.request_digest, RequestContext(created.uid));
  }
  ASSIGN_OR_RETURN(const postgres::SessionPool::Lease session, catalog_->Session());
  ASSIGN_OR_RETURN(
      const Result inserted,
      session->Query(
          kCreate, {created.id, created.uid, created.integration.name(), destination_schema,
                    request_id, Flag(created.paused), MessageValue(created.integration.schedule()),
                    HoldAtRows(created.integration), Flag(IsConfigured(created.integration)),
                    revision.settings, revision.secrets, digest}));
  if (inserted.affected() > 0) return MustFind(*session, created.id, *secrets_);
  if (request_id) {
    ASSIGN_OR_RETURN(std::optional<KeptIntegration> before,
                     Requested(*session, created.request_id, created.request_digest, *secrets_));
    if (before) return *std::move(before);
  }
  RETURN_IF_ERROR(TestUntaken(*session, created, destination_schema));
  return Error(Reason::kCatalogConflict, "catalog: the integration in the way has just gone");
}

absl::Status IntegrationStore::TestFree(const NewIntegration& created) const {
  ASSIGN_OR_RETURN(const std::string destination_schema,
                   schema::DestinationSchema(created.integration.name()));
  ASSIGN_OR_RETURN(const postgres::SessionPool::Lease session, catalog_->Session());
  return TestUntaken(*session, created, destination_schema);
}

absl::StatusOr<std::optional<KeptIntegration>> IntegrationStore::FindRequested(
    const std::string& request_id, const std::string& request_digest) const {
  ASSIGN_OR_RETURN(const postgres::SessionPool::Lease session, catalog_->Session());
  return Requested(*session, request_id, request_digest, *secrets_);
}

absl::StatusOr<KeptIntegration> IntegrationStore::Get(const std::string& id) const {
  ASSIGN_OR_RETURN(const postgres::SessionPool::Lease session, catalog_->Session());
  return MustFind(*session, id, *secrets_);
}

absl::StatusOr<std::vector<KeptIntegration>> IntegrationStore::List(
    const std::string& after, int limit, v1::IntegrationState state) const {
  ASSIGN_OR_RETURN(const postgres::SessionPool::Lease session, catalog_->Session());
  const bool any = state == v1::INTEGRATION_STATE_UNSPECIFIED;
  std::vector<Connection::Parameter> parameters = {after, NumberValue(limit)};
  if (!any) parameters.emplace_back(NumberValue(state));
  ASSIGN_OR_RETURN(const Result found,
                   session->Query(absl::StrCat(kColumns, kNoSecrets, kJobColumns, kTables,
                                               any ? kAfter : kAfterInState),
                                  parameters));
  std::vector<KeptIntegration> list;
  for (int row = 0; row < found.rows(); ++row) {
    ASSIGN_OR_RETURN(KeptIntegration kept, KeptAt(found, row));
    list.push_back(std::move(kept));
  }
  return list;
}

absl::StatusOr<KeptIntegration> IntegrationStore::Update(const std::string& id, int64_t revision,
                                                         const v1::Integration& integration,
                                                         bool reschedule) const {
  ASSIGN_OR_RETURN(const postgres::SessionPool::Lease session, catalog_->Session());
  Transaction transaction = Transaction::Begin(*session);
  ASSIGN_OR_RETURN(const LockedIntegration locked, Lock(*session, id));
  if (locked.deleting) return BeingDeleted(id);
  if (locked.revision != revision) {
    return Error(Reason::kEtagMismatch,
                 absl::StrCat("the integration ", id, " was edited meanwhile"));
  }
  const int64_t next = revision + 1;
  const RevisionValues values = SealRevision(integration, locked.uid, next, *secrets_);
  RETURN_IF_ERROR(session->Execute(
      kAddRevision, {locked.key, NumberValue(next), values.settings, values.secrets}));
  RETURN_IF_ERROR(session->Execute(
      kUpdate, {locked.key, NumberValue(next), MessageValue(integration.schedule()),
                HoldAtRows(integration), Flag(IsConfigured(integration)), Flag(reschedule)}));
  RETURN_IF_ERROR(session->Execute(kDropOldRevisions, {locked.key, NumberValue(next)}));
  ASSIGN_OR_RETURN(KeptIntegration kept, MustFind(*session, id, *secrets_));
  RETURN_IF_ERROR(transaction.Commit());
  return kept;
}

absl::StatusOr<KeptIntegration> IntegrationStore::SetPaused(const std::string& id,
                                                            bool paused) const {
  ASSIGN_OR_RETURN(const postgres::SessionPool::Lease session, catalog_->Session());
  RETURN_IF_ERROR(session->Execute(kSetPaused, {id, Flag(paused)}));
  return MustFind(*session, id, *secrets_);
}

absl::StatusOr<KeptIntegration> IntegrationStore::BeginDeletion(const std::string& id) const {
  ASSIGN_OR_RETURN(const postgres::SessionPool::Lease session, catalog_->Session());
  Transaction transaction = Transaction::Begin(*session);
  ASSIGN_OR_RETURN(const LockedIntegration locked, Lock(*session, id));
  RETURN_IF_ERROR(session->Execute(kBeginDeletion, {locked.key}));
  RETURN_IF_ERROR(session->Execute(kStopOpenJob, {locked.key}));
  ASSIGN_OR_RETURN(KeptIntegration kept, MustFind(*session, id, *secrets_));
  RETURN_IF_ERROR(transaction.Commit());
  return kept;
}

absl::Status IntegrationStore::FinishDeletion(int64_t key) const {
  const std::string key_value = NumberValue(key);
  ASSIGN_OR_RETURN(const postgres::SessionPool::Lease session, catalog_->Session());
  Transaction transaction = Transaction::Begin(*session);
  ASSIGN_OR_RETURN(const Result locked, session->Query(kLockKey, {key_value}));
  if (locked.empty()) return absl::OkStatus();  // Deleted already.
  ASSIGN_OR_RETURN(const Result open, session->Query(kFindOpenJob, {key_value}));
  if (!open.empty())
    return Error(Reason::kJobRunning, absl::StrCat("the job ", open.Text(0, 0), " is still open"));
  RETURN_IF_ERROR(session->Execute(kFinishDeletion, {key_value}));
  return transaction.Commit();
}

}  // namespace lockstitch::scheduler
