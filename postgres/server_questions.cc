#include "postgres/server_questions.h"

#include <algorithm>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "postgres/connection_limit.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::postgres {
namespace {

constexpr absl::string_view kVersion = "SHOW server_version";
constexpr absl::string_view kRole =
    "SELECT pg_catalog.pg_is_in_recovery(), "
    "pg_catalog.round(extract(epoch FROM pg_catalog.clock_timestamp() - "
    "pg_catalog.pg_last_xact_replay_timestamp())::pg_catalog.numeric)::pg_catalog.int8, "
    "pg_catalog.current_setting('hot_standby_feedback')";
constexpr absl::string_view kBackend = "SELECT pg_catalog.pg_backend_pid()";
constexpr int kPoolerRounds = 5;

// How many sessions the server, the database and the role may have, and have; no limit is -1. A
// superuser is bound by the server's alone, and has the reserved ones. Whose session it is shows to
// everybody, and so do those of a database, which background processes don't have.
constexpr absl::string_view kConnections = R"sql(
SELECT pg_catalog.current_setting('max_connections')::pg_catalog.int8
         - CASE WHEN r.rolsuper THEN 0
                ELSE (SELECT pg_catalog.sum(setting::pg_catalog.int8) FROM pg_catalog.pg_settings
                      WHERE name IN ('superuser_reserved_connections', 'reserved_connections')) END,
       (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity WHERE datid IS NOT NULL),
       CASE WHEN r.rolsuper THEN -1 ELSE d.datconnlimit END,
       (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity WHERE datid = d.oid),
       CASE WHEN r.rolsuper THEN -1 ELSE r.rolconnlimit END,
       (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity WHERE usesysid = r.oid)
FROM pg_catalog.pg_roles r, pg_catalog.pg_database d
WHERE r.rolname = session_user AND d.datname = current_database())sql";

constexpr absl::string_view kClock =
    "SELECT pg_catalog.floor(extract(epoch FROM pg_catalog.clock_timestamp()) * "
    "1000000)::pg_catalog.int8";
constexpr absl::Duration kSkewAllowed = absl::Seconds(5);
constexpr int kClockRounds = 3;

absl::StatusOr<CheckAnswer> AskVersion(Connection& connection, int oldest,
                                       const std::string& oldest_name) {
  ASSIGN_OR_RETURN(const Result version, connection.Query(kVersion));
  const std::string found = absl::StrCat("PostgreSQL ", version.Text(0, 0));
  if (connection.server_version() >= oldest) return Passed(found);
  return Error(Reason::kServerVersionUnsupported,
               absl::StrCat(found, " is older than ", oldest_name));
}

absl::StatusOr<CheckAnswer> AskRole(Connection& connection) {
  ASSIGN_OR_RETURN(const Result role, connection.Query(kRole));
  if (!role.Bool(0, 0)) return Passed("primary");
  return Passed(absl::StrCat(
      "standby, last replayed transaction ",
      role.IsNull(0, 1) ? std::string("unknown") : absl::StrCat("of ", role.Int(0, 1), " s ago"),
      ", hot_standby_feedback ", role.Text(0, 2)));
}

absl::StatusOr<int64_t> Backend(Connection& connection) {
  ASSIGN_OR_RETURN(const Result backend, connection.Query(kBackend));
  return backend.Int(0, 0);
}

// Whether two sessions' transactions were given one backend, or one session's different ones. The
// other session holds a transaction open meanwhile.
absl::StatusOr<bool> SharesBackends(Connection& connection, Connection& other) {
  ASSIGN_OR_RETURN(const int64_t mine, Backend(connection));
  const absl::Status begun = other.Execute("BEGIN");
  if (absl::StrContains(begun.message(), "statement pooling")) return true;
  RETURN_IF_ERROR(begun);
  ASSIGN_OR_RETURN(const int64_t theirs, Backend(other));
  if (mine == theirs) return true;
  ASSIGN_OR_RETURN(const int64_t mine_again, Backend(connection));
  RETURN_IF_ERROR(other.Execute("ROLLBACK"));
  return mine_again != mine;
}

