#include "services/extractor/source/source_moment.h"

#include "absl/strings/substitute.h"
#include "failpoint/failpoint.h"
#include "status/macros.h"

namespace lockstitch::extractor {

using postgres::Connection;

namespace {

// A standby's transactions have committed at its primary, by the primary's clock; those that it has
// not replayed yet, later than the last one that it has.
constexpr absl::string_view kClock = R"sql(
SELECT least(pg_catalog.clock_timestamp(),
             CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_xact_replay_timestamp() END),
       pg_catalog.pg_is_in_recovery())sql";

// $$1 the clock; $0: what kind of session a is. Between two transactions of one message, a session
// has no xact_start though now() will be the message's arrival, which is query_start; a second
// covers the instants in which a session has drawn its now() and doesn't show it yet. The
// extractors' own sessions are read-only, and may hold a snapshot for hours.
constexpr absl::string_view kSessions = R"sql(
SELECT least($$1::pg_catalog.timestamptz - '1 s'::pg_catalog.interval, pg_catalog.min(least(a.xact_start, a.query_start))),
       coalesce(pg_catalog.bool_or(a.query = '<insufficient privilege>'), false),
       coalesce(pg_catalog.bool_or(a.state = 'disabled'), false) OR pg_catalog.current_setting('track_activities') = 'off'
FROM pg_catalog.pg_stat_activity a
WHERE a.datname = current_database() AND a.pid <> pg_catalog.pg_backend_pid()
      AND a.state IS DISTINCT FROM 'idle' AND $0
      AND NOT (a.usename = current_user AND a.application_name LIKE 'lockstitch extractor %')
      AND a.pid NOT IN (SELECT r.pid FROM pg_catalog.pg_stat_replication r WHERE r.pid IS NOT NULL))sql";

constexpr int kFirstWithBackendType = 100000;
constexpr absl::string_view kWritesRows = "a.backend_type IS DISTINCT FROM 'autovacuum worker'";

constexpr absl::string_view kPrepared =
    "SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_prepared_xacts WHERE database = "
    "current_database())";

}  // namespace

absl::StatusOr<SourceMoment> ReadSourceMoment(Connection& source) {
  ASSIGN_OR_RETURN(const postgres::Result clock, source.Query(Connection::Lasting(kClock)));
  SourceMoment moment = {.clock = clock.String(0, 0)};
  if (clock.Bool(0, 1)) {
    moment.unknown = "the source is a standby";
    return moment;
  }
  Failpoint("extractor.horizon.clock");
  const bool tells_type = source.server_version() >= kFirstWithBackendType;
  ASSIGN_OR_RETURN(
      const postgres::Result sessions,
      source.Query(absl::Substitute(kSessions, tells_type ? kWritesRows : "true"), {moment.clock}));
  Failpoint("extractor.horizon.sessions");
  // Last, or a session that prepares its transaction in between would be seen by neither query.
  ASSIGN_OR_RETURN(const postgres::Result prepared, source.Query(Connection::Lasting(kPrepared)));
  if (sessions.Bool(0, 1)) {
    moment.unknown =
        "other roles' sessions at the source are hidden from its user, who is not in "
        "pg_read_all_stats";
  } else if (sessions.Bool(0, 2)) {
    moment.unknown = "track_activities is off at the source";
  } else if (prepared.Bool(0, 0)) {
    moment.unknown = "the source has a prepared transaction";
  } else {
    moment.horizon = sessions.String(0, 0);
  }
  return moment;
}

}  // namespace lockstitch::extractor
