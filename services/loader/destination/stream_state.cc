#include "services/loader/destination/stream_state.h"

#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "schema/destination_names.h"
#include "schema/stream_name.h"
#include "services/loader/destination/state_schema.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::loader {
namespace {

// $1 uid, $2 destination schema, $3 name, $4 include_schema_names, $5 identifier style. Two may
// come at once.
constexpr absl::string_view kAddIntegration = R"sql(
INSERT INTO _lockstitch.integrations (uid, destination_schema, name, include_schema_names, identifier_style)
VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING)sql";

// $1 destination schema, $2 include_schema_names, $3 identifier style. Also whether tables have
// been published, and whether the naming is as given.
constexpr absl::string_view kFindIntegration = R"sql(
SELECT i.uid, i.name,
       EXISTS (SELECT 1 FROM _lockstitch.streams s WHERE s.integration_uid = i.uid AND s.destination_table IS NOT NULL),
       i.include_schema_names = $2 AND i.identifier_style = $3
FROM _lockstitch.integrations i WHERE i.destination_schema = $1)sql";

// $1 uid, $2 name, $3 include_schema_names, $4 identifier style.
constexpr absl::string_view kRenameIntegration = R"sql(
UPDATE _lockstitch.integrations SET name = $2, include_schema_names = $3, identifier_style = $4
WHERE uid = $1 AND (name, include_schema_names, identifier_style) IS DISTINCT FROM ($2, $3::boolean, $4::integer))sql";

// $1 destination schema. Waits for who forgets the integration, and lets nobody do so until the
// transaction ends.
constexpr absl::string_view kHoldIntegration =
    "SELECT uid FROM _lockstitch.integrations WHERE destination_schema = $1 FOR KEY SHARE";

constexpr absl::string_view kDrawUid =
    "SELECT pg_catalog.md5(pg_catalog.random()::text || "
    "pg_catalog.clock_timestamp()::text)::pg_catalog.uuid";

// $1 uid, $2 source schema, $3 source table.
constexpr absl::string_view kAddStream = R"sql(
INSERT INTO _lockstitch.streams (integration_uid, source_schema, source_table)
SELECT $1, $2, $3
WHERE NOT EXISTS (SELECT 1 FROM _lockstitch.streams
                  WHERE integration_uid = $1 AND source_schema = $2 AND source_table = $3)
ON CONFLICT DO NOTHING)sql";

constexpr absl::string_view kSelectStream = R"sql(
SELECT s.stream_id, i.destination_schema, s.fence, s.run_id, s.destination_table, s.destination_oid, s.table_version,
       s.reset_generation, s.source_system, s.source_database, s.source_position, s.bookmark$more
FROM _lockstitch.streams s JOIN _lockstitch.integrations i ON i.uid = s.integration_uid)sql";

// $1 destination schema, $2 source schema, $3 source table.
constexpr absl::string_view kOfTarget =
    " WHERE i.destination_schema = $1 AND s.source_schema = $2 AND s.source_table = $3";

// $4 how long to wait, from here to the transaction's end.
constexpr absl::string_view kWithWait =
    "WITH wait AS (SELECT pg_catalog.set_config('lock_timeout', $4, true))";

// The version of the state, and what kLockedStream reads.
constexpr absl::string_view kLocked =
    ", (SELECT version FROM _lockstitch.schema_version), "
    "pg_catalog.set_config('lockstitch.stream_id', s.stream_id::pg_catalog.text, true)";

// $1 destination schema, $2 source schema, $3 source table, $4 the run that draws, $5 which draw of
// it. Sessions carry the first characters of their run's id; idle ones hold nothing up.
constexpr absl::string_view kEndOutranked = R"sql(
SELECT pg_catalog.pg_terminate_backend(a.pid)
FROM _lockstitch.streams s JOIN _lockstitch.integrations i ON i.uid = s.integration_uid
     LEFT JOIN _lockstitch.runs r ON r.stream_id = s.stream_id AND r.run_id = $4
     JOIN pg_catalog.pg_stat_activity a
          ON a.application_name LIKE 'lockstitch loader ' || pg_catalog.left(s.run_id, 8) || ' %'
WHERE i.destination_schema = $1 AND s.source_schema = $2 AND s.source_table = $3 AND s.run_id <> '' AND
      CASE WHEN s.run_id = $4 THEN r.draw < $5 ELSE r.run_id IS NULL END AND
      a.datname = current_database() AND a.usename = current_user AND a.pid <> pg_catalog.pg_backend_pid() AND
      a.state <> 'idle')sql";

