#include "rpc/server_flags.h"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <map>
#include <optional>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "rpc/listen_address.h"

namespace lockstitch::rpc {
namespace {

using telemetry::LogSeverity;

std::string ListenProblem(const std::string& address) {
  return std::string(CheckListenAddress(address).message());
}

std::string MetricsListenProblem(const std::string& address) {
  return absl::StartsWith(address, "unix:") ? "metrics are served at a HOST:PORT only"
                                            : ListenProblem(address);
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
                 "where to serve gRPC: a loopback HOST:PORT (0 takes a free one) or unix:PATH")
      ->envname(EnvironmentName("--listen"))
      ->capture_default_str()
      ->check(ListenProblem);
  app.add_option("--metrics-listen", flags.metrics_listen,
                 "where to serve Prometheus metrics: a loopback HOST:PORT")
      ->envname(EnvironmentName("--metrics-listen"))
      ->capture_default_str()
      ->check(MetricsListenProblem);
  AddLogLevelFlag(app, flags.log_level, "info");
  AddDurationFlag(app, "--shutdown-grace", flags.shutdown_grace,
                  "how long SIGTERM waits for short calls");
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
