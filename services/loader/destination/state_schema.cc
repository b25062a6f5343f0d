#include "services/loader/destination/state_schema.h"

#include "absl/strings/str_cat.h"
#include "postgres/transaction.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::loader {
namespace {

// By the catalogs rather than to_regclass, whose cache may not know yet what another session has
// just made.
constexpr absl::string_view kFindVersion =
    "SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = "
    "c.relnamespace "
    "WHERE n.nspname = '_lockstitch' AND c.relname = 'schema_version')";
constexpr absl::string_view kReadVersion = "SELECT version FROM _lockstitch.schema_version";

// An arbitrary number that only Lockstitch locks.
constexpr absl::string_view kLock = "SELECT pg_catalog.pg_advisory_xact_lock(7810773182937641580)";

constexpr absl::string_view kVersion1 = R"sql(
-- Whose user may make no schemas has been given this one.
DO $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = '_lockstitch') THEN
    CREATE SCHEMA _lockstitch;
    COMMENT ON SCHEMA _lockstitch IS 'What Lockstitch must remember about the tables it loads. Do not change by hand.';
  END IF;
END
$$;

CREATE TABLE _lockstitch.schema_version (version integer NOT NULL);
INSERT INTO _lockstitch.schema_version VALUES (1);

CREATE TABLE _lockstitch.integrations (
  uid text PRIMARY KEY,
  destination_schema text NOT NULL UNIQUE
);

-- One row a stream: the row that every writer locks.
CREATE TABLE _lockstitch.streams (
  stream_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  integration_uid text NOT NULL REFERENCES _lockstitch.integrations,
  source_schema text NOT NULL,
  source_table text NOT NULL,
  fence bigint NOT NULL DEFAULT 0,
  run_id text NOT NULL DEFAULT '',
  -- What the last published load left behind.
  destination_table text,
  destination_oid oid,
  method integer NOT NULL DEFAULT 0,
  replication_key text,
  bookmark text,
  table_version bigint NOT NULL DEFAULT 0,
  reset_generation bigint NOT NULL DEFAULT 0,
  source_system text NOT NULL DEFAULT '',
  source_database text NOT NULL DEFAULT '',
  source_position pg_lsn,
  UNIQUE (integration_uid, source_schema, source_table)
);

-- One row a load. `plan` is what BeginLoad answered, a serialized lockstitch.v1.LoadPlan.
CREATE TABLE _lockstitch.loads (
  stream_id bigint NOT NULL REFERENCES _lockstitch.streams ON DELETE CASCADE,
  fence bigint NOT NULL,
  run_id text NOT NULL,
  extraction_id text NOT NULL,
  state text NOT NULL CHECK (state IN ('open', 'published', 'aborted', 'superseded')),
  load_table text NOT NULL,
  load_oid oid NOT NULL,
  destination_table text NOT NULL,
  key_columns text[] NOT NULL,
  method integer NOT NULL,
  lower_bound text,
  horizon text,
  source_system text NOT NULL,
  source_database text NOT NULL,
  source_position pg_lsn,
  plan bytea NOT NULL,
  begun_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (stream_id, fence)
);

CREATE TABLE _lockstitch.ranges (
  stream_id bigint NOT NULL,
  fence bigint NOT NULL,
  range integer NOT NULL,
  lower_bound text,
  upper_bound text,
  attempt integer NOT NULL DEFAULT 0,
  complete boolean NOT NULL DEFAULT false,
  PRIMARY KEY (stream_id, fence, range),
  FOREIGN KEY (stream_id, fence) REFERENCES _lockstitch.loads ON DELETE CASCADE
);

-- One row a commit. The sums are 64 unsigned bits each, kept as bigint.
CREATE TABLE _lockstitch.chunks (
  stream_id bigint NOT NULL,
  fence bigint NOT NULL,
  range integer NOT NULL,
  chunk integer NOT NULL,
  run_id text NOT NULL,
  rows bigint NOT NULL,
  bytes bigint NOT NULL,
  checksum bigint NOT NULL,
  row_sum bigint NOT NULL,
  last_key text,
  committed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (stream_id, fence, range, chunk),
  FOREIGN KEY (stream_id, fence, range) REFERENCES _lockstitch.ranges ON DELETE CASCADE
);

-- What every call for an ended run is answered, for 30 days: a serialized lockstitch.v1.LoadResult.
CREATE TABLE _lockstitch.results (
  stream_id bigint NOT NULL REFERENCES _lockstitch.streams ON DELETE CASCADE,
  run_id text NOT NULL,
  result bytea NOT NULL,
  kept_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (stream_id, run_id)
);
)sql";

// Names and naming options of integrations. Those of version 1 had no options, and the name that
// gave the schema wasn't kept.
constexpr absl::string_view kVersion2 = R"sql(
ALTER TABLE _lockstitch.integrations
  ADD COLUMN name text,
  ADD COLUMN include_schema_names boolean NOT NULL DEFAULT false,
  ADD COLUMN identifier_style integer NOT NULL DEFAULT 1;
