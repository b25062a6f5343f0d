#include "postgres/connect.h"

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <poll.h>
#include <postgresql/libpq-fe.h>

#include <cstring>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "postgres/connect_error.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::postgres {
namespace {

ConnectionHandle Start(const Parameters& parameters) {
  std::vector<const char*> keywords, values;
  for (const auto& [keyword, value] : parameters) {
    keywords.push_back(keyword.c_str());
    values.push_back(value.c_str());
  }
  keywords.push_back(nullptr);
  values.push_back(nullptr);
  return ConnectionHandle(
      PQconnectStartParams(keywords.data(), values.data(), /*expand_dbname=*/0));
}

// OpenSSL's word on the last certificate that this thread has tested. libpq doesn't tell it, and
// has freed the TLS session that knows it when a failure comes back: it is heard as that is freed.
thread_local long last_certificate_result = X509_V_OK;

void HearCertificateResult(void* session, void*, CRYPTO_EX_DATA*, int, long, void*) {
  last_certificate_result = SSL_get_verify_result(static_cast<const SSL*>(session));
}

void ListenForCertificateResult() {
  [[maybe_unused]] static const int registered =
      SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, HearCertificateResult);
  last_certificate_result = X509_V_OK;
}

std::string CertificateProblem() {
  if (last_certificate_result == X509_V_OK) return "";
  return X509_verify_cert_error_string(last_certificate_result);
}

// Marks in a trace what libpq's state shows.
class Tracer {
 public:
  explicit Tracer(ConnectTrace* trace) : trace_(trace) {}

  void Look(PGconn* connection) {
    const ConnStatusType status = PQstatus(connection);
    if (!trace_->reached && status != CONNECTION_BAD && status != CONNECTION_STARTED &&
        status != CONNECTION_NEEDED) {
      trace_->reached = true;
      trace_->reaching = Lap();
    }
    // Where a refusal ends the session, the next look finds no TLS any more.
    if (!trace_->encrypted && PQsslInUse(connection) != 0 && status != CONNECTION_BAD &&
        status != CONNECTION_SSL_STARTUP) {
      trace_->encrypted = true;
      trace_->encrypting = Lap();
      trace_->protocol = PQsslAttribute(connection, "protocol");
      trace_->cipher = PQsslAttribute(connection, "cipher");
    }
  }

  void End() {
    const absl::Duration rest = Lap();
    (trace_->reached ? trace_->authenticating : trace_->reaching) = rest;
  }

 private:
  absl::Duration Lap() {
    const absl::Time now = absl::Now();
    return now - std::exchange(since_, now);
  }

  ConnectTrace* trace_;
  absl::Time since_ = absl::Now();
};

// Takes the next step. In mode prefer libpq goes on without TLS where it fails, and forgets why.
PostgresPollingStatusType Advance(PGconn* connection, Side side, std::string* tls_problem) {
  const bool trying_tls =
      PQsslInUse(connection) != 0 || PQstatus(connection) == CONNECTION_SSL_STARTUP;
  const size_t told = strlen(PQerrorMessage(connection));
  const PostgresPollingStatusType state = PQconnectPoll(connection);
  const absl::string_view message = PQerrorMessage(connection);
  if (trying_tls && message.size() > told) {
    const absl::Status problem = ConnectError(message.substr(told), CertificateProblem(), side);
    *tls_problem = std::string(problem.message());
  }
  return state;
}

