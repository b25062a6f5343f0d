#include "postgres/connection.h"

#include <poll.h>
#include <postgresql/libpq-fe.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "postgres/allowed_files.h"
#include "postgres/connect.h"
#include "postgres/connection_settings.h"
#include "postgres/quote.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::postgres {
namespace {

struct FreeCancel {
  void operator()(PGcancel* cancel) const { PQfreeCancel(cancel); }
};

// Of one session; those that are asked again are few.
constexpr size_t kMostPrepared = 200;

constexpr absl::string_view kBackend = "SELECT pg_catalog.pg_backend_pid()";

struct SessionSetting {
  absl::string_view name;
  absl::string_view value;
  int since = 0;  // The first server's version that has it.
};

// What decides what values and statements look like, and which rows are seen.
constexpr SessionSetting kSessionSettings[] = {
    {"client_min_messages", "warning"},
    {"standard_conforming_strings", "on"},
    {"TimeZone", "UTC"},
    {"DateStyle", "ISO, MDY"},
    {"IntervalStyle", "postgres"},
    {"extra_float_digits", "3"},
    {"bytea_output", "hex"},
    {"xmloption", "content"},
    {"array_nulls", "on"},
    {"quote_all_identifiers", "off"},
    {"transform_null_equals", "off"},
    {"search_path", "pg_catalog"},
    {"statement_timeout", "0"},
    {"lock_timeout", "0"},
    {"row_security", "off", 90500},
    {"idle_in_transaction_session_timeout", "0", 90600},
    // Statements with parameters ask catalogs and _lockstitch: planning is most of what they cost.
    {"plan_cache_mode", "force_generic_plan", 120000},
    {"idle_session_timeout", "0", 140000},
    {"transaction_timeout", "0", 170000}};

// What a session's users may have left behind, be it by functions and triggers that they called.
constexpr absl::string_view kForget[] = {"CLOSE ALL", "SET SESSION AUTHORIZATION DEFAULT",
                                         "RESET ALL", "DISCARD TEMP",
                                         "SELECT pg_catalog.pg_advisory_unlock_all()"};

constexpr int kFirstWithOptions = 100000;

// Whether the error's detail is the row that was refused, with all that is in it.
bool ShowsRow(const char* sqlstate) {
  return sqlstate != nullptr && (absl::string_view(sqlstate) == kNotNullViolation ||
                                 absl::string_view(sqlstate) == kCheckViolation);
}

absl::Status FailedAt(Side side, const absl::Status& error) {
  return WithMessage(error, absl::StrCat(SideName(side), ": ", error.message()));
}

}  // namespace

struct Connection::Session {
  ConnectionHandle handle;
  std::shared_ptr<PGcancel> cancel;
  Side side;
  int backend_pid = 0;
  bool failed = false;                  // A statement has.
  bool grown = false;                   // libpq's buffers don't shrink.
  std::atomic<bool> disturbed = false;  // A cancel request may still be on its way.
  std::atomic<bool> interrupted = false;
  std::map<std::string, std::string> prepared;  // Names by statement; empty until asked again.
  int names = 0;
  std::vector<Statement> deferred;
  std::map<std::string, std::optional<std::string>> answers;  // By statement.
  absl::Time deadline = absl::InfiniteFuture();               // For answers.
  absl::Duration patience;
};

absl::StatusOr<Connection> Connection::Open(const Options& options, ConnectTrace* trace) {
  absl::StatusOr<Connection> connection = Connected(options, trace);
  if (connection.ok()) return connection;
  return FailedAt(options.side, connection.status());
}

absl::StatusOr<Connection> Connection::Connected(const Options& options, ConnectTrace* trace) {
  // The catalog's is described by whoever started the process.
  if (options.side != Side::kCatalog) RETURN_IF_ERROR(TestFilesAllowed(options.server));
  ASSIGN_OR_RETURN(const ConnectionSettings settings, ReadConnectionSettings(options.server));
  const absl::Duration timeout =
      settings.timeout > absl::ZeroDuration() ? settings.timeout : options.timeout;
  const absl::Time deadline = absl::Now() + timeout;
  auto session = std::make_unique<Session>();
  session->side = options.side;
  session->patience = options.patience;
  ASSIGN_OR_RETURN(session->handle,
                   Connect(settings, options.application_name, timeout, options.side, trace));
  session->cancel.reset(PQgetCancel(session->handle.get()), FreeCancel());
  // A pooler lets in whom it has no session for, and a stopped server answers nobody.
  session->deadline = deadline;
  Connection connection(std::move(session));
  RETURN_IF_ERROR(connection.FindBackend(options.server));
  RETURN_IF_ERROR(connection.Query(connection.SetUp(options)).status());
  connection.session_->deadline = absl::InfiniteFuture();
  return connection;
}

