#include "services/scheduler/store/catalog_schema.h"

#include "absl/strings/str_cat.h"
#include "postgres/transaction.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::scheduler {
namespace {

// By the catalogs rather than to_regclass, whose cache may not know yet what another session has
// just made.
constexpr absl::string_view kFindVersion =
    "SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = "
    "c.relnamespace "
    "WHERE n.nspname = 'lockstitch' AND c.relname = 'schema_version')";
constexpr absl::string_view kReadVersion = "SELECT version FROM lockstitch.schema_version";

// An arbitrary number that only Lockstitch locks.
constexpr absl::string_view kLock = "SELECT pg_catalog.pg_advisory_xact_lock(7810773182937641581)";

// Numbers of enums are those of lockstitch.v1: a job is open in the states 1 and 2 (PENDING,
// RUNNING), and so is a run (QUEUED, RUNNING). Columns of bytes are serialized messages of it.
constexpr absl::string_view kVersion1 = R"sql(
CREATE SCHEMA lockstitch;
COMMENT ON SCHEMA lockstitch IS 'What the schedulers of Lockstitch must remember. Do not change by hand.';

CREATE TABLE lockstitch.schema_version (version integer NOT NULL);
INSERT INTO lockstitch.schema_version VALUES (1);

-- One row. Who writes as the leader locks it FOR SHARE with its term; who becomes the leader updates it.
CREATE TABLE lockstitch.leadership (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  term bigint NOT NULL,
  holder text NOT NULL,
  taken_at timestamptz NOT NULL
);
INSERT INTO lockstitch.leadership (term, holder, taken_at) VALUES (0, '', now());

-- One row an integration, for good: deleted ones keep their history. The settings are in revisions.
CREATE TABLE lockstitch.integrations (
  key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id text COLLATE "C" NOT NULL,
  uid text NOT NULL,
  name text NOT NULL,
  destination_schema text NOT NULL,
  revision bigint NOT NULL DEFAULT 1,
  request_id text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  schedule_changed_at timestamptz NOT NULL DEFAULT now(),
  paused_at timestamptz,
  deleting_at timestamptz,
  deleted_at timestamptz,
  first_load_at timestamptz,
  -- For plans. The version grows with every change that matters to one.
  schedule bytea NOT NULL,
  hold_at_rows bigint,
  next_slot timestamptz,
  replan boolean NOT NULL DEFAULT true,
  last_slot timestamptz,
  version bigint NOT NULL DEFAULT 1,
  due_at timestamptz GENERATED ALWAYS AS (CASE WHEN replan THEN '-infinity' ELSE next_slot END) STORED,
  -- Whether it selects anything.
  configured boolean NOT NULL
);
CREATE UNIQUE INDEX integrations_id ON lockstitch.integrations (id) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX integrations_uid ON lockstitch.integrations (uid) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX integrations_schema ON lockstitch.integrations (destination_schema) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX integrations_request ON lockstitch.integrations (request_id) WHERE request_id IS NOT NULL;
CREATE INDEX integrations_due ON lockstitch.integrations (due_at) WHERE deleting_at IS NULL;
CREATE INDEX integrations_by_id ON lockstitch.integrations (id, key);

-- Settings without secrets, and those encrypted: the present ones of an integration, and older ones that its open job
-- was made with.
CREATE TABLE lockstitch.revisions (
  integration_key bigint NOT NULL REFERENCES lockstitch.integrations,
  revision bigint NOT NULL,
  settings bytea NOT NULL,
  secrets text NOT NULL,
  PRIMARY KEY (integration_key, revision)
);

CREATE TABLE lockstitch.jobs (
  key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  job_id text NOT NULL UNIQUE DEFAULT replace(gen_random_uuid()::text, '-', ''),
  integration_key bigint NOT NULL REFERENCES lockstitch.integrations,
  revision bigint NOT NULL,
  trigger integer NOT NULL,
  slot timestamptz,
  state integer NOT NULL DEFAULT 1,
  term bigint NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now(),
  started_at timestamptz,
  stop_requested_at timestamptz,
  ended_at timestamptz,
  error bytea,
  streams integer NOT NULL DEFAULT 0,
  streams_succeeded integer NOT NULL DEFAULT 0,
  streams_failed integer NOT NULL DEFAULT 0,
  -- Of runs that have ended.
  rows_loaded bigint NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX jobs_open ON lockstitch.jobs (integration_key) WHERE state IN (1, 2);
CREATE INDEX jobs_by_integration ON lockstitch.jobs (integration_key, key);
CREATE INDEX jobs_by_end ON lockstitch.jobs (ended_at) WHERE ended_at IS NOT NULL;

-- What requests to run were answered.
CREATE TABLE lockstitch.job_requests (
  integration_key bigint NOT NULL,
  request_id text NOT NULL,
  job_key bigint NOT NULL REFERENCES lockstitch.jobs ON DELETE CASCADE,
  attached boolean NOT NULL,
  PRIMARY KEY (integration_key, request_id)
);
CREATE INDEX job_requests_by_job ON lockstitch.job_requests (job_key);

-- `run` is a StreamRun; `rows` is its usage, once it has ended.
CREATE TABLE lockstitch.runs (
  run_id text PRIMARY KEY,
  job_key bigint NOT NULL REFERENCES lockstitch.jobs ON DELETE CASCADE,
  integration_key bigint NOT NULL,
  stream text COLLATE "C" NOT NULL,
  state integer NOT NULL,
  fence bigint NOT NULL DEFAULT 0,
  draws integer NOT NULL DEFAULT 0,
  extractor text NOT NULL DEFAULT '',
  rows_loaded bigint NOT NULL DEFAULT 0,
  rows bigint NOT NULL DEFAULT 0,
  ended_at timestamptz,
  run bytea NOT NULL
);
CREATE INDEX runs_by_job ON lockstitch.runs (job_key, stream);
CREATE INDEX runs_by_end ON lockstitch.runs (integration_key, ended_at);

CREATE TABLE lockstitch.log_entries (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  job_key bigint NOT NULL REFERENCES lockstitch.jobs ON DELETE CASCADE,
  integration_key bigint NOT NULL,
  time timestamptz NOT NULL,
  severity integer NOT NULL,
  stream text NOT NULL,
  origin text NOT NULL,
  message text NOT NULL
);
CREATE INDEX log_entries_by_job ON lockstitch.log_entries (job_key, number);
CREATE INDEX log_entries_by_integration ON lockstitch.log_entries (integration_key, number);

CREATE TABLE lockstitch.skipped_slots (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  integration_key bigint NOT NULL REFERENCES lockstitch.integrations,
  first_slot timestamptz NOT NULL,
  last_slot timestamptz NOT NULL,
  slots bigint NOT NULL,
  reason text NOT NULL,
  recorded_at timestamptz NOT NULL
);
CREATE INDEX skipped_slots_by_integration ON lockstitch.skipped_slots (integration_key, number);
CREATE INDEX skipped_slots_by_time ON lockstitch.skipped_slots (recorded_at);

-- What the loads of a stream have come to, whatever became of their jobs. `schema_changes` is a LoadReport of nothing
-- else.
CREATE TABLE lockstitch.streams (
  integration_key bigint NOT NULL REFERENCES lockstitch.integrations,
  stream text COLLATE "C" NOT NULL,
  last_load_at timestamptz,
  last_load_rows bigint NOT NULL DEFAULT 0,
  replication_key text NOT NULL,
  bookmark text,
  destination_table text NOT NULL,
  table_version bigint NOT NULL,
  schema_changes bytea NOT NULL,
  error bytea,
  PRIMARY KEY (integration_key, stream)
);

-- Rows by day (UTC), counted in the transaction that ends a run.
CREATE TABLE lockstitch.usage (
  integration_key bigint NOT NULL REFERENCES lockstitch.integrations,
  stream text COLLATE "C" NOT NULL,
  day date NOT NULL,
  rows bigint NOT NULL,
  historical_rows bigint NOT NULL,
  PRIMARY KEY (integration_key, day, stream)
);
CREATE INDEX usage_by_day ON lockstitch.usage (day);

-- Notifications to be sent; `webhook` is encrypted, and empty once nothing is to be sent any more.
CREATE TABLE lockstitch.notifications (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  job_key bigint NOT NULL REFERENCES lockstitch.jobs ON DELETE CASCADE,
  webhook text NOT NULL,
  body text NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  due_at timestamptz DEFAULT now(),
  failure text NOT NULL DEFAULT ''
);
CREATE INDEX notifications_due ON lockstitch.notifications (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX notifications_by_job ON lockstitch.notifications (job_key);
)sql";

// Jobs by how they ended, which lists choose by.
constexpr absl::string_view kVersion2 = R"sql(
CREATE INDEX jobs_by_state ON lockstitch.jobs (state, key) WHERE state >= 3;
UPDATE lockstitch.schema_version SET version = 2;
)sql";

// What tells repeated requests to create an integration from others with the same request_id:
// encrypted, since passwords count. NULL where that is not known. What a run under way was granted
// at each database; 0 where that is not known.
constexpr absl::string_view kVersion3 = R"sql(
ALTER TABLE lockstitch.integrations ADD COLUMN request_digest text;
ALTER TABLE lockstitch.runs ADD COLUMN connections integer NOT NULL DEFAULT 0;
UPDATE lockstitch.schema_version SET version = 3;
)sql";

