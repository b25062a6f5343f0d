#ifndef LOCKSTITCH_CLI_COMMAND_LINE_H_
#define LOCKSTITCH_CLI_COMMAND_LINE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "cli/control/control_command.h"
#include "cli/output.h"
#include "cli/scheduler_address.h"
#include "telemetry/log.h"

namespace lockstitch::cli {

// lockstitch sync: flags that were given; what wasn't is empty.
struct SyncCommand {
  std::string file;
  std::string name;
  std::string source;
  std::string destination;
  std::vector<std::string> streams;  // Names and patterns.
  std::string system_columns;
  SchedulerAddress scheduler;  // Elsewhere; without a server: all services in this process.
  int max_parallel_streams = 0;
  bool views = false;
  bool include_schema_names = false;
  bool reset = false;
  bool verify = false;
};

// lockstitch verify: likewise.
struct VerifyCommand {
  std::string file;
  std::string name;
  std::string source;
  std::string destination;
  std::vector<std::string> streams;  // Names and patterns.
  SchedulerAddress scheduler;        // Elsewhere; without a server: all services in this process.
  int max_parallel_streams = 0;
  int max_differences = 0;
  bool show_values = false;
};

struct DiscoverCommand {
  std::string source;
  std::string stream;  // The one to tell more about; empty: all.
};

struct CheckCommand {
  std::string file;
  std::string source;
  std::string destination;
};

struct CleanCommand {
  std::string destination;
  std::string name;  // Empty: every integration.
  int64_t idle_seconds = 24 * 60 * 60;
  bool dry_run = false;
};

struct ForgetCommand {
  std::string file;
  std::string name;
  std::string destination;
  SchedulerAddress scheduler;  // Elsewhere; without a server: all services in this process.
  bool drop_tables = false;
  bool dry_run = false;
};

// lockstitch schedule preview: likewise.
struct SchedulePreviewCommand {
  std::string cron;
  std::optional<int64_t> every_minutes;
  std::string anchor;
  std::string time_zone;
  std::string from;
  int count = 10;
};

// lockstitch up: flags that were given; what wasn't is as it stands here.
struct UpCommand {
  std::string data_folder;  // Empty: the user's.
  std::string listen = "127.0.0.1:7400";
  std::string metrics_listen = "127.0.0.1:9400";
  std::string catalog;      // Empty: a private cluster in the data folder.
  std::string secret_keys;  // Empty: a file in the data folder, made if it isn't there.
  std::string postgres_programs;
  int max_jobs = 100;
  std::string webhook_ca_file;  // Empty: the system's authorities.
  absl::Duration retention = absl::Hours(24 * 60);
  absl::Duration shutdown_grace = absl::Seconds(10);
};

// lockstitch completion: the script.
struct CompletionCommand {
  std::string script;
};

struct VersionCommand {};

struct CommandLine {
  std::variant<SyncCommand, VerifyCommand, DiscoverCommand, CheckCommand, CleanCommand,
               ForgetCommand, SchedulePreviewCommand, ControlCommand, UpCommand, CompletionCommand,
               VersionCommand>
      command;
  Output output = Output::kTable;
  telemetry::LogSeverity log_level = telemetry::LogSeverity::kOff;
};

// Prints help and exits with 0, or the problem and exits with 2. Afterwards no password is left in
// `argv`, which `ps` shows.
CommandLine ParseCommandLine(int argc, char** argv);

// Overwrites what is a password in a connection URL or keyword string.
void MaskPassword(char* text);

}  // namespace lockstitch::cli

#endif  // LOCKSTITCH_CLI_COMMAND_LINE_H_