// $1 stream.
constexpr absl::string_view kPresentClaim =
    "SELECT fence, run_id FROM _lockstitch.streams WHERE stream_id = $1";

// $1 stream, $2 run, $3 draw.
constexpr absl::string_view kDrawFence = R"sql(
WITH drawn AS (
  UPDATE _lockstitch.streams SET fence = fence + 1, run_id = $2 WHERE stream_id = $1 RETURNING fence
)
INSERT INTO _lockstitch.runs (stream_id, run_id, draw, fence) SELECT $1, $2, $3::integer, fence FROM drawn
ON CONFLICT (stream_id, run_id) DO UPDATE SET draw = EXCLUDED.draw, fence = EXCLUDED.fence, kept_at = now()
RETURNING fence)sql";

// $1 stream, $2 bookmark.
constexpr absl::string_view kSetBookmark =
    "UPDATE _lockstitch.streams SET bookmark = $2 WHERE stream_id = $1";

// $1 run. Of the stream that is locked.
constexpr absl::string_view kReadRun =
    "SELECT pg_catalog.encode(result, 'hex'), draw, fence FROM _lockstitch.runs "
    "WHERE run_id = $1 AND stream_id = ";

// $1 stream, $2 run, $3 result.
constexpr absl::string_view kKeepResult =
    "INSERT INTO _lockstitch.runs (stream_id, run_id, result) VALUES ($1, $2, "
    "pg_catalog.decode($3, 'hex')) "
    "ON CONFLICT (stream_id, run_id) DO UPDATE SET result = EXCLUDED.result, kept_at = now()";

// $1 stream, $2 generation.
constexpr absl::string_view kForget = R"sql(
UPDATE _lockstitch.streams
SET bookmark = NULL, replication_key = NULL, source_system = '', source_database = '', source_position = NULL,
    reset_generation = $2
WHERE stream_id = $1)sql";

// $1 stream, $2 bookmark, $3 generation.
constexpr absl::string_view kMoveBookmark =
    "UPDATE _lockstitch.streams SET bookmark = $2, reset_generation = $3 WHERE stream_id = $1";

// $1 destination schema, or empty for all.
constexpr absl::string_view kReadStates = R"sql(
SELECT i.uid, i.destination_schema, s.source_schema, s.source_table, s.destination_table, s.method, s.bookmark,
       s.table_version, s.fence, s.run_id, s.source_system, s.source_database, s.source_position,
       (SELECT c.reltuples::bigint FROM pg_catalog.pg_class c
        WHERE c.oid = s.destination_oid AND (c.reltuples > 0 OR c.reltuples = 0 AND c.relpages = 0)),
       s.reset_generation
FROM _lockstitch.streams s JOIN _lockstitch.integrations i ON i.uid = s.integration_uid
WHERE $1 = '' OR i.destination_schema = $1
ORDER BY i.destination_schema COLLATE "C", s.source_schema COLLATE "C", s.source_table COLLATE "C")sql";

absl::Status TestIdentity(const IntegrationIdentity& wanted, const std::string& schema,
                          const postgres::Result& kept) {
  const std::string name = kept.String(0, 1);
  const bool other_uid = !wanted.uid.empty() && kept.Text(0, 0) != wanted.uid;
  const bool other_name = wanted.uid.empty() && !name.empty() && name != wanted.name;
  if (other_uid || other_name) {
    return Error(Reason::kDestinationSchemaTaken,
                 absl::StrCat("the destination schema ", schema, " belongs to another integration",
                              name.empty() ? "" : " named '", name, name.empty() ? "" : "'"));
  }
  const bool published = kept.Bool(0, 2), same_naming = kept.Bool(0, 3);
  if (!published || same_naming) return absl::OkStatus();
  return Error(Reason::kDestinationNamingChanged,
               absl::StrCat("tables of ", schema, " were made with other naming options"));
}

absl::Status WasForgotten(Reason reason, const std::string& integration) {
  return Error(
      reason,
      absl::StrCat("the integration ", integration,
                   " was forgotten at the destination while the job was on its way"),
      "Nothing, if that was meant; else run the integration again: it begins as a new one.");
}

