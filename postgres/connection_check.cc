#include "postgres/connection_check.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "postgres/allowed_files.h"
#include "postgres/catalog_limits.h"
#include "postgres/connect.h"
#include "postgres/connection_settings.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::postgres {
namespace {

constexpr absl::string_view kReadOnly = "SET default_transaction_read_only = on";

v1::CheckStep StepOf(const std::string& name, absl::Duration took,
                     const absl::StatusOr<CheckAnswer>& answer) {
  v1::CheckStep step;
  step.set_name(name);
  step.mutable_duration()->set_seconds(absl::ToInt64Seconds(took));
  step.mutable_duration()->set_nanos(
      static_cast<int>(absl::ToInt64Nanoseconds(took) % 1'000'000'000));
  if (answer.ok()) {
    step.set_result(answer->result);
    step.set_message(answer->message);
    step.set_remedy(answer->remedy);
    return step;
  }
  const Explanation why = Explain(answer.status());
  step.set_result(v1::CHECK_RESULT_FAILED);
  step.set_message(why.message);
  step.set_reason(why.reason);
  step.set_remedy(why.remedy);
  return step;
}

// Collects the steps in their order.
class Steps {
 public:
  void Add(const std::string& name, absl::Duration took,
           const absl::StatusOr<CheckAnswer>& answer) {
    steps_.push_back(StepOf(name, took, answer));
  }
  void Skip(const std::vector<std::string>& names, absl::string_view why) {
    for (const std::string& name : names) Add(name, absl::ZeroDuration(), Skipped(why));
  }
  std::vector<v1::CheckStep> Take() { return std::move(steps_); }

 private:
  std::vector<v1::CheckStep> steps_;
};

struct FreeAddresses {
  void operator()(addrinfo* addresses) const { freeaddrinfo(addresses); }
};
using AddressList = std::unique_ptr<addrinfo, FreeAddresses>;

absl::StatusOr<AddressList> Resolve(const Host& host, int flags) {
  const addrinfo hints = {.ai_flags = flags, .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.name.c_str(), nullptr, &hints, &found);
  if (error == 0) return AddressList(found);
  return Error(Reason::kHostUnknown, absl::StrCat(host.name, ": ", gai_strerror(error)));
}

std::string AddressText(const addrinfo& address) {
  char text[NI_MAXHOST] = "";
  getnameinfo(address.ai_addr, address.ai_addrlen, text, sizeof(text), nullptr, 0, NI_NUMERICHOST);
  return text;
}

bool NeedsResolving(const Host& host) {
  return !host.is_socket() && host.address.empty() && !Resolve(host, AI_NUMERICHOST).ok();
}

// Fails where no host can be connected to.
absl::StatusOr<CheckAnswer> ResolveAll(const std::vector<Host>& hosts) {
  std::vector<std::string> found, problems;
  size_t usable = 0;
  for (const Host& host : hosts) {
    if (!NeedsResolving(host)) {
      ++usable;
      continue;
    }
    const absl::StatusOr<AddressList> addresses = Resolve(host, 0);
    if (!addresses.ok()) {
      problems.push_back(std::string(addresses.status().message()));
      continue;
    }
    ++usable;
    std::vector<std::string> texts;
    for (const addrinfo* each = addresses->get(); each != nullptr; each = each->ai_next) {
      texts.push_back(AddressText(*each));
    }
    found.push_back(absl::StrCat(host.name, " is ", absl::StrJoin(texts, ", ")));
  }
  if (usable == 0) return Error(Reason::kHostUnknown, absl::StrJoin(problems, "; "));
  if (!problems.empty()) {
    return Warning(absl::StrJoin(problems, "; "), InfoOf(Reason::kHostUnknown).remedy);
  }
  if (found.empty()) return Skipped("no name to resolve: a socket or an address");
  return Passed(absl::StrJoin(found, "; "));
}

CheckAnswer DescribeSettings(const ConnectionSettings& settings) {
  const std::string hosts =
      absl::StrJoin(settings.hosts, ", ",
                    [](std::string* out, const Host& host) { absl::StrAppend(out, host.label()); });
  return Passed(absl::StrCat("user ", settings.user, ", database ", settings.database, " at ",
                             hosts, ", TLS mode ", settings.tls.mode));
}

absl::StatusOr<CheckAnswer> DescribeTls(const ConnectionSettings& settings,
                                        const ConnectTrace& trace) {
  if (trace.encrypted) {
    const absl::string_view tested = settings.tls.mode == "verify-full"
                                         ? "certificate verified, and it names the host"
                                     : settings.tls.verifies_certificate ? "certificate verified"
                                                                         : "certificate not tested";
    return Passed(absl::StrCat(trace.protocol, ", ", trace.cipher, "; mode ", settings.tls.mode,
                               ": ", tested));
  }
  if (trace.socket) return Skipped("a Unix socket needs none");
  return Warning(
      absl::StrCat("not encrypted: ", settings.tls.mode == "disable" ? "mode disable"
                                      : trace.tls_problem.empty()    ? "the server offers no TLS"
                                                                     : trace.tls_problem),
      "Set TLS mode require or stricter, and enable TLS at the server if it has none.");
}

// Tells from the trace which part of connecting failed.
void AddConnecting(const ConnectionSettings& settings, const ConnectTrace& trace,
                   const absl::Status& status, Steps& steps) {
  const bool must_encrypt = !trace.socket && (settings.tls.mode == "require" ||
                                              absl::StartsWith(settings.tls.mode, "verify"));
  if (!trace.reached) {
    steps.Add("connect", trace.reaching, status);
    return steps.Skip({"tls", "authenticate"}, "not reached");
  }
  steps.Add("connect", trace.reaching, Passed(trace.host));
  if (ReasonOf(status) == Reason::kTlsFailed ||
      (!status.ok() && must_encrypt && !trace.encrypted)) {
    steps.Add("tls", trace.encrypting + trace.authenticating, status);
    return steps.Skip({"authenticate"}, "not tried without TLS");
  }
  steps.Add("tls", trace.encrypting, DescribeTls(settings, trace));
  if (!status.ok() && ReasonOf(status) != Reason::kConnectionPooled)
    return steps.Add("authenticate", trace.authenticating, status);
  steps.Add("authenticate", trace.authenticating, Passed(absl::StrCat("as ", settings.user)));
}

absl::StatusOr<ConnectionSettings> SettingsOf(const v1::PostgresConnection& server) {
  RETURN_IF_ERROR(TestFilesAllowed(server));
  return ReadConnectionSettings(server);
}

absl::StatusOr<Connection> OpenForQuestions(const Connection::Options& options,
                                            ConnectTrace* trace) {
  ASSIGN_OR_RETURN(Connection connection, Connection::Open(options, trace));
  RETURN_IF_ERROR(connection.Execute(kReadOnly));
  RETURN_IF_ERROR(LimitSession(connection));
  return connection;
}

void Ask(Connection& connection, const std::vector<CheckQuestion>& questions, Steps& steps) {
  bool lost = false;
  for (const CheckQuestion& question : questions) {
    if (lost) {
      steps.Skip({question.name}, "the connection was lost");
      continue;
    }
    const absl::Time start = absl::Now();
    const absl::StatusOr<CheckAnswer> answer = question.ask(connection);
    steps.Add(question.name, absl::Now() - start, answer);
    lost = ReasonOf(answer.status()) == Reason::kConnectionLost;
  }
}

// The steps of the questions where there is no connection.
void AddUnasked(const std::vector<std::string>& names, const absl::Status& failure, Steps& steps) {
  for (const std::string& name : names) {
    if (name == kPoolerStep && ReasonOf(failure) == Reason::kConnectionPooled)
      steps.Add(name, absl::ZeroDuration(), failure);
    else
      steps.Skip({name}, "not tried without a connection");
  }
}

}  // namespace

CheckAnswer Passed(absl::string_view message) { return {.message = std::string(message)}; }

CheckAnswer Warning(absl::string_view message, absl::string_view remedy) {
  return {.result = v1::CHECK_RESULT_WARNING,
          .message = std::string(message),
          .remedy = std::string(remedy)};
}

CheckAnswer Skipped(absl::string_view message) {
  return {.result = v1::CHECK_RESULT_SKIPPED, .message = std::string(message)};
}

std::vector<v1::CheckStep> CheckConnection(const Connection::Options& options,
                                           const std::vector<CheckQuestion>& questions) {
  Steps steps;
  std::vector<std::string> names;
  for (const CheckQuestion& question : questions) names.push_back(question.name);
  absl::Time start = absl::Now();
  const absl::StatusOr<ConnectionSettings> settings = SettingsOf(options.server);
  if (!settings.ok()) {
    steps.Add("settings", absl::Now() - start, settings.status());
    names.insert(names.begin(), {"resolve", "connect", "tls", "authenticate"});
    steps.Skip(names, "not known where to connect to");
    return steps.Take();
  }
  steps.Add("settings", absl::Now() - start, DescribeSettings(*settings));
  start = absl::Now();
  const absl::StatusOr<CheckAnswer> resolved = ResolveAll(settings->hosts);
  steps.Add("resolve", absl::Now() - start, resolved);
  if (!resolved.ok()) {
    names.insert(names.begin(), {"connect", "tls", "authenticate"});
    steps.Skip(names, "no host is known");
    return steps.Take();
  }
  ConnectTrace trace;
  absl::StatusOr<Connection> connection = OpenForQuestions(options, &trace);
  AddConnecting(*settings, trace, connection.status(), steps);
  if (connection.ok()) {
    Ask(*connection, questions, steps);
  } else {
    AddUnasked(names, connection.status(), steps);
  }
  return steps.Take();
}

}  // namespace lockstitch::postgres
