#include "postgres/connection.h"

#include <poll.h>
#include <postgresql/libpq-fe.h>
#include <sys/socket.h>

#include <string>
#include <thread>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "postgres/connect_error.h"
#include "status/macros.h"

namespace lockstitch::postgres {
namespace {

struct FinishConnection {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
struct FreeCancel {
  void operator()(PGcancel* cancel) const { PQfreeCancel(cancel); }
};
struct FreeConninfo {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};
using ConnectionHandle = std::unique_ptr<PGconn, FinishConnection>;

// Settings that decide what values look like, and which rows are seen. The second statement names
// what servers before 9.5 and 9.6 don't have.
constexpr absl::string_view kSessionSettings =
    "SET client_min_messages = warning; SET standard_conforming_strings = on; SET TimeZone = "
    "'UTC'; SET DateStyle = 'ISO, MDY'; SET "
    "IntervalStyle = 'postgres';"
    "SET extra_float_digits = 3; SET bytea_output = 'hex'; SET xmloption = 'content'; SET "
    "search_path = pg_catalog;"
    "SET statement_timeout = 0; SET lock_timeout = 0";
constexpr absl::string_view kSettingsSince95 = "SET row_security = off";
constexpr absl::string_view kSettingsSince96 = "SET idle_in_transaction_session_timeout = 0";
constexpr absl::string_view kSettingsSince14 = "SET idle_session_timeout = 0";
constexpr absl::string_view kSettingsSince17 = "SET transaction_timeout = 0";

absl::Status NotAConnectionString() {
  return Error(Reason::kConnectionStringInvalid, "the connection string can't be read");
}

// Where a password with special characters is not percent-encoded, a part of it is taken for the
// host or the port, and would be told in errors.
bool LooksLikeSecret(absl::string_view keyword, absl::string_view value) {
  if (keyword == "host" || keyword == "hostaddr") return absl::StrContains(value, "@");
  return keyword == "port" && value.find_first_not_of("0123456789,") != absl::string_view::npos;
}

// The timeout that the URL sets, else `fallback`; also whether the URL can be read at all.
absl::StatusOr<absl::Duration> ConnectTimeout(const std::string& url, absl::Duration fallback) {
  char* error = nullptr;
  const std::unique_ptr<PQconninfoOption, FreeConninfo> options(
      PQconninfoParse(url.c_str(), &error));
  // The parser's message may quote a part of a password.
  if (error != nullptr) PQfreemem(error);
  if (options == nullptr || (!absl::StrContains(url, "=") && !absl::StrContains(url, "://"))) {
    return NotAConnectionString();
  }
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val != nullptr && LooksLikeSecret(option->keyword, option->val))
      return NotAConnectionString();
    int seconds = 0;
    if (absl::string_view(option->keyword) == "connect_timeout" && option->val != nullptr &&
        absl::SimpleAtoi(option->val, &seconds) && seconds > 0) {
      return absl::Seconds(seconds);
    }
  }
  return fallback;
}

// Drives PQconnectPoll, the only way to see the SQLSTATE of a refusal: libpq shows it in verbose
// messages alone.
absl::Status Connect(PGconn* connection, absl::Duration timeout, Side side) {
  PQsetErrorVerbosity(connection, PQERRORS_VERBOSE);
  const absl::Time deadline = absl::Now() + timeout;
  PostgresPollingStatusType state = PGRES_POLLING_WRITING;
  while (state != PGRES_POLLING_OK) {
    if (state == PGRES_POLLING_FAILED || PQstatus(connection) == CONNECTION_BAD) {
      return ConnectError(PQerrorMessage(connection), side);
    }
    pollfd waiting = {PQsocket(connection),
                      static_cast<short>(state == PGRES_POLLING_READING ? POLLIN : POLLOUT), 0};
    const int64_t left = absl::ToInt64Milliseconds(deadline - absl::Now());
    if (left <= 0 || poll(&waiting, 1, static_cast<int>(left)) == 0) {
      return Error(Reason::kHostUnreachable,
                   absl::StrCat("no connection to ", PQhost(connection), ":", PQport(connection),
                                " within ", absl::FormatDuration(timeout)));
    }
    state = PQconnectPoll(connection);
  }
  PQsetErrorVerbosity(connection, PQERRORS_DEFAULT);
  return absl::OkStatus();
}

}  // namespace

struct Connection::Session {
  ConnectionHandle handle;
  std::shared_ptr<PGcancel> cancel;
  Side side;
};