absl::StatusOr<CheckAnswer> AskPooler(Connection& connection, const Connection::Options& options) {
  if (!connection.pooled()) return Passed("none");
  absl::StatusOr<Connection> other = Connection::Open(options);
  if (!other.ok()) {
    return Warning(absl::StrCat("there is one; whether it keeps sessions could not be tried: ",
                                other.status().message()),
                   "Connect to the server itself.");
  }
  for (int round = 0; round < kPoolerRounds; ++round) {
    ASSIGN_OR_RETURN(const bool shares, SharesBackends(connection, *other));
    if (shares) {
      return Error(Reason::kConnectionPooled,
                   "a pooler in transaction or statement mode is in between",
                   "Connect to the server itself, or set the pooler to pool_mode = session.");
    }
  }
  return Warning("there is one, in session mode as far as can be seen",
                 "Connect to the server itself if connections are short: each of ours keeps one of "
                 "the pooler's.");
}

absl::StatusOr<CheckAnswer> AskConnections(Connection& connection, int64_t granted) {
  ASSIGN_OR_RETURN(const Result found, connection.Query(kConnections));
  if (found.empty()) return Skipped("the server doesn't tell");
  const absl::string_view scopes[] = {"the server's", "the database's", "the user's"};
  int64_t left = -1;
  std::string message;
  for (int scope = 0; scope < 3; ++scope) {
    const int64_t limit = found.Int(0, 2 * scope);
    if (limit < 0) continue;
    // The one that asks will be gone.
    const int64_t used = found.Int(0, 2 * scope + 1) - 1;
    const int64_t here = std::max<int64_t>(0, limit - used);
    left = left < 0 ? here : std::min(left, here);
    absl::StrAppend(&message, message.empty() ? "" : ", ", used, " of ", scopes[scope], " ", limit);
  }
  message = absl::StrCat(left, " left; in use: ", message);
  if (left >= granted) return Passed(message);
  return Warning(absl::StrCat(message, "; jobs may use ", granted),
                 "Free connections, raise the limit, or lower the connection's max_connections.");
}

absl::StatusOr<CheckAnswer> AskClock(Connection& connection) {
  absl::Duration ahead, round_trip = absl::InfiniteDuration();
  for (int round = 0; round < kClockRounds; ++round) {
    const absl::Time sent = absl::Now();
    ASSIGN_OR_RETURN(const Result clock, connection.Query(kClock));
    const absl::Duration took = absl::Now() - sent;
    if (took >= round_trip) continue;
    round_trip = took;
    ahead = absl::FromUnixMicros(clock.Int(0, 0)) - (sent + took / 2);
  }
  return ClockAnswer(ahead, round_trip);
}

}  // namespace

CheckQuestion VersionQuestion(int oldest, absl::string_view oldest_name) {
  return {"version", [oldest, name = std::string(oldest_name)](Connection& connection) {
            return AskVersion(connection, oldest, name);
          }};
}

CheckQuestion RoleQuestion() { return {"role", AskRole}; }

CheckQuestion PoolerQuestion(const Connection::Options& options) {
  return {std::string(kPoolerStep),
          [options](Connection& connection) { return AskPooler(connection, options); }};
}

CheckQuestion ConnectionsQuestion(const v1::PostgresConnection& server) {
  const int64_t granted = ConnectionLimit(server);
  return {"connections",
          [granted](Connection& connection) { return AskConnections(connection, granted); }};
}

CheckQuestion ClockQuestion() { return {"clock", AskClock}; }

CheckAnswer ClockAnswer(absl::Duration ahead, absl::Duration round_trip) {
  const absl::Duration off = absl::AbsDuration(ahead);
  const std::string message =
      off < absl::Milliseconds(1)
          ? std::string("the server's clock agrees with this machine's to a millisecond")
          : absl::StrCat("the server's clock is ",
                         absl::FormatDuration(absl::Trunc(off, absl::Milliseconds(1))),
                         ahead < absl::ZeroDuration() ? " behind" : " ahead of", " this machine's");
  // What half a round trip explains is not held against it.
  if (off - round_trip / 2 <= kSkewAllowed) return Passed(message);
  return Warning(message, "Let both machines keep time by NTP: horizons and look-backs are times.");
}

}  // namespace lockstitch::postgres
