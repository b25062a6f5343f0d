#include "cli/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstring>
#include <map>
#include <vector>

#include "cli/completion.h"
#include "rpc/server_flags.h"

namespace lockstitch::cli {
namespace {

constexpr char kUrlHelp[] = "connection URL (postgres://...) or libpq keyword string";

void AddUrl(CLI::App& app, const std::string& flag, std::string& url) {
  app.add_option(flag, url, kUrlHelp)
      ->envname(rpc::EnvironmentName(flag))
      ->option_text("URL (Env:" + rpc::EnvironmentName(flag) + ")");
}

void AddFile(CLI::App& app, std::string& file) {
  app.add_option("-f,--file", file, "the integration as YAML; ${VAR} is taken from the environment")
      ->option_text("FILE");
}

void AddName(CLI::App& app, std::string& name) {
  app.add_option("--name", name, "the integration's name, which names the destination schema")
      ->option_text("NAME");
}

void AddStreams(CLI::App& app, std::vector<std::string>& streams, const std::string& help) {
  app.add_option("--stream", streams, help)
      ->option_text("SCHEMA.TABLE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

void AddParallelStreams(CLI::App& app, int& number) {
  app.add_option("--max-parallel-streams", number, "streams at once [4]")
      ->check(CLI::Range(1, 1000))
      ->option_text("N");
}

CLI::App* AddSync(CLI::App& app, SyncCommand& sync) {
  CLI::App* command = app.add_subcommand("sync", "Replicate once: run one job and exit.");
  command->footer(
      "Example:\n"
      "  lockstitch sync --source \"$DATABASE_URL\" --destination postgres://me@warehouse/dw "
      "--name shop\n"
      "\n"
      "A file says more than flags can, of each stream: method, replication_key, filter, columns,\n"
      "  backfill: none | reload                  rows loaded before, where an edit leaves the "
      "choice\n"
      "  deletes: {every: 24h, action: mark}      finds rows deleted at the source; or action: "
      "delete\n"
      "  reset: 1                                 once raised, the stream is loaded anew\n"
      "\n"
      "Exit status: 0 every stream succeeded, 1 something failed, 2 wrong usage.");
  AddFile(*command, sync.file);
  AddName(*command, sync.name);
  AddUrl(*command, "--source", sync.source);
  AddUrl(*command, "--destination", sync.destination);
  AddStreams(*command, sync.streams,
             "a table or view to replicate, or a pattern: 'public.*', '!public.audit_*'; may be "
             "repeated [every table]");
  command
      ->add_option("--system-columns", sync.system_columns,
                   "columns to add: stitch (the _sdc_ ones) or none [stitch]")
      ->check(CLI::IsMember({"stitch", "none"}))
      ->option_text("stitch|none");
  AddParallelStreams(*command, sync.max_parallel_streams);
  command->add_flag("--views", sync.views, "patterns select views too");
  command->add_flag("--include-schema-names", sync.include_schema_names,
                    "name destination tables SCHEMA__TABLE");
  command->add_flag(
      "--reset", sync.reset,
      "begin anew, with --stream only those streams: forget bookmarks, unfinished first loads and "
      "which source was read");
  command->add_flag("--verify", sync.verify,
                    "compare each destination table with the snapshot that was loaded");
  AddSchedulerFlags(*command, sync.scheduler,
                    "run the job at this scheduler [all services in this process]");
  return command;
}

CLI::App* AddVerify(CLI::App& app, VerifyCommand& verify) {
  CLI::App* command =
      app.add_subcommand("verify", "Compare the rows of a destination with those of its source.");
  command->footer(
      "Example:\n"
      "  lockstitch verify --source \"$DATABASE_URL\" --destination postgres://me@warehouse/dw "
      "--name shop\n"
      "\n"
      "Exit status: 0 every stream holds what it should, 1 one differs or failed, 2 wrong usage.");
  AddFile(*command, verify.file);
  AddName(*command, verify.name);
  AddUrl(*command, "--source", verify.source);
  AddUrl(*command, "--destination", verify.destination);
  AddStreams(*command, verify.streams,
             "a table or view to compare, or a pattern; may be repeated [the file's, else all that "
             "the destination holds]");
  AddParallelStreams(*command, verify.max_parallel_streams);
  command->add_option("--max-differences", verify.max_differences, "rows to tell per stream [10]")
      ->check(CLI::Range(1, 1000))
      ->option_text("N");
  command->add_flag("--show-values", verify.show_values,
                    "print the values that differ, not only keys and columns");
  AddSchedulerFlags(*command, verify.scheduler,
                    "have this scheduler compare [all services in this process]");
  return command;
}

CLI::App* AddDiscover(CLI::App& app, DiscoverCommand& discover) {
  CLI::App* command = app.add_subcommand("discover", "List what a source has to replicate.");
  command->footer("Example:\n  lockstitch discover --source \"$DATABASE_URL\"");
  AddUrl(*command, "--source", discover.source);
  command->add_option("--stream", discover.stream, "the one table or view to tell more about [all]")
      ->option_text("SCHEMA.TABLE");
  return command;
}

CLI::App* AddCheck(CLI::App& app, CheckCommand& check) {
  CLI::App* command =
      app.add_subcommand("check", "Check connections, or an integration as a whole.");
  command->footer(
      "Examples:\n"
      "  lockstitch check --source \"$DATABASE_URL\"\n"
      "  lockstitch check --file shop.yaml\n"
      "\n"
      "With --file the selection is validated as well: every problem is listed at once.");
  AddFile(*command, check.file);
  AddUrl(*command, "--source", check.source);
  AddUrl(*command, "--destination", check.destination);
  return command;
}

CLI::App* AddClean(CLI::App& app, CleanCommand& clean) {
  CLI::App* command =
      app.add_subcommand("clean", "Drop what loads have left behind at a destination.");
  command->footer(
      "Example:\n"
      "  lockstitch clean --destination \"$WAREHOUSE_URL\" --dry-run\n"
      "\n"
      "A stream's next load drops what earlier ones left: this is for streams that run no more.\n"
      "Exit status: 0 everything found is gone, 1 something could not be dropped, 2 wrong usage.");
  AddUrl(*command, "--destination", clean.destination);
  command->add_option("--name", clean.name, "the integration's name [every integration]")
      ->option_text("NAME");
  command
      ->add_option("--idle", clean.idle_seconds,
                   "unfinished loads count as left behind after so long without a commit [24h]")
      ->transform(CLI::AsNumberWithUnit(
          std::map<std::string, int64_t>{{"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}},
          CLI::AsNumberWithUnit::UNIT_REQUIRED, "DURATION"))
      ->option_text("DURATION");
  command->add_flag("--dry-run", clean.dry_run, "only list what would be dropped");
  return command;
}

CLI::App* AddForget(CLI::App& app, ForgetCommand& forget) {
  CLI::App* command = app.add_subcommand(
      "forget", "End an integration: its runs, its bookmarks, and its tables if told so.");
  command->footer(
      "Example:\n"
      "  lockstitch forget --destination \"$WAREHOUSE_URL\" --name shop --dry-run\n"
      "\n"
      "Runs under way are ended first. The tables stay unless --drop-tables is given; what "
      "depends\n"
      "on one keeps it. Nothing of the integration is remembered: one of the same name begins "
      "anew.\n"
      "Exit status: 0 it is forgotten, 1 it isn't, or a table could not be dropped, 2 wrong "
      "usage.");
  AddFile(*command, forget.file);
  AddName(*command, forget.name);
  AddUrl(*command, "--destination", forget.destination);
  command->add_flag("--drop-tables", forget.drop_tables,
                    "drop the destination tables as well, and their schema if it is empty then");
  command->add_flag("--dry-run", forget.dry_run, "only list what would go");
  AddSchedulerFlags(*command, forget.scheduler,
                    "have this scheduler do it [all services in this process]");
  return command;
}

CLI::App* AddUp(CLI::App& app, UpCommand& up) {
  CLI::App* command = app.add_subcommand(
      "up", "Run everything in this process: integrations are kept, and run by their schedules.");
  command->footer(
      "Example:\n"
      "  lockstitch up --data-dir /var/lib/lockstitch\n"
      "\n"
      "Without --catalog a private PostgreSQL cluster in the data folder keeps the integrations.\n"
      "Their passwords are encrypted by the keys of --secret-keys. Ctrl-C stops it all; jobs "
      "under\n"
      "way go on when it is up again.\n"
      "Exit status: 0 it was stopped, 1 it could not start, 2 wrong usage.");
  command->add_option("--data-dir", up.data_folder, "the data folder [~/.local/share/lockstitch]")
      ->envname(rpc::EnvironmentName("--data-dir"))
      ->option_text("DIR (Env:" + rpc::EnvironmentName("--data-dir") + ")");
  command->add_option("--listen", up.listen, "where to serve the API [" + up.listen + "]")
      ->option_text("ADDRESS");
  command
      ->add_option("--metrics-listen", up.metrics_listen,
                   "where to serve metrics [" + up.metrics_listen + "]")
      ->option_text("ADDRESS");
  command
      ->add_option("--catalog", up.catalog, "a catalog database elsewhere, PostgreSQL 14 or newer")
      ->envname(rpc::EnvironmentName("--catalog"))
      ->option_text("URL (Env:" + rpc::EnvironmentName("--catalog") + ")");
  command
      ->add_option("--secret-keys", up.secret_keys,
                   "keys that secrets in the catalog are encrypted by [DIR/secret-keys]")
      ->option_text("FILE");
  command
      ->add_option("--postgres-programs", up.postgres_programs,
                   "where initdb and postgres are [the newest that is installed]")
      ->option_text("DIR");
  command->add_option("--max-jobs", up.max_jobs, "jobs at once; others wait [100]")
      ->check(CLI::Range(1, 10000))
      ->option_text("N");
  rpc::AddDurationFlag(*command, "--retention", up.retention,
                       "how long ended jobs and their logs are kept", absl::Hours(24));
  command
      ->add_option("--webhook-ca-file", up.webhook_ca_file,
                   "PEM file of the authorities that receivers of webhooks are trusted by [the "
                   "system's]")
      ->check(CLI::ExistingFile)
      ->option_text("FILE");
  return command;
}

CLI::App* AddCompletion(CLI::App& app, std::string& shell) {
  CLI::App* command =
      app.add_subcommand("completion", "Print a script that completes commands in a shell.");
  command->footer(
      "Examples:\n"
      "  source <(lockstitch completion bash)\n"
      "  lockstitch completion zsh >> ~/.zshrc");
  command->add_option("SHELL", shell, "bash or zsh")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh"}))
      ->option_text(" ");
  return command;
}

CLI::App* AddSchedulePreview(CLI::App& app, SchedulePreviewCommand& preview) {
  CLI::App* schedule = app.add_subcommand("schedule", "Schedules, without any integration.");
  schedule->require_subcommand(1);
  CLI::App* command =
      schedule->add_subcommand("preview", "Show the next runs of a schedule, and why then.");
  command->footer(
      "Examples:\n"
      "  lockstitch schedule preview --cron '0 30 2 ? * MON-FRI' --time-zone Europe/Berlin\n"
      "  lockstitch schedule preview --every 360 --anchor 2026-01-01T03:30:00Z --count 4\n"
      "\n"
      "Needs no server. docs/schedules.md tells the rules and how cron expressions are written.\n"
      "Exit status: 0 the runs are shown, 2 wrong usage.");
  CLI::Option* cron =
      command->add_option("--cron", preview.cron, "a Quartz expression of 6 or 7 fields, seconds 0")
          ->option_text("EXPRESSION");
  CLI::Option* every =
      command->add_option("--every", preview.every_minutes, "minutes from one run to the next")
          ->option_text("MINUTES")
          ->excludes(cron);
  command->add_option("--anchor", preview.anchor, "a time from which --every is counted")
      ->option_text("TIME")
      ->needs(every);
  command
      ->add_option("--time-zone", preview.time_zone,
                   "the zone that --cron is read in, and that runs are shown in as well [UTC]")
      ->option_text("ZONE");
  command->add_option("--from", preview.from, "show runs from then on [now]")->option_text("TIME");
  command->add_option("--count", preview.count, "runs to show [10]")->option_text("N");
  return command;
}

void AddOutput(CLI::App* command, CommandLine& line) {
  const auto set = [&line](const std::string& name) {
    line.output = name == "json" ? Output::kJson : name == "yaml" ? Output::kYaml : Output::kTable;
  };
  command
      ->add_option_function<std::string>("--output", set,
                                         "how to print results: table, json or yaml [table]")
      ->check(CLI::IsMember({"table", "json", "yaml"}))
      ->option_text("table|json|yaml");
  rpc::AddLogLevelFlag(*command, line.log_level, "off; info with --output=json");
}

void Require(const CLI::App* command, bool given, const std::string& what) {
  if (command->parsed() && !given) throw CLI::RequiredError(what);
}

// Of a command that is about one.
template <typename Command>
void RequireIntegration(const CLI::App* app, const Command& command) {
  const bool has_file = !command.file.empty();
  Require(app, has_file || !command.name.empty(), "--name or --file");
  Require(app, has_file || !command.source.empty(), "--source or --file");
  Require(app, has_file || !command.destination.empty(), "--destination or --file");
}

}  // namespace

void MaskPassword(char* text) {
  const auto mask = [](char* from, const char* to) { std::fill(from, from + (to - from), 'x'); };
  if (char* scheme = std::strstr(text, "://")) {
    char* authority = scheme + 3;
    char* end = authority + std::strcspn(authority, "/");
    char* at =
        std::find(std::make_reverse_iterator(end), std::make_reverse_iterator(authority), '@')
            .base();
    char* colon = std::find(authority, at, ':');
    if (at != authority && colon < at - 1) mask(colon + 1, at - 1);
  }
  for (char* at = text; (at = std::strstr(at, "password")) != nullptr;) {
    at += std::strlen("password");
    char* value = at + std::strspn(at, " =");
    if (value == at) continue;
    const char* stop = *value == '\'' ? "'" : " &#";
    if (*value == '\'') ++value;
    mask(value, value + std::strcspn(value, stop));
  }
}

CommandLine ParseCommandLine(int argc, char** argv) {
  CLI::App app(
      "Lockstitch replicates PostgreSQL databases into a warehouse, exactly once and at COPY "
      "speed.");
  app.name("lockstitch");
  app.footer("lockstitch COMMAND --help tells more about a command.");
  app.require_subcommand(1);
  CommandLine line;
  SyncCommand sync;
  VerifyCommand verify;
  DiscoverCommand discover;
  CheckCommand check;
  CleanCommand clean;
  ForgetCommand forget;
  ControlCommand control;
  SchedulePreviewCommand preview;
  CLI::App* sync_app = AddSync(app, sync);
  CLI::App* verify_app = AddVerify(app, verify);
  CLI::App* discover_app = AddDiscover(app, discover);
  CLI::App* check_app = AddCheck(app, check);
  CLI::App* clean_app = AddClean(app, clean);
  CLI::App* forget_app = AddForget(app, forget);
  CLI::App* preview_app = AddSchedulePreview(app, preview);
  UpCommand up;
  CLI::App* up_app = AddUp(app, up);
  std::string shell;
  CLI::App* completion_app = AddCompletion(app, shell);
  CLI::App* version_app = app.add_subcommand("version", "Print the version.");
  std::vector<CLI::App*> commands = AddControlCommands(app, control);
  commands.insert(commands.end(), {sync_app, verify_app, discover_app, check_app, clean_app,
                                   forget_app, preview_app, up_app, version_app});
  for (CLI::App* command : commands) AddOutput(command, line);
  app.parse_complete_callback([&] {
    RequireIntegration(sync_app, sync);
    RequireIntegration(verify_app, verify);
    Require(discover_app, !discover.source.empty(), "--source");
    Require(clean_app, !clean.destination.empty(), "--destination");
    Require(forget_app, !forget.file.empty() || !forget.name.empty(), "--name or --file");
    Require(forget_app, !forget.file.empty() || !forget.destination.empty(),
            "--destination or --file");
    Require(preview_app, !preview.cron.empty() || preview.every_minutes, "--cron or --every");
    Require(check_app, !check.file.empty() || !check.source.empty() || !check.destination.empty(),
            "--source, --destination or --file");
  });
  // A misplaced argument is quoted in the problem.
  app.failure_message([](const CLI::App* failed, const CLI::Error& error) {
    std::string message = CLI::FailureMessage::simple(failed, error);
    MaskPassword(message.data());
    return message;
  });
  rpc::ParseOrExit(app, argc, argv);
  for (int i = 1; i < argc; ++i) MaskPassword(argv[i]);

  if (sync_app->parsed()) line.command = std::move(sync);
  if (verify_app->parsed()) line.command = std::move(verify);
  if (discover_app->parsed()) line.command = std::move(discover);
  if (check_app->parsed()) line.command = std::move(check);
  if (clean_app->parsed()) line.command = std::move(clean);
  if (forget_app->parsed()) line.command = std::move(forget);
  if (preview_app->parsed()) line.command = std::move(preview);
  if (up_app->parsed()) line.command = std::move(up);
  if (completion_app->parsed()) {
    line.command =
        CompletionCommand{CompletionScript(app, shell == "zsh" ? Shell::kZsh : Shell::kBash)};
  }
  if (version_app->parsed()) line.command = VersionCommand();
  if (control.run) line.command = std::move(control);
  const bool asked_for_logs = [&] {
    for (const CLI::App* command : commands) {
      if (command->parsed() && command->get_option("--log-level")->count() > 0) return true;
    }
    return false;
  }();
  if (line.output == Output::kJson && !asked_for_logs)
    line.log_level = telemetry::LogSeverity::kInfo;
  // What serves says what it does.
  if (up_app->parsed() && !asked_for_logs) line.log_level = telemetry::LogSeverity::kInfo;
  return line;
}

}  // namespace lockstitch::cli