absl::StatusOr<Connection> Connection::Open(const Options& options) {
  ASSIGN_OR_RETURN(const absl::Duration timeout,
                   ConnectTimeout(options.server.url(), options.timeout));
  const char* keywords[] = {
      "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout",
      "dbname",          "application_name",    "client_encoding",  nullptr};
  // What stands before dbname may be overridden by the URL, what stands behind may not.
  const char* values[] = {
      "30",   "10",   "3", "60000", options.server.url().c_str(), options.application_name.c_str(),
      "UTF8", nullptr};
  auto session = std::make_unique<Session>();
  session->side = options.side;
  session->handle.reset(PQconnectStartParams(keywords, values, /*expand_dbname=*/1));
  if (session->handle == nullptr) return Error(Reason::kInternal, "out of memory for a connection");
  PQsetNoticeProcessor(
      session->handle.get(), [](void*, const char*) {}, nullptr);
  RETURN_IF_ERROR(Connect(session->handle.get(), timeout, options.side));
  session->cancel.reset(PQgetCancel(session->handle.get()), FreeCancel());
  Connection connection(std::move(session));
  RETURN_IF_ERROR(connection.Execute(kSessionSettings));
  if (connection.server_version() >= 90500) RETURN_IF_ERROR(connection.Execute(kSettingsSince95));
  if (connection.server_version() >= 90600) RETURN_IF_ERROR(connection.Execute(kSettingsSince96));
  if (connection.server_version() >= 140000) RETURN_IF_ERROR(connection.Execute(kSettingsSince14));
  if (connection.server_version() >= 170000) RETURN_IF_ERROR(connection.Execute(kSettingsSince17));
  return connection;
}

Connection::Connection(std::unique_ptr<Session> session) : session_(std::move(session)) {}
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;
Connection::~Connection() = default;

absl::StatusOr<Result> Connection::Query(absl::string_view sql) {
  if (PQsendQuery(native(), std::string(sql).c_str()) == 0) return NativeError();
  return TakeResult();
}

absl::StatusOr<Result> Connection::Query(absl::string_view sql,
                                         const std::vector<Parameter>& parameters) {
  std::vector<const char*> values;
  values.reserve(parameters.size());
  for (const Parameter& parameter : parameters)
    values.push_back(parameter ? parameter->c_str() : nullptr);
  if (PQsendQueryParams(native(), std::string(sql).c_str(), static_cast<int>(values.size()),
                        /*paramTypes=*/nullptr, values.data(), /*paramLengths=*/nullptr,
                        /*paramFormats=*/nullptr, /*resultFormat=*/0) == 0) {
    return NativeError();
  }
  return TakeResult();
}

absl::Status Connection::Execute(absl::string_view sql) { return Query(sql).status(); }

absl::Status Connection::Execute(absl::string_view sql, const std::vector<Parameter>& parameters) {
  return Query(sql, parameters).status();
}

int Connection::server_version() const { return PQserverVersion(native()); }
int Connection::backend_pid() const { return PQbackendPID(native()); }
Side Connection::side() const { return session_->side; }

void Connection::CancelStatement() {
  char ignored[256];
  PQcancel(session_->cancel.get(), ignored, sizeof(ignored));
}

void Connection::Interrupt() {
  shutdown(PQsocket(session_->handle.get()), SHUT_RDWR);
  // Waits for the server, which may be stopped; nothing here may wait with it.
  std::thread([cancel = session_->cancel] {
    char ignored[256];
    PQcancel(cancel.get(), ignored, sizeof(ignored));
  }).detach();
}

PGconn* Connection::native() const { return session_->handle.get(); }

absl::Status Connection::NativeError() const {
  const absl::string_view message = absl::StripAsciiWhitespace(PQerrorMessage(native()));
  return Error(Reason::kConnectionLost,
               message.empty() ? "the database connection broke" : message);
}

absl::StatusOr<Result> Connection::TakeResult() {
  std::optional<Result> last;
  absl::Status failure;
  while (PGresult* raw = PQgetResult(native())) {
    Result result(raw);
    switch (PQresultStatus(raw)) {
      case PGRES_FATAL_ERROR:
      case PGRES_BAD_RESPONSE: {
        const char* sqlstate = PQresultErrorField(raw, PG_DIAG_SQLSTATE);
        const char* primary = PQresultErrorField(raw, PG_DIAG_MESSAGE_PRIMARY);
        const char* detail = PQresultErrorField(raw, PG_DIAG_MESSAGE_DETAIL);
        const char* context = PQresultErrorField(raw, PG_DIAG_CONTEXT);
        // Without a SQLSTATE libpq made the error itself: the connection is gone.
        failure =
            sqlstate == nullptr
                ? NativeError()
                : SqlError(sqlstate, side(),
                           absl::StrCat(
                               primary == nullptr ? "" : primary, detail == nullptr ? "" : "; ",
                               detail == nullptr ? "" : detail, context == nullptr ? "" : " (",
                               context == nullptr ? "" : context, context == nullptr ? "" : ")"));
        break;
      }
      case PGRES_COPY_IN:
      case PGRES_COPY_OUT:
        // The COPY classes take over; another PQgetResult would answer the same again.
        return result;
      default:
        last = std::move(result);
    }
    if (PQstatus(native()) == CONNECTION_BAD) break;
  }
  if (!failure.ok()) return failure;
  if (!last) return NativeError();
  return *std::move(last);
}

}  // namespace lockstitch::postgres
