#include "telemetry/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "status/reason.h"
#include "telemetry/call_context.h"

namespace lockstitch::telemetry {
namespace {

using Json = nlohmann::ordered_json;

struct Sink {
  std::string service = "lockstitch";
  std::shared_ptr<spdlog::logger> logger;

  Sink() : logger(spdlog::stderr_logger_mt("lockstitch")) { logger->set_pattern("%v"); }
};

Sink& TheSink() {
  static Sink* sink = new Sink;
  return *sink;
}

spdlog::level::level_enum LevelOf(LogSeverity severity) {
  switch (severity) {
    case LogSeverity::kDebug:
      return spdlog::level::debug;
    case LogSeverity::kInfo:
      return spdlog::level::info;
    case LogSeverity::kWarning:
      return spdlog::level::warn;
    case LogSeverity::kError:
      return spdlog::level::err;
    case LogSeverity::kOff:
      return spdlog::level::off;
  }
  return spdlog::level::off;
}

absl::string_view NameOf(LogSeverity severity) {
  switch (severity) {
    case LogSeverity::kDebug:
      return "DEBUG";
    case LogSeverity::kInfo:
      return "INFO";
    case LogSeverity::kWarning:
      return "WARNING";
    case LogSeverity::kError:
    case LogSeverity::kOff:
      return "ERROR";
  }
  return "ERROR";
}

void Write(LogSeverity severity, absl::string_view message, std::initializer_list<LogField> fields,
           const Json& more) {
  Sink& sink = TheSink();
  if (!sink.logger->should_log(LevelOf(severity))) return;
  Json line = {{"time", absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::Now(), absl::UTCTimeZone())},
               {"severity", std::string(NameOf(severity))},
               {"service", sink.service},
               {"message", std::string(message)}};
  for (const LogField& field : CurrentContext().Fields())
    line[std::string(field.first)] = field.second;
  for (const LogField& field : fields) line[std::string(field.first)] = field.second;
  line.update(more);
  // Bytes of a broken encoding, say from a server's message, must not break the line.
  sink.logger->log(LevelOf(severity), line.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace

void StartLogging(absl::string_view service, LogSeverity least) {
  Sink& sink = TheSink();
  sink.service = std::string(service);
  sink.logger->set_level(LevelOf(least));
  sink.logger->flush_on(spdlog::level::debug);
}

void Log(LogSeverity severity, absl::string_view message, std::initializer_list<LogField> fields) {
  Write(severity, message, fields, Json::object());
}

void LogError(absl::string_view message, const absl::Status& error,
              std::initializer_list<LogField> fields) {
  const Explanation why = Explain(error);
  Write(LogSeverity::kError, message, fields,
        {{"reason", why.reason}, {"error", why.message}, {"remedy", why.remedy}});
}

}  // namespace lockstitch::telemetry