// Before any setting: a pooler's session goes to others afterwards, who would have them too.
absl::Status Connection::FindBackend(const v1::PostgresConnection& server) {
  ASSIGN_OR_RETURN(const Result backend, Query(kBackend));
  session_->backend_pid = static_cast<int>(backend.Int(0, 0));
  if (!pooled() || server.session_pooler()) return absl::OkStatus();
  return Error(Reason::kConnectionPooled, "the connection goes through a pooler");
}

// One statement, which costs a server far less than a SET for each.
Connection::Statement Connection::SetUp(const Options& options) const {
  std::string sql = "SELECT pg_catalog.set_config('application_name', $1, false)";
  const auto set = [&](absl::string_view name, absl::string_view value) {
    absl::StrAppend(&sql, ", pg_catalog.set_config(", QuoteLiteral(name), ", ", QuoteLiteral(value),
                    ", false)");
  };
  for (const SessionSetting& setting : kSessionSettings)
    if (server_version() >= setting.since) set(setting.name, setting.value);
  // A source is never written.
  if (side() == Side::kSource) set("default_transaction_read_only", "on");
  if (server_version() >= kFirstWithOptions)
    for (const auto& [name, value] : options.settings) set(name, value);
  return {sql, {options.application_name}};
}

Connection::Connection(std::unique_ptr<Session> session) : session_(std::move(session)) {}
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;
Connection::~Connection() = default;

absl::StatusOr<Result> Connection::QueryWithin(absl::Duration timeout, absl::string_view sql) {
  session_->deadline = absl::Now() + timeout;
  absl::StatusOr<Result> result = Query(sql);
  session_->deadline = absl::InfiniteFuture();
  return result;
}

absl::Status Connection::ExecuteWithin(absl::Duration timeout, absl::string_view sql) {
  return QueryWithin(timeout, sql).status();
}

absl::Status Connection::Renew(const Options& options) {
  std::vector<Statement> statements;
  for (const absl::string_view sql : kForget) statements.push_back(Lasting(sql));
  statements.push_back(SetUp(options));
  session_->deadline = absl::Now() + options.timeout;
  const absl::Status renewed = QueryAll(std::move(statements)).status();
  session_->deadline = absl::InfiniteFuture();
  return renewed;
}

bool Connection::reusable() const {
  return session_ != nullptr && !session_->disturbed && !session_->failed && !session_->grown &&
         session_->deferred.empty() && PQstatus(native()) == CONNECTION_OK &&
         PQpipelineStatus(native()) == PQ_PIPELINE_OFF &&
         PQtransactionStatus(native()) == PQTRANS_IDLE;
}

void Connection::DropDeferred() { session_->deferred.clear(); }

bool Connection::in_transaction() const { return PQtransactionStatus(native()) != PQTRANS_IDLE; }

bool Connection::in_failed_transaction() const {
  return PQtransactionStatus(native()) == PQTRANS_INERROR;
}

bool Connection::silent() const {
  pollfd waiting = {PQsocket(native()), POLLIN, 0};
  return poll(&waiting, 1, /*timeout=*/0) == 0;
}

bool Connection::gone() const {
  // What libpq has given up has no socket, which poll would pass over.
  pollfd ended = {PQsocket(native()), POLLRDHUP, 0};
  const bool down = ended.fd < 0 || poll(&ended, 1, /*timeout=*/0) > 0;
  // It may have come from there in between.
  return down && !session_->interrupted;
}

bool Connection::failed() const { return session_ != nullptr && session_->failed; }

std::optional<std::string> Connection::Ask(absl::string_view sql) {
  const bool failed = session_->failed;
  const absl::StatusOr<Result> result = Query(Lasting(sql));
  session_->failed = failed;
  if (!result.ok() || result->empty()) return std::nullopt;
  return result->Optional(0, 0);
}

std::optional<std::string> Connection::AskOnce(absl::string_view sql) {
  auto& answers = session_->answers;
  const auto known = answers.find(std::string(sql));
  if (known != answers.end()) return known->second;
  return answers[std::string(sql)] = Ask(sql);
}

