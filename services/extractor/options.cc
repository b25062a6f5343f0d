#include "services/extractor/options.h"

#include <CLI/CLI.hpp>

namespace lockstitch::extractor {

ProcessOptions ParseOptions(int argc, char** argv) {
  ProcessOptions options;
  CLI::App app(
      "Lockstitch extractor: reads tables of source databases and streams them to a loader.");
  rpc::AddServerFlags(app, options.server);
  app.add_option("--loader", options.loader, "where loaders serve")
      ->envname(rpc::EnvironmentName("--loader"))
      ->capture_default_str();
  app.add_option("--advertise", options.advertise,
                 "where schedulers reach this very extractor, to go on with a run after a break "
                 "[as --listen]")
      ->envname(rpc::EnvironmentName("--advertise"));
  app.add_option("--slots", options.extractor.slots, "stream runs at once")
      ->envname(rpc::EnvironmentName("--slots"))
      ->capture_default_str()
      ->check(CLI::Range(1, 1000));
  app.add_option("--batch-bytes", options.extractor.batch_bytes,
                 "bytes of rows in a message to a loader")
      ->envname(rpc::EnvironmentName("--batch-bytes"))
      ->capture_default_str()
      ->check(CLI::Range(1 << 14, 1 << 23));
  app.add_option("--chunk-bytes", options.extractor.chunks.bytes,
                 "bytes after which an ordered incremental stream is committed")
      ->envname(rpc::EnvironmentName("--chunk-bytes"))
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--chunk-rows", options.extractor.chunks.rows, "the same in rows")
      ->envname(rpc::EnvironmentName("--chunk-rows"))
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  const auto set_seconds = [&](double seconds) {
    options.extractor.chunks.time = absl::Seconds(seconds);
  };
  app.add_option_function<double>("--chunk-seconds", set_seconds, "the same in seconds [60]")
      ->envname(rpc::EnvironmentName("--chunk-seconds"))
      ->check(CLI::PositiveNumber);
  rpc::AddDurationFlag(app, "--progress-deadline", options.extractor.progress_deadline,
                       "how long a range may stand still before it is given up");
  rpc::AddDurationFlag(app, "--snapshot-age-limit", options.extractor.snapshot_age_limit,
                       "how long a run may hold its snapshot, and with it the source's dead rows");
  rpc::AddDurationFlag(app, "--drain", options.drain,
                       "how long SIGTERM lets runs under way go on, while no others are taken");
  rpc::ParseOrExit(app, argc, argv);
  return options;
}

}  // namespace lockstitch::extractor
