#include "services/extractor/source/snapshot.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "failpoint/failpoint.h"
#include "postgres/catalog_limits.h"
#include "postgres/quote.h"
#include "postgres/sqlstate.h"
#include "schema/catalog_reader.h"
#include "schema/stream_name.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::extractor {
namespace {

using postgres::Connection;
using postgres::QuoteLiteral;
using postgres::QuoteQualified;
using postgres::SessionPool;

constexpr absl::string_view kBegin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

// A server that doesn't answer shall not keep what was read from being published.
constexpr absl::Duration kEndDeadline = absl::Seconds(1);

// $1 schema, $2 table.
constexpr absl::string_view kFind =
    "SELECT c.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = "
    "c.relnamespace "
    "WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p', 'v', 'm', 'f')";

// $1 schema, $2 table. Of what has no file of its own: 0.
constexpr absl::string_view kMeasure = R"sql(
SELECT coalesce(pg_catalog.pg_relation_size(c.oid), 0) / pg_catalog.current_setting('block_size')::pg_catalog.int8,
       coalesce(pg_catalog.pg_table_size(c.oid), 0)
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'm'))sql";

// $1 a table's OID. Compares, for the table and all below it, the file that the snapshot sees with
// the present one. Before 12 views have a number of a file too, but no file.
constexpr absl::string_view kRewritten = R"sql(
WITH RECURSIVE tree(oid) AS (
  SELECT $1::pg_catalog.oid
  UNION SELECT i.inhrelid FROM pg_catalog.pg_inherits i JOIN tree ON i.inhparent = tree.oid
)
SELECT EXISTS (SELECT 1 FROM tree JOIN pg_catalog.pg_class c ON c.oid = tree.oid
               WHERE c.relkind IN ('r', 'm') AND c.relfilenode <> 0 AND c.relfilenode IS DISTINCT FROM pg_catalog.pg_relation_filenode(c.oid)))sql";

constexpr absl::string_view kDatabase =
    "SELECT current_database(), pg_catalog.pg_is_in_recovery(), "
    "pg_catalog.current_setting('lc_monetary'), pg_catalog.current_setting('server_encoding')";

// A scan that joins another one begins anywhere, so that no row could be told by its number.
constexpr absl::string_view kInTableOrder = "SET synchronize_seqscans = off";

constexpr int kFirstTellingSystem = 90600;
constexpr int kFirstToShareStandbys = 100000;
constexpr absl::string_view kSystemIdentifier =
    "SELECT system_identifier FROM pg_catalog.pg_control_system()";
constexpr absl::string_view kExport = "SELECT pg_catalog.pg_export_snapshot()";

absl::string_view PositionQuery(int version, bool in_recovery) {
  if (version >= 100000) {
    return in_recovery ? "SELECT pg_catalog.pg_last_wal_replay_lsn()"
                       : "SELECT pg_catalog.pg_current_wal_lsn()";
  }
  return in_recovery ? "SELECT pg_catalog.pg_last_xlog_replay_location()"
                     : "SELECT pg_catalog.pg_current_xlog_location()";
}

// How far commits can have come by now. What is inserted counts, since it shows before it is
// written.
constexpr absl::string_view kReached =
    "SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn() ELSE "
    "pg_catalog.pg_current_wal_insert_lsn() END";
constexpr absl::string_view kReachedBefore10 =
    "SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN "
    "pg_catalog.pg_last_xlog_replay_location() ELSE pg_catalog.pg_current_xlog_insert_location() "
    "END";

absl::string_view ReachedQuery(int version) {
  return version >= 100000 ? kReached : kReachedBefore10;
}

Connection::Statement AskForTable(const v1::TableName& name) {
  return {std::string(kFind), {name.schema(), name.name()}};
}

absl::StatusOr<int64_t> TableOf(const postgres::Result& found, const v1::TableName& name) {
  if (!found.empty()) return found.Int(0, 0);
  return Error(Reason::kStreamNotFound,
               absl::StrCat("the source has no table or view ", schema::StreamName(name)));
}

// LOCK wants a right to the whole table, and knows no materialized views, foreign tables, or views
// before 11.
bool CannotLock(const absl::Status& status) {
  const std::string sqlstate = postgres::SqlStateOf(status);
  return sqlstate == postgres::kInsufficientPrivilege || sqlstate == postgres::kWrongObjectType;
}

// A snapshot that can't be joined is that of a session which has ended: versions word it as an
// invalid value, a missing object, or an object in the wrong state. A right may have been taken
// away.
absl::Status Explained(const absl::Status& joined) {
  if (postgres::SqlStateOf(joined) == postgres::kInsufficientPrivilege) return joined;
  const std::optional<Reason> reason = ReasonOf(joined);
  if (!reason || InfoOf(*reason).owner == Owner::kRetried) return joined;
  return SnapshotLost(joined);
}

}  // namespace

absl::Status SnapshotLost(const absl::Status& failure) {
  return Error(
      Reason::kSnapshotLost,
      absl::StrCat("source: the session that holds the snapshot has ended: ", failure.message()));
}

