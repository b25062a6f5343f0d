#ifndef LOCKSTITCH_SERVICES_SCHEDULER_LOG_LINE_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_LOG_LINE_H_

#include <string>

#include "absl/strings/string_view.h"
#include "lockstitch/v1/job.pb.h"

namespace lockstitch::scheduler {

// Who says a line of a job's log.
inline constexpr absl::string_view kSchedulerOrigin = "scheduler";
inline constexpr absl::string_view kExtractorOrigin = "extractor";

// A line of the scheduler's for a job's log, of now. An empty stream is the whole job.
v1::LogEntry LogLine(v1::Severity severity, const std::string& stream, const std::string& text);

// The line that tells of a failure.
v1::LogEntry FailureLine(const std::string& stream, const v1::Error& error);

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_LOG_LINE_H_
