#include "services/scheduler/log_line.h"

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "rpc/timestamp.h"
#include "status/utf8.h"

namespace lockstitch::scheduler {

v1::LogEntry LogLine(v1::Severity severity, const std::string& stream, const std::string& text) {
  v1::LogEntry entry;
  *entry.mutable_time() = rpc::ToTimestamp(absl::Now());
  entry.set_severity(severity);
  entry.set_stream(stream);
  entry.set_message(ValidUtf8(text));
  entry.set_origin(std::string(kSchedulerOrigin));
  return entry;
}

v1::LogEntry FailureLine(const std::string& stream, const v1::Error& error) {
  return LogLine(v1::SEVERITY_ERROR, stream,
                 absl::StrCat(error.reason(), ": ", error.message(), " ", error.remedy()));
}

}  // namespace lockstitch::scheduler