absl::Status Snapshot::WhyLost(const absl::Status& failure) {
  // Nobody need have read yet what the server said.
  const absl::Status said = session_->Execute("SELECT");
  return ReasonOf(said) == Reason::kSourceConflict ? said : failure;
}

absl::StatusOr<Snapshot> Snapshot::Take(SessionPool::Lease session, const v1::TableName& name,
                                        std::stop_token stop) {
  Snapshot snapshot(std::move(session));
  snapshot.quoted_name_ = QuoteQualified(name.schema(), name.name());
  RETURN_IF_ERROR(snapshot.Fill(name, stop));
  return snapshot;
}

absl::Status Snapshot::Fill(const v1::TableName& name, std::stop_token stop) {
  const std::stop_callback on_stop(stop, [this] { session_->Interrupt(); });
  session_->Defer({std::string(kInTableOrder)});
  ASSIGN_OR_RETURN(const std::vector<postgres::Result> answers,
                   session_->QueryAll({Connection::Lasting(kDatabase), AskForTable(name)}));
  RETURN_IF_ERROR(TableOf(answers[1], name).status());
  const postgres::Result& database = answers[0];
  source_.set_database(database.String(0, 0));
  money_locale_ = database.String(0, 2);
  encoding_ = database.String(0, 3);
  shareable_ = session_->server_version() >= kFirstToShareStandbys || !database.Bool(0, 1);
  // What managed servers hide from their users stays empty.
  if (session_->server_version() >= kFirstTellingSystem)
    source_.set_system_identifier(session_->AskOnce(kSystemIdentifier).value_or(""));
  source_.set_wal_position(
      session_->Ask(PositionQuery(session_->server_version(), database.Bool(0, 1))).value_or(""));
  source_.set_standby(database.Bool(0, 1));
  source_.set_position_before(session_->Ask(ReachedQuery(session_->server_version())).value_or(""));
  Failpoint("extractor.snapshot.opening");
  absl::Status held = Hold(name);
  if (CannotLock(held)) {
    RETURN_IF_ERROR(session_->Execute("ROLLBACK"));
    lockable_ = false;
    held = Hold(name);
  }
  taken_at_ = absl::Now();
  return held;
}

absl::Status Snapshot::Lock(Connection& connection, absl::string_view timeout) const {
  // LOCK takes no snapshot; the first query after it does. A query's own lock comes after its
  // snapshot.
  connection.Defer({absl::StrCat("SET LOCAL lock_timeout = '", timeout, "'")});
  RETURN_IF_ERROR(connection.Execute(
      lockable_ ? absl::StrCat("LOCK TABLE ", quoted_name_, " IN ACCESS SHARE MODE")
                : absl::StrCat("SELECT 1 FROM ", quoted_name_, " LIMIT 0")));
  connection.Defer({"SET LOCAL lock_timeout = 0"});
  return absl::OkStatus();
}

absl::Status Snapshot::Hold(const v1::TableName& name) {
  session_->Defer({std::string(kBegin)});
  RETURN_IF_ERROR(Lock(*session_, "60s"));
  const postgres::CatalogLimits limits = postgres::CatalogLimits::Begin(*session_);
  ASSIGN_OR_RETURN(const std::vector<postgres::Result> found,
                   session_->QueryAll(
                       {AskForTable(name), {std::string(kMeasure), {name.schema(), name.name()}}}));
  ASSIGN_OR_RETURN(const int64_t oid, TableOf(found[0], name));
  if (!found[1].empty()) {
    blocks_ = found[1].Int(0, 0);
    bytes_ = found[1].Int(0, 1);
  }
  ASSIGN_OR_RETURN(table_, schema::ReadTable(*session_, oid));
  // Who may not ask would lose the transaction by it.
  if (!source_.position_before().empty()) {
    source_.set_position_after(
        session_->Ask(ReachedQuery(session_->server_version())).value_or(""));
  }
  if (lockable_) return absl::OkStatus();
  ASSIGN_OR_RETURN(const postgres::Result rewritten,
                   session_->Query(kRewritten, {absl::StrCat(oid)}));
  if (!rewritten.Bool(0, 0)) return absl::OkStatus();
  return Error(
      Reason::kSourceTableChanged,
      absl::StrCat(schema::StreamName(name), " was rewritten while its snapshot was taken"));
}

absl::Status Snapshot::Share() {
  ASSIGN_OR_RETURN(const postgres::Result exported, session_->Query(kExport));
  exported_ = exported.String(0, 0);
  return absl::OkStatus();
}

absl::StatusOr<SessionPool::Lease> Snapshot::Join(SessionPool& sessions,
                                                  const Connection::Options& options) const {
  ASSIGN_OR_RETURN(SessionPool::Lease session, sessions.Take(options));
  session->Defer({std::string(kInTableOrder)});
  session->Defer({std::string(kBegin)});
  session->Defer({absl::StrCat("SET TRANSACTION SNAPSHOT ", QuoteLiteral(exported_))});
  RETURN_IF_ERROR(Explained(Lock(*session, "1s")));
  return session;
}

void Snapshot::End() && { session_->ExecuteWithin(kEndDeadline, "ROLLBACK").IgnoreError(); }

}  // namespace lockstitch::extractor
