#include "services/scheduler/store/leadership.h"

#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "absl/synchronization/notification.h"
#include "postgres/quote.h"
#include "rpc/retry.h"
#include "status/macros.h"
#include "telemetry/log.h"

namespace lockstitch::scheduler {
namespace {

using postgres::Connection;
using postgres::Result;
using telemetry::LogSeverity;

// Ends the session, and so the leadership, of a process that was stopped or cut off.
constexpr char kPatience[] = "4s";
// Less than what the server's patience leaves after the last ping: whoever doesn't hear from it
// stops to lead before another begins.
constexpr absl::Duration kPingTimeout = absl::Seconds(2);
// Who takes the term waits for writes of the leader before.
constexpr absl::Duration kTakeTimeout = absl::Seconds(12);

// An arbitrary number that only Lockstitch locks.
constexpr absl::string_view kTryLock = "SELECT pg_try_advisory_lock(7810773182937641583)";
// $0 holder.
constexpr absl::string_view kTakeTerm =
    "UPDATE lockstitch.leadership SET term = term + 1, holder = $0, taken_at = now() RETURNING "
    "term";
constexpr absl::string_view kPing = "SELECT";

// As long as a catalog is out of reach.
constexpr rpc::RetryPolicy kReconnect = {.first = absl::Milliseconds(100),
                                         .most = absl::Seconds(1)};

// False at once when `stop` is requested.
bool Wait(absl::Duration duration, std::stop_token stop) {
  absl::Notification stopped;
  const std::stop_callback wake(stop, [&] { stopped.Notify(); });
  return !stopped.WaitForNotificationWithTimeout(duration);
}

// Blocks until the lock is had, or `stop`.
absl::Status AwaitLock(Connection& session, absl::Duration pause, std::stop_token stop) {
  while (!stop.stop_requested()) {
    ASSIGN_OR_RETURN(const Result locked, session.QueryWithin(kTakeTimeout, kTryLock));
    if (locked.Bool(0, 0)) return absl::OkStatus();
    Wait(pause, stop);
  }
  return absl::OkStatus();
}

// Blocks as long as the session lives, or until `stop`.
absl::Status KeepAlive(Connection& session, absl::Duration pause, std::stop_token stop) {
  while (Wait(pause, stop)) RETURN_IF_ERROR(session.ExecuteWithin(kPingTimeout, kPing));
  return absl::OkStatus();
}

// Waits for the leadership and leads, until `stop` or the end of the session. `reached` tells
// whether the catalog was.
absl::Status LeadOnce(const Leadership::Options& options, const Leadership::Lead& lead,
                      std::stop_token stop, bool* reached) {
  Connection::Options connection = options.catalog->OptionsFor("lockstitch leader");
  connection.settings = {{"idle_session_timeout", kPatience}, {"statement_timeout", "10s"}};
  ASSIGN_OR_RETURN(Connection session, Connection::Open(connection));
  *reached = true;
  RETURN_IF_ERROR(AwaitLock(session, options.ping / 4, stop));
  if (stop.stop_requested()) return absl::OkStatus();
  ASSIGN_OR_RETURN(
      const Result taken,
      session.QueryWithin(kTakeTimeout,
                          absl::Substitute(kTakeTerm, postgres::QuoteLiteral(options.holder))));
  const int64_t term = taken.Int(0, 0);
  telemetry::Log(LogSeverity::kInfo, "leads", {{"term", absl::StrCat(term)}});
  std::stop_source lost;
  std::thread leading([&] { lead(term, lost.get_token()); });
  const absl::Status status = KeepAlive(session, options.ping, stop);
  lost.request_stop();
  leading.join();
  telemetry::Log(LogSeverity::kInfo, "leads no more", {{"term", absl::StrCat(term)}});
  return status;
}

}  // namespace

void Leadership::Run(const Options& options, const Lead& lead, std::stop_token stop) {
  int failures = 0;
  while (rpc::WaitBeforeAttempt(kReconnect, failures + 1, stop)) {
    bool reached = false;
    const absl::Status status = LeadOnce(options, lead, stop, &reached);
    if (reached) failures = 0;
    if (!status.ok() && failures++ == 0)
      telemetry::LogError("the catalog is out of reach, and is tried again", status);
  }
}

}  // namespace lockstitch::scheduler