absl::StatusOr<Result> Connection::Query(absl::string_view sql) {
  std::vector<Statement>& deferred = session_->deferred;
  const bool plain = std::all_of(deferred.begin(), deferred.end(), [](const Statement& statement) {
    return statement.parameters.empty();
  });
  if (!plain) RETURN_IF_ERROR(QueryAll({}).status());
  std::string message;
  for (const Statement& statement : std::exchange(deferred, {}))
    absl::StrAppend(&message, statement.sql, "; ");
  absl::StrAppend(&message, sql);
  if (PQsendQuery(native(), message.c_str()) == 0) return NativeError();
  return TakeResult();
}

absl::StatusOr<Result> Connection::Query(absl::string_view sql,
                                         const std::vector<Parameter>& parameters) {
  return Query(Statement{std::string(sql), parameters});
}

absl::StatusOr<Result> Connection::Query(Statement statement) {
  ASSIGN_OR_RETURN(std::vector<Result> results, QueryAll({std::move(statement)}));
  return std::move(results.back());
}

absl::StatusOr<std::vector<Result>> Connection::QueryAll(std::vector<Statement> statements) {
  std::vector<Statement> all = std::exchange(session_->deferred, {});
  const auto deferred = static_cast<std::ptrdiff_t>(all.size());
  all.insert(all.end(), std::make_move_iterator(statements.begin()),
             std::make_move_iterator(statements.end()));
  if (all.empty()) return std::vector<Result>();
  if (PQenterPipelineMode(native()) == 0) return NativeError();
  std::vector<std::string> chosen;
  for (const Statement& statement : all) {
    ASSIGN_OR_RETURN(chosen.emplace_back(), Send(statement));
  }
  if (PQpipelineSync(native()) == 0) return NativeError();
  ASSIGN_OR_RETURN(std::vector<Result> results, TakeResults(all, chosen));
  results.erase(results.begin(), results.begin() + deferred);
  return results;
}

void Connection::Defer(Statement statement) { session_->deferred.push_back(std::move(statement)); }

absl::StatusOr<std::string> Connection::Send(const Statement& statement) {
  std::vector<const char*> values;
  values.reserve(statement.parameters.size());
  for (const Parameter& parameter : statement.parameters)
    values.push_back(parameter ? parameter->c_str() : nullptr);
  const int count = static_cast<int>(values.size());
  auto& prepared = session_->prepared;
  const auto known = prepared.find(statement.sql);
  if (known == prepared.end()) {
    if ((count > 0 || statement.lasting) && prepared.size() < kMostPrepared)
      prepared.emplace(statement.sql, "");
    const int sent = PQsendQueryParams(native(), statement.sql.c_str(), count,
                                       /*paramTypes=*/nullptr, values.data(),
                                       /*paramLengths=*/nullptr, /*paramFormats=*/nullptr,
                                       /*resultFormat=*/0);
    return sent == 0 ? absl::StatusOr<std::string>(NativeError()) : "";
  }
  std::string chosen;
  if (known->second.empty()) {
    chosen = absl::StrCat("lockstitch_", ++session_->names);
    if (PQsendPrepare(native(), chosen.c_str(), statement.sql.c_str(), count,
                      /*paramTypes=*/nullptr) == 0)
      return NativeError();
  }
  const std::string& name = chosen.empty() ? known->second : chosen;
  if (PQsendQueryPrepared(native(), name.c_str(), count, values.data(), /*paramLengths=*/nullptr,
                          /*paramFormats=*/nullptr, /*resultFormat=*/0) == 0)
    return NativeError();
  return chosen;
}

absl::StatusOr<std::vector<Result>> Connection::TakeResults(
    const std::vector<Statement>& statements, const std::vector<std::string>& chosen) {
  std::vector<Result> results;
  absl::Status failure;
  for (size_t i = 0; i < statements.size() && PQstatus(native()) == CONNECTION_OK; ++i) {
    if (!chosen[i].empty()) {
      failure.Update(TakeResult().status());
      if (failure.ok()) session_->prepared[statements[i].sql] = chosen[i];
    }
    absl::StatusOr<Result> result = TakeResult();
    failure.Update(result.status());
    if (failure.ok()) results.push_back(*std::move(result));
  }
  if (PQstatus(native()) == CONNECTION_OK) {
    RETURN_IF_ERROR(AwaitAnswer());
    const Result end(PQgetResult(native()));
    if (PQexitPipelineMode(native()) == 0) failure.Update(NativeError());
  }
  if (!failure.ok()) return failure;
  if (results.size() < statements.size()) return NativeError();
  return results;
}