UPDATE _lockstitch.schema_version SET version = 2;
)sql";

// Loads of incremental streams. A first load goes from run to run: it is named by the fence that
// opened it, and has the fence of its present owner besides. What is kept of a run begins with its
// first draw.
constexpr absl::string_view kVersion3 = R"sql(
ALTER TABLE _lockstitch.loads RENAME COLUMN fence TO load_id;
ALTER TABLE _lockstitch.ranges RENAME COLUMN fence TO load_id;
ALTER TABLE _lockstitch.chunks RENAME COLUMN fence TO load_id;
ALTER TABLE _lockstitch.loads ADD COLUMN fence bigint;
UPDATE _lockstitch.loads SET fence = load_id;
ALTER TABLE _lockstitch.loads ALTER COLUMN fence SET NOT NULL;
CREATE INDEX ON _lockstitch.loads (stream_id, fence);
CREATE INDEX ON _lockstitch.loads (stream_id) WHERE state <> 'published';
ALTER TABLE _lockstitch.ranges
  ADD COLUMN null_keys boolean NOT NULL DEFAULT false,
  ADD COLUMN closing boolean NOT NULL DEFAULT false;
ALTER TABLE _lockstitch.chunks ADD COLUMN fence bigint;
UPDATE _lockstitch.chunks SET fence = load_id;
ALTER TABLE _lockstitch.chunks ALTER COLUMN fence SET NOT NULL;
CREATE INDEX ON _lockstitch.chunks (stream_id, run_id);
ALTER TABLE _lockstitch.results RENAME TO runs;
ALTER TABLE _lockstitch.runs
  ADD COLUMN draw integer NOT NULL DEFAULT 0,
  ADD COLUMN fence bigint NOT NULL DEFAULT 0,
  ALTER COLUMN result DROP NOT NULL;
CREATE INDEX ON _lockstitch.runs (stream_id, kept_at);
UPDATE _lockstitch.schema_version SET version = 3;
)sql";

// Ranges of keys, by which deletes are found; how many rows a chunk of keys has marked or deleted,
// and how many of its keys the destination didn't have.
constexpr absl::string_view kVersion4 = R"sql(
ALTER TABLE _lockstitch.ranges ADD COLUMN keys boolean NOT NULL DEFAULT false;
ALTER TABLE _lockstitch.chunks
  ADD COLUMN deleted bigint NOT NULL DEFAULT 0,
  ADD COLUMN unseen bigint NOT NULL DEFAULT 0;
ALTER TABLE _lockstitch.streams ADD COLUMN deletes_found_at timestamptz;
UPDATE _lockstitch.schema_version SET version = 4;
)sql";

// What a load's snapshot doesn't go past.
constexpr absl::string_view kVersion5 = R"sql(
ALTER TABLE _lockstitch.loads ADD COLUMN source_position_after pg_lsn;
UPDATE _lockstitch.schema_version SET version = 5;
)sql";

// What brings the schema from each version to the next, from none to 1 first.
constexpr absl::string_view kMigrations[kStateVersion] = {kVersion1, kVersion2, kVersion3,
                                                          kVersion4, kVersion5};

}  // namespace

absl::StatusOr<std::optional<int>> StateVersion(postgres::Connection& connection) {
  ASSIGN_OR_RETURN(const postgres::Result found, connection.Query(kFindVersion, {}));
  if (!found.Bool(0, 0)) return std::nullopt;
  ASSIGN_OR_RETURN(const postgres::Result version, connection.Query(kReadVersion, {}));
  const int present = static_cast<int>(version.Int(0, 0));
  RETURN_IF_ERROR(TestStateVersion(present));
  return present;
}

absl::Status TestStateVersion(int present) {
  if (present <= kStateVersion) return absl::OkStatus();
  return Error(Reason::kDestinationStateTooNew,
               absl::StrCat("the _lockstitch schema has version ", present, ", this binary knows ",
                            kStateVersion));
}

bool HasPresentState(postgres::Connection& connection) {
  return connection.Ask(kReadVersion) == absl::StrCat(kStateVersion);
}

absl::Status LockSchemas(postgres::Connection& connection) { return connection.Execute(kLock); }

absl::Status MigrateState(postgres::Connection& connection, int to) {
  if (HasPresentState(connection)) return absl::OkStatus();
  ASSIGN_OR_RETURN(std::optional<int> version, StateVersion(connection));
  if (version.value_or(0) >= to) return absl::OkStatus();
  postgres::Transaction transaction = postgres::Transaction::Begin(connection);
  RETURN_IF_ERROR(LockSchemas(connection));
  ASSIGN_OR_RETURN(version, StateVersion(connection));
  for (int present = version.value_or(0); present < to; ++present)
    RETURN_IF_ERROR(connection.Execute(kMigrations[present]));
  return transaction.Commit();
}

}  // namespace lockstitch::loader
