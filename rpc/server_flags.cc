#include "rpc/server_flags.h"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <map>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "rpc/listen_address.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::rpc {
namespace {

using telemetry::LogSeverity;

const std::map<std::string, Listener>& Listeners() {
  static const auto& listeners = *new std::map<std::string, Listener>{
      {"grpc", Listener::kGrpc}, {"metrics", Listener::kMetrics}, {"health", Listener::kHealth}};
  return listeners;
}

std::string MetricsListenProblem(const std::string& address) {
  return absl::StartsWith(address, "unix:") ? "metrics are served at a HOST:PORT only" : "";
}

// Of a service: one that has a certificate tests those of others, and the other way round.
absl::Status CheckTlsFlags(const ServerFlags& flags) {
  if (flags.tls.given() != !flags.tls.certificate.empty()) {
    return Error(Reason::kUsageInvalid, "--tls-cert, --tls-key and --tls-ca belong together",
                 "Give all of them or none.");
  }
  if (flags.tls.given() && flags.Plaintext(Listener::kGrpc)) {
    return Error(Reason::kUsageInvalid, "--plaintext=grpc contradicts --tls-cert",
                 "Give one of them.");
  }
  return absl::OkStatus();
}

absl::Status CheckListenAddresses(const ServerFlags& flags) {
  const auto check = [&](const std::string& name, Listener listener, const std::string& address) {
    const bool anywhere =
        flags.Plaintext(listener) || (listener == Listener::kGrpc && flags.tls.given());
    return CheckListenAddress(name, address, anywhere ? Reach::kEverywhere : Reach::kMachine);
  };
  RETURN_IF_ERROR(check("grpc", Listener::kGrpc, flags.listen));
  RETURN_IF_ERROR(check("metrics", Listener::kMetrics, flags.metrics_listen));
  if (flags.health_listen.empty()) return absl::OkStatus();
  return check("health", Listener::kHealth, flags.health_listen);
}

// As absl::ParseDuration, behind whole days.
std::optional<absl::Duration> ParseDuration(absl::string_view text) {
  absl::Duration days;
  if (const size_t unit = text.find('d'); unit != absl::string_view::npos) {
    int number = 0;
    if (!absl::SimpleAtoi(text.substr(0, unit), &number)) return std::nullopt;
    days = number * absl::Hours(24);
    text.remove_prefix(unit + 1);
    if (text.empty()) return days;
  }
  absl::Duration rest;
  if (!absl::ParseDuration(text, &rest)) return std::nullopt;
  return days + rest;
}

std::string DurationText(absl::Duration duration) {
  const int64_t days = duration / absl::Hours(24);
  return days > 0 && duration == days * absl::Hours(24) ? absl::StrCat(days, "d")
                                                        : absl::FormatDuration(duration);
}

}  // namespace

void AddServerFlags(CLI::App& app, ServerFlags& flags) {
  app.add_option("--listen", flags.listen,
                 "where to serve gRPC: HOST:PORT (0 takes a free one) or unix:PATH")
      ->envname(EnvironmentName("--listen"))
      ->capture_default_str();
  app.add_option("--metrics-listen", flags.metrics_listen,
                 "where to serve Prometheus metrics: HOST:PORT")
      ->envname(EnvironmentName("--metrics-listen"))
      ->capture_default_str()
      ->check(MetricsListenProblem);
  app.add_option(
         "--health-listen", flags.health_listen,
         "where to serve grpc.health.v1 alone, in plaintext, for probes: HOST:PORT [nowhere]")
      ->envname(EnvironmentName("--health-listen"));
  AddTlsFlags(app, flags.tls);
  std::vector<std::string> names;
  for (const auto& [name, listener] : Listeners()) names.push_back(name);
  app.add_option_function<std::vector<std::string>>(
         "--plaintext",
         [&flags](const std::vector<std::string>& given) {
           for (const std::string& name : given) flags.plaintext.insert(Listeners().at(name));
         },
         "which may be reached from elsewhere without TLS: grpc, metrics, health [none]")
      ->envname(EnvironmentName("--plaintext"))
      ->delimiter(',')
      ->check(CLI::IsMember(names))
      ->option_text("LIST (Env:" + EnvironmentName("--plaintext") + ")");
  app.add_option("--connection-files", flags.connection_files,
                 "folder below which the files must lie that callers' connections name [anywhere "
                 "without TLS and --plaintext=grpc, else nowhere]")
      ->envname(EnvironmentName("--connection-files"))
      ->check(CLI::ExistingDirectory)
      ->option_text("DIR (Env:" + EnvironmentName("--connection-files") + ")");
  AddLogLevelFlag(app, flags.log_level, "info");
  AddDurationFlag(app, "--shutdown-grace", flags.shutdown_grace,
                  "how long SIGTERM waits for short calls");
  app.parse_complete_callback([&flags] {
    for (const absl::Status& problem : {CheckTlsFlags(flags), CheckListenAddresses(flags)}) {
      if (problem.ok()) continue;
      const Explanation why = Explain(problem);
      throw CLI::ValidationError(why.reason, absl::StrCat(why.message, "\n  ", why.remedy));
    }
    const bool by_others = flags.tls.given() || flags.Plaintext(Listener::kGrpc);
    if (by_others && !flags.connection_files) flags.connection_files = "";
  });
}