// Drives PQconnectPoll, the only way to see the SQLSTATE of a refusal, which libpq shows in verbose
// messages alone, and the stages.
absl::Status Drive(PGconn* connection, const Host& host, absl::Time deadline, Side side,
                   Tracer& tracer, std::string* tls_problem) {
  PQsetErrorVerbosity(connection, PQERRORS_VERBOSE);
  ListenForCertificateResult();
  const absl::Duration timeout = deadline - absl::Now();
  PostgresPollingStatusType state = PGRES_POLLING_WRITING;
  while (state != PGRES_POLLING_OK) {
    tracer.Look(connection);
    if (state == PGRES_POLLING_FAILED || PQstatus(connection) == CONNECTION_BAD) {
      return ConnectError(PQerrorMessage(connection), CertificateProblem(), side);
    }
    pollfd waiting = {PQsocket(connection),
                      static_cast<short>(state == PGRES_POLLING_READING ? POLLIN : POLLOUT), 0};
    const int64_t left = absl::ToInt64Milliseconds(deadline - absl::Now());
    if (left <= 0 || poll(&waiting, 1, static_cast<int>(left)) == 0) {
      return Error(Reason::kHostUnreachable,
                   absl::StrCat("no connection to ", host.label(), " within ",
                                absl::FormatDuration(absl::Ceil(timeout, absl::Seconds(1)))));
    }
    state = Advance(connection, side, tls_problem);
  }
  PQsetErrorVerbosity(connection, PQERRORS_DEFAULT);
  return absl::OkStatus();
}

// Whether another host may do better.
bool TryNext(const absl::Status& failure) {
  switch (ReasonOf(failure).value_or(Reason::kInternal)) {
    case Reason::kHostUnknown:
    case Reason::kHostUnreachable:
    case Reason::kServerStarting:
    case Reason::kConnectionLost:
    case Reason::kSessionNotWanted:
      return true;
    default:
      return false;
  }
}

absl::StatusOr<ConnectionHandle> ConnectTo(const Host& host, Parameters parameters,
                                           absl::Time deadline, Side side, ConnectTrace* trace) {
  if (!host.name.empty()) parameters["host"] = host.name;
  if (!host.address.empty()) parameters["hostaddr"] = host.address;
  parameters["port"] = host.port;
  *trace = {.host = host.label(), .socket = host.is_socket()};
  Tracer tracer(trace);
  ConnectionHandle connection = Start(parameters);
  if (connection == nullptr) return Error(Reason::kInternal, "out of memory for a connection");
  PQsetNoticeProcessor(
      connection.get(), [](void*, const char*) {}, nullptr);
  const absl::Status status =
      Drive(connection.get(), host, deadline, side, tracer, &trace->tls_problem);
  tracer.End();
  if (!status.ok()) return status;
  // In mode prefer it may have gone on without TLS after all.
  trace->encrypted = PQsslInUse(connection.get()) != 0;
  return connection;
}

// What target_session_attrs asks for, one try of all hosts after the other: with one host a
// connection, libpq can't prefer.
std::vector<std::string> SessionWishes(const Parameters& parameters) {
  const auto wish = parameters.find("target_session_attrs");
  if (wish == parameters.end()) return {""};
  if (wish->second == "prefer-standby") return {"standby", "any"};
  return {wish->second};
}

}  // namespace

absl::StatusOr<ConnectionHandle> Connect(const ConnectionSettings& settings,
                                         const std::string& application_name,
                                         absl::Duration timeout, Side side, ConnectTrace* trace) {
  ConnectTrace unused;
  if (trace == nullptr) trace = &unused;
  Parameters parameters = settings.parameters;
  parameters["application_name"] = application_name;
  parameters["client_encoding"] = "UTF8";
  const absl::Time deadline = absl::Now() + timeout;
  const std::vector<std::string> wishes = SessionWishes(parameters);
  int64_t left = static_cast<int64_t>(wishes.size() * settings.hosts.size());
  std::vector<std::string> told;
  absl::Status first;
  for (const std::string& wish : wishes) {
    if (!wish.empty()) parameters["target_session_attrs"] = wish;
    for (const Host& host : settings.hosts) {
      const absl::Time now = absl::Now();
      absl::StatusOr<ConnectionHandle> connection =
          ConnectTo(host, parameters, now + (deadline - now) / left--, side, trace);
      if (connection.ok() || !TryNext(connection.status())) return connection;
      if (first.ok()) first = connection.status();
      told.push_back(absl::StrCat(host.label(), ": ", connection.status().message()));
    }
  }
  if (told.size() == 1) return first;
  const Explanation why = Explain(first);
  return Error(*ReasonOf(first), absl::StrJoin(told, "; "), why.remedy);
}

}  // namespace lockstitch::postgres