// Why statements about the state have failed, if not for what `failure` says: there is none, or one
// of another version, which may have other tables and columns.
absl::Status WhyWithoutState(postgres::Connection& connection, const absl::Status& failure) {
  const std::string sqlstate = postgres::SqlStateOf(failure);
  if (sqlstate != postgres::kUndefinedTable && sqlstate != postgres::kUndefinedColumn)
    return failure;
  RETURN_IF_ERROR(connection.Execute("ROLLBACK"));
  ASSIGN_OR_RETURN(const std::optional<int> version, StateVersion(connection));
  if (version) return failure;
  return Error(Reason::kDestinationStateMissing, "the destination has no _lockstitch schema");
}

std::string SelectStream(absl::string_view more = "") {
  return absl::StrReplaceAll(kSelectStream, {{"$more", more}});
}

// Of a row as kSelectStream has it.
StreamState StateOf(const postgres::Result& row) {
  return StreamState{.stream_id = row.Int(0, 0),
                     .schema = row.String(0, 1),
                     .fence = row.Int(0, 2),
                     .run_id = row.String(0, 3),
                     .destination_table = row.String(0, 4),
                     .destination_oid = row.Int(0, 5),
                     .bookmark = row.Optional(0, 11),
                     .table_version = row.Int(0, 6),
                     .reset_generation = row.Int(0, 7),
                     .source_system = row.String(0, 8),
                     .source_database = row.String(0, 9),
                     .source_position = row.String(0, 10)};
}

// What the integration's row is to say of the naming options.
struct NamingTexts {
  explicit NamingTexts(const v1::Naming& naming)
      : include(naming.include_schema_names() ? "t" : "f"),
        style(absl::StrCat(naming.identifiers() == v1::IDENTIFIER_STYLE_STITCH
                               ? v1::IDENTIFIER_STYLE_STITCH
                               : v1::IDENTIFIER_STYLE_PRESERVE)) {}
  std::string include;
  std::string style;
};

postgres::Connection::Statement AskForIntegration(const std::string& schema,
                                                  const v1::Naming& naming) {
  const NamingTexts texts(naming);
  return {std::string(kFindIntegration), {schema, texts.include, texts.style}};
}

// `kept` is what AskForIntegration was answered.
absl::StatusOr<std::string> EnsureIntegration(postgres::Connection& connection,
                                              const std::string& schema,
                                              const IntegrationIdentity& wanted,
                                              postgres::Result kept) {
  const auto& [include, style] = NamingTexts(wanted.naming);
  std::string uid = wanted.uid;
  if (kept.empty()) {
    if (uid.empty()) {
      ASSIGN_OR_RETURN(const postgres::Result drawn, connection.Query(kDrawUid));
      uid = drawn.String(0, 0);
    }
    RETURN_IF_ERROR(
        connection.Execute(kAddIntegration, {uid, schema, wanted.name, include, style}));
    ASSIGN_OR_RETURN(kept, connection.Query(kFindIntegration, {schema, include, style}));
  }
  if (kept.empty()) {
    return Error(
        Reason::kDestinationSchemaTaken,
        absl::StrCat("the integration uid ", uid, " has another destination schema than ", schema),
        "Keep the integration's name, or give another uid for another integration.");
  }
  RETURN_IF_ERROR(TestIdentity(wanted, schema, kept));
  uid = kept.String(0, 0);
  const bool same_naming = kept.Bool(0, 3);
  if (same_naming && kept.Optional(0, 1) == wanted.name) return uid;
  RETURN_IF_ERROR(connection.Execute(kRenameIntegration, {uid, wanted.name, include, style}));
  return uid;
}

}  // namespace

absl::StatusOr<std::string> EnsureIntegration(postgres::Connection& connection,
                                              const std::string& schema,
                                              const IntegrationIdentity& wanted) {
  ASSIGN_OR_RETURN(std::vector<postgres::Result> kept,
                   connection.QueryAll({AskForIntegration(schema, wanted.naming)}));
  return EnsureIntegration(connection, schema, wanted, std::move(kept[0]));
}

absl::Status EnsureStream(postgres::Connection& connection, const v1::StreamTarget& target) {
  ASSIGN_OR_RETURN(const std::string schema, schema::DestinationSchema(target.integration()));
  ASSIGN_OR_RETURN(std::vector<postgres::Result> answers,
                   connection.QueryAll({{std::string(kHoldIntegration), {schema}},
                                        AskForIntegration(schema, target.naming())}));
  const postgres::Result& known = answers[0];
  if (target.registered() && (known.empty() || known.Text(0, 0) != target.integration_uid()))
    return WasForgotten(Reason::kDestinationStateMissing, target.integration());
  ASSIGN_OR_RETURN(const std::string uid, EnsureIntegration(connection, schema,
                                                            {.name = target.integration(),
                                                             .uid = target.integration_uid(),
                                                             .naming = target.naming()},
                                                            std::move(answers[1])));
  connection.Defer(
      {std::string(kAddStream), {uid, target.table().schema(), target.table().name()}});
  return absl::OkStatus();
}