void AddTlsFlags(CLI::App& app, TlsFiles& files) {
  const auto add = [&](const std::string& flag, std::string& path, const std::string& help) {
    return app.add_option(flag, path, help)
        ->envname(EnvironmentName(flag))
        ->option_text("FILE (Env:" + EnvironmentName(flag) + ")");
  };
  CLI::Option* authority =
      add("--tls-ca", files.authority, "PEM of the authorities that certificates must come from");
  CLI::Option* certificate = add("--tls-cert", files.certificate, "PEM of the own certificate");
  CLI::Option* key = add("--tls-key", files.key, "PEM of its private key");
  certificate->needs(authority)->needs(key);
  key->needs(certificate);
}

void AddLogLevelFlag(CLI::App& app, LogSeverity& level, const std::string& default_name) {
  static const std::map<std::string, LogSeverity> kLevels = {{"debug", LogSeverity::kDebug},
                                                             {"info", LogSeverity::kInfo},
                                                             {"warning", LogSeverity::kWarning},
                                                             {"error", LogSeverity::kError},
                                                             {"off", LogSeverity::kOff}};
  std::vector<std::string> names;
  for (const auto& [name, severity] : kLevels) names.push_back(name);
  const auto set = [&level](const std::string& name) { level = kLevels.at(name); };
  app.add_option_function<std::string>(
         "--log-level", set,
         absl::StrCat("least severity of log lines: debug, info, warning, error or off [",
                      default_name, "]"))
      ->envname(EnvironmentName("--log-level"))
      ->check(CLI::IsMember(names))
      ->option_text("LEVEL (Env:" + EnvironmentName("--log-level") + ")");
}

CLI::Option* AddDurationFlag(CLI::App& app, const std::string& name, absl::Duration& value,
                             const std::string& help, absl::Duration least) {
  const auto set = [&value, name, least](const std::string& text) {
    const std::optional<absl::Duration> parsed = ParseDuration(text);
    if (!parsed)
      throw CLI::ValidationError(name, "is no duration such as 90s, 30m or 60d: " + text);
    if (*parsed < least)
      throw CLI::ValidationError(name,
                                 absl::StrCat("is less than ", DurationText(least), ": ", text));
    value = *parsed;
  };
  return app
      .add_option_function<std::string>(name, set,
                                        absl::StrCat(help, " [", DurationText(value), "]"))
      ->envname(EnvironmentName(name));
}

std::string EnvironmentName(const std::string& flag) {
  return absl::StrCat("LOCKSTITCH_", absl::AsciiStrToUpper(absl::StrReplaceAll(
                                         absl::StripPrefix(flag, "--"), {{"-", "_"}})));
}

void ParseOrExit(CLI::App& app, int argc, char** argv) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // CLI11 tells everything by exceptions, --help too.
    std::exit(app.exit(error) == 0 ? 0 : 2);
  }
}

}  // namespace lockstitch::rpc