// Who may call from elsewhere, and what users have changed. Numbers of roles are those of
// lockstitch.v1. A token is proved by a secret, of which the SHA-256 is kept in hexadecimal, or by
// the name of a client certificate. Tokens stay: their names are in the audit log.
constexpr absl::string_view kVersion4 = R"sql(
CREATE TABLE lockstitch.tokens (
  id text COLLATE "C" PRIMARY KEY,
  role integer NOT NULL,
  hash text UNIQUE,
  certificate_name text,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz,
  last_used_at timestamptz,
  revoked_at timestamptz,
  CHECK ((hash IS NULL) <> (certificate_name IS NULL))
);
CREATE UNIQUE INDEX tokens_certificate ON lockstitch.tokens (certificate_name) WHERE revoked_at IS NULL;

CREATE TABLE lockstitch.audit_entries (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  time timestamptz NOT NULL DEFAULT now(),
  principal text NOT NULL,
  method text NOT NULL,
  resource text NOT NULL,
  outcome text NOT NULL,
  reason text NOT NULL,
  peer text NOT NULL
);
CREATE INDEX audit_entries_by_time ON lockstitch.audit_entries (time);
UPDATE lockstitch.schema_version SET version = 4;
)sql";

// What brings the schema from each version to the next, from none to 1 first.
constexpr absl::string_view kMigrations[kCatalogVersion] = {kVersion1, kVersion2, kVersion3,
                                                               kVersion4};

}  // namespace

absl::StatusOr<int> CatalogVersion(postgres::Connection& connection) {
  ASSIGN_OR_RETURN(const postgres::Result found, connection.Query(kFindVersion, {}));
  if (!found.Bool(0, 0)) return 0;
  ASSIGN_OR_RETURN(const postgres::Result version, connection.Query(kReadVersion, {}));
  const int present = static_cast<int>(version.Int(0, 0));
  if (present > kCatalogVersion) {
    return Error(Reason::kCatalogTooNew, absl::StrCat("catalog: its schema has version ", present,
                                                      ", this binary knows ", kCatalogVersion));
  }
  return present;
}

absl::Status MigrateCatalog(postgres::Connection& connection, int to) {
  ASSIGN_OR_RETURN(int version, CatalogVersion(connection));
  if (version >= to) return absl::OkStatus();
  postgres::Transaction transaction = postgres::Transaction::Begin(connection);
  RETURN_IF_ERROR(connection.Execute(kLock));
  ASSIGN_OR_RETURN(version, CatalogVersion(connection));
  for (; version < to; ++version) RETURN_IF_ERROR(connection.Execute(kMigrations[version]));
  return transaction.Commit();
}

}  // namespace lockstitch::scheduler