absl::StatusOr<StreamState> LockStream(postgres::Connection& connection,
                                       const v1::StreamTarget& target, absl::Duration wait) {
  std::vector<postgres::Result> answers;
  return LockStream(connection, target, wait, {}, &answers);
}

absl::StatusOr<StreamState> LockStream(postgres::Connection& connection,
                                       const v1::StreamTarget& target, absl::Duration wait,
                                       std::vector<postgres::Connection::Statement> questions,
                                       std::vector<postgres::Result>* answers) {
  ASSIGN_OR_RETURN(const std::string schema, schema::DestinationSchema(target.integration()));
  questions.insert(questions.begin(), {absl::StrCat(kWithWait, SelectStream(kLocked), ", wait",
                                                    kOfTarget, " FOR UPDATE OF s"),
                                       {schema, target.table().schema(), target.table().name(),
                                        absl::StrCat(absl::ToInt64Milliseconds(wait), "ms")}});
  absl::StatusOr<std::vector<postgres::Result>> found = connection.QueryAll(std::move(questions));
  if (!found.ok()) return WhyWithoutState(connection, found.status());
  const postgres::Result row = std::move(found->front());
  found->erase(found->begin());
  *answers = *std::move(found);
  if (!row.empty()) {
    RETURN_IF_ERROR(TestStateVersion(static_cast<int>(row.Int(0, 12))));
    return StateOf(row);
  }
  return Error(
      Reason::kDestinationStateMissing,
      absl::StrCat("the destination knows no stream ", schema::StreamName(target.table()), " of ",
                   schema, ": the integration was forgotten, or the destination restored"));
}

absl::StatusOr<StreamState> ReadStream(postgres::Connection& connection,
                                       const v1::StreamTarget& target) {
  ASSIGN_OR_RETURN(const std::string schema, schema::DestinationSchema(target.integration()));
  ASSIGN_OR_RETURN(const postgres::Result row,
                   connection.Query(absl::StrCat(SelectStream(), kOfTarget),
                                    {schema, target.table().schema(), target.table().name()}));
  return row.empty() ? StreamState{.schema = schema} : StateOf(row);
}

absl::Status EndOutranked(postgres::Connection& connection, const v1::StreamTarget& target,
                          const std::string& run_id, uint32_t draw) {
  ASSIGN_OR_RETURN(const std::string schema, schema::DestinationSchema(target.integration()));
  return connection.Execute(kEndOutranked, {schema, target.table().schema(), target.table().name(),
                                            run_id, absl::StrCat(draw)});
}

absl::StatusOr<v1::ReserveRunResponse> DrawFence(postgres::Transaction transaction,
                                                 const StreamState& state,
                                                 const std::string& run_id, uint32_t draw,
                                                 const postgres::Result& kept) {
  v1::ReserveRunResponse response;
  ASSIGN_OR_RETURN(std::optional<v1::LoadResult> result, ResultOf(run_id, kept));
  if (result) {
    *response.mutable_result() = *std::move(result);
    return response;
  }
  if (!kept.empty()) {
    if (state.run_id == kForgotten) return WasForgotten(Reason::kSuperseded, state.schema);
    const int64_t last_draw = kept.Int(0, 1);
    if (state.run_id != run_id || draw < last_draw) {
      return Error(Reason::kSuperseded, absl::StrCat("draw ", draw, " of run ", run_id,
                                                     " came after a draw of run ", state.run_id));
    }
    if (draw == last_draw) {
      response.set_fence(kept.Int(0, 2));
      RETURN_IF_ERROR(transaction.Commit());
      return response;
    }
  }
  ASSIGN_OR_RETURN(
      const std::vector<postgres::Result> drawn,
      transaction.CommitWith({{std::string(kDrawFence),
                               {absl::StrCat(state.stream_id), run_id, absl::StrCat(draw)}}}));
  response.set_fence(drawn[0].Int(0, 0));
  return response;
}