absl::Status Connection::Execute(absl::string_view sql) { return Query(sql).status(); }

absl::Status Connection::Execute(absl::string_view sql, const std::vector<Parameter>& parameters) {
  return Query(sql, parameters).status();
}

int Connection::server_version() const { return PQserverVersion(native()); }
int Connection::backend_pid() const { return session_->backend_pid; }
bool Connection::pooled() const { return backend_pid() != PQbackendPID(native()); }
Side Connection::side() const { return session_->side; }

void Connection::RunAndLeave(absl::string_view sql) {
  session_->disturbed = true;
  PQsendQuery(native(), std::string(sql).c_str());
}

void Connection::CancelStatement() {
  session_->disturbed = true;
  char ignored[256];
  PQcancel(session_->cancel.get(), ignored, sizeof(ignored));
}

void Connection::Interrupt() {
  session_->disturbed = true;
  session_->interrupted = true;
  shutdown(PQsocket(session_->handle.get()), SHUT_RDWR);
  // Waits for the server, which may be stopped; nothing here may wait with it.
  std::thread([cancel = session_->cancel] {
    char ignored[256];
    PQcancel(cancel.get(), ignored, sizeof(ignored));
  }).detach();
}

void Connection::SetGrown() { session_->grown = true; }

PGconn* Connection::native() const { return session_->handle.get(); }

absl::Status Connection::NativeError() const {
  const absl::string_view message = absl::StripAsciiWhitespace(PQerrorMessage(native()));
  return Error(Reason::kConnectionLost,
               message.empty() ? "the database connection broke" : message);
}

// Until the next PQgetResult has something to return at once, or waits as long as it likes.
absl::Status Connection::AwaitAnswer() {
  const absl::Time deadline = std::min(session_->deadline, absl::Now() + session_->patience);
  if (deadline == absl::InfiniteFuture()) return absl::OkStatus();
  while (PQisBusy(native()) != 0) {
    pollfd waiting = {PQsocket(native()), POLLIN, 0};
    const int64_t left = absl::ToInt64Milliseconds(deadline - absl::Now());
    if (left <= 0 || poll(&waiting, 1, static_cast<int>(left)) == 0) {
      // Nor does anybody wait for the other answers that it owes.
      session_->deadline = absl::InfinitePast();
      return Error(Reason::kConnectionLost,
                   "the server took the connection, but did not answer in time");
    }
    if (PQconsumeInput(native()) == 0) return NativeError();
  }
  return absl::OkStatus();
}

absl::StatusOr<Result> Connection::TakeResult() {
  std::optional<Result> last;
  absl::Status failure;
  // The server's word on why it ends the session, where that passes by itself, tells more than that
  // the connection is gone, which comes after it.
  const auto gone = [&failure](const absl::Status& lost) {
    const std::optional<Reason> said = ReasonOf(failure);
    return said && InfoOf(*said).owner == Owner::kRetried ? failure : lost;
  };
  while (true) {
    if (const absl::Status waited = AwaitAnswer(); !waited.ok()) return gone(waited);
    PGresult* raw = PQgetResult(native());
    if (raw == nullptr) break;
    Result result(raw);
    switch (PQresultStatus(raw)) {
      case PGRES_FATAL_ERROR:
      case PGRES_BAD_RESPONSE: {
        const char* sqlstate = PQresultErrorField(raw, PG_DIAG_SQLSTATE);
        const char* primary = PQresultErrorField(raw, PG_DIAG_MESSAGE_PRIMARY);
        const char* detail =
            ShowsRow(sqlstate) ? nullptr : PQresultErrorField(raw, PG_DIAG_MESSAGE_DETAIL);
        const char* context = PQresultErrorField(raw, PG_DIAG_CONTEXT);
        // Without a SQLSTATE libpq made the error itself: the connection is gone.
        failure =
            sqlstate == nullptr
                ? gone(NativeError())
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
  if (!failure.ok()) {
    session_->failed = true;
    return failure;
  }
  if (!last) return NativeError();
  return *std::move(last);
}

}  // namespace lockstitch::postgres
