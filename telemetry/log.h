#ifndef LOCKSTITCH_TELEMETRY_LOG_H_
#define LOCKSTITCH_TELEMETRY_LOG_H_

#include <initializer_list>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace lockstitch::telemetry {

// kOff is no line's severity: as the least one it drops every line.
enum class LogSeverity { kDebug, kInfo, kWarning, kError, kOff };

// A named value of a log line. Never a secret, never a row's content.
using LogField = std::pair<absl::string_view, std::string>;

// From here on lines name `service` and lines below `least` are dropped. Without a call:
// "lockstitch", kInfo.
void StartLogging(absl::string_view service, LogSeverity least);

// Writes one JSON object a line to stderr: time (RFC 3339, UTC), severity, service, message, what
// the thread works for (see CallContext), and the fields. docs/logs.md tells of them. Thread-safe.
void Log(LogSeverity severity, absl::string_view message,
         std::initializer_list<LogField> fields = {});

// The same for a failure: adds its reason code, what happened and what to do.
void LogError(absl::string_view message, const absl::Status& error,
              std::initializer_list<LogField> fields = {});

}  // namespace lockstitch::telemetry

#endif  // LOCKSTITCH_TELEMETRY_LOG_H_