void SetBookmark(postgres::Connection& connection, const StreamState& state,
                 const std::string& bookmark) {
  connection.Defer({std::string(kSetBookmark), {absl::StrCat(state.stream_id), bookmark}});
}

absl::Status TestClaim(const StreamState& state, const v1::Claim& claim) {
  if (state.fence == claim.fence() && state.run_id == claim.run_id()) return absl::OkStatus();
  if (state.run_id == kSwept) {
    return Error(Reason::kSuperseded,
                 absl::StrCat("what run ", claim.run_id(),
                              " had loaded was dropped by lockstitch clean: nothing had been "
                              "committed to it for long"));
  }
  if (state.run_id == kForgotten)
    return WasForgotten(Reason::kSuperseded, claim.target().integration());
  return Error(Reason::kSuperseded,
               absl::StrCat("run ", claim.run_id(), " with fence ", claim.fence(),
                            " was superseded by run ", state.run_id, " with fence ", state.fence));
}

absl::Status TestClaimUnlocked(postgres::Connection& connection, int64_t stream_id,
                               const v1::Claim& claim) {
  ASSIGN_OR_RETURN(const postgres::Result present,
                   connection.Query(kPresentClaim, {absl::StrCat(stream_id)}));
  if (present.empty()) return Error(Reason::kDestinationStateMissing, "the stream's row is gone");
  return TestClaim({.fence = present.Int(0, 0), .run_id = present.String(0, 1)}, claim);
}

postgres::Connection::Statement AskForResult(const std::string& run_id) {
  return {absl::StrCat(kReadRun, kLockedStream), {run_id}};
}

absl::StatusOr<std::optional<v1::LoadResult>> ResultOf(const std::string& run_id,
                                                       const postgres::Result& kept) {
  if (kept.empty() || kept.IsNull(0, 0)) return std::nullopt;
  v1::LoadResult result;
  if (!result.ParseFromString(absl::HexStringToBytes(kept.Text(0, 0)))) {
    return Error(Reason::kInternal,
                 absl::StrCat("the kept result of run ", run_id, " can't be read"));
  }
  return result;
}

void KeepResult(postgres::Connection& connection, const StreamState& state,
                const std::string& run_id, const v1::LoadResult& result) {
  connection.Defer({std::string(kKeepResult),
                    {absl::StrCat(state.stream_id), run_id,
                     absl::BytesToHexString(result.SerializeAsString())}});
}

void ForgetProgress(postgres::Connection& connection, const StreamState& state,
                    int64_t reset_generation) {
  connection.Defer(
      {std::string(kForget), {absl::StrCat(state.stream_id), absl::StrCat(reset_generation)}});
}

absl::Status MoveBookmark(postgres::Connection& connection, const StreamState& state,
                          const std::string& bookmark, int64_t reset_generation) {
  return connection.Execute(
      kMoveBookmark, {absl::StrCat(state.stream_id), bookmark, absl::StrCat(reset_generation)});
}

absl::StatusOr<v1::GetStateResponse> ReadStates(postgres::Connection& connection,
                                                const std::string& schema) {
  ASSIGN_OR_RETURN(const postgres::Result rows, connection.Query(kReadStates, {schema}));
  v1::GetStateResponse response;
  for (int row = 0; row < rows.rows(); ++row) {
    v1::StreamState* stream = response.add_streams();
    stream->set_integration_uid(rows.String(row, 0));
    stream->set_destination_schema(rows.String(row, 1));
    stream->mutable_table()->set_schema(rows.String(row, 2));
    stream->mutable_table()->set_name(rows.String(row, 3));
    stream->set_destination_table(rows.String(row, 4));
    stream->set_method(static_cast<v1::ReplicationMethod>(rows.Int(row, 5)));
    if (const auto bookmark = rows.Optional(row, 6)) stream->set_bookmark(*bookmark);
    stream->set_table_version(rows.Int(row, 7));
    stream->set_fence(rows.Int(row, 8));
    stream->set_run_id(rows.String(row, 9));
    stream->mutable_source()->set_system_identifier(rows.String(row, 10));
    stream->mutable_source()->set_database(rows.String(row, 11));
    stream->mutable_source()->set_wal_position(rows.String(row, 12));
    if (!rows.IsNull(row, 13)) stream->set_estimated_rows(rows.Int(row, 13));
    stream->set_reset_generation(rows.Int(row, 14));
  }
  return response;
}

}  // namespace lockstitch::loader
