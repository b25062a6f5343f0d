#ifndef LOCKSTITCH_CLI_INTEGRATION_FILE_H_
#define LOCKSTITCH_CLI_INTEGRATION_FILE_H_

#include <functional>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "lockstitch/v1/integration.pb.h"

namespace lockstitch::cli {

// The value of an environment variable.
using Environment = std::function<std::optional<std::string>(const std::string&)>;

// Reads an Integration from YAML whose keys are the message's field names. Enum values may stand
// without their prefix (FULL_TABLE), a stream as its name alone, a database as its URL alone.
// A duration is a number with its unit, s, m, h or d, or 0; a time is 2026-01-31T12:00:00Z. ${VAR}
// is replaced by the environment's value, within values only. USAGE_INVALID names every problem and
// where it is, but no value.
absl::StatusOr<v1::Integration> ParseIntegration(const std::string& yaml,
                                                 const Environment& environment);

// The same of a file, in this process's environment.
absl::StatusOr<v1::Integration> ReadIntegration(const std::string& path);

}  // namespace lockstitch::cli

#endif  // LOCKSTITCH_CLI_INTEGRATION_FILE_H_
