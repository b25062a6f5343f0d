#include "services/scheduler/options.h"

#include <CLI/CLI.hpp>
#include <utility>

namespace lockstitch::scheduler {
namespace {

void AddCatalogFlags(CLI::App& app, ControlPlane::Options& options) {
  CLI::Option_group* catalog = app.add_option_group(
      "Catalog", "With a catalog database, integrations are kept and run by their schedules.");
  CLI::Option* keys =
      catalog
          ->add_option("--secret-keys", options.secret_keys,
                       "file of the keys that secrets in the catalog are encrypted by: each line "
                       "a name and 32 bytes in base64, the first one encrypts")
          ->envname(rpc::EnvironmentName("--secret-keys"));
  CLI::Option* url =
      catalog
          ->add_option_function<std::string>(
              "--catalog", [&](const std::string& text) { options.catalog.set_url(text); },
              "URL of the catalog database, PostgreSQL 14 or newer; of one with a "
              "password use the variable or --catalog-file")
          ->envname(rpc::EnvironmentName("--catalog"))
          ->needs(keys);
  catalog
      ->add_option_function<std::string>(
          "--catalog-file", [&](const std::string& path) { options.catalog.set_url_file(path); },
          "file that holds that URL")
      ->envname(rpc::EnvironmentName("--catalog-file"))
      ->needs(keys)
      ->excludes(url);
  catalog->add_option("--max-jobs", options.most_jobs, "jobs of the catalog at once; others wait")
      ->envname(rpc::EnvironmentName("--max-jobs"))
      ->capture_default_str()
      ->check(CLI::Range(1, 10000));
  rpc::AddDurationFlag(*catalog, "--retention", options.retention,
                       "how long ended jobs and their logs are kept", absl::Hours(24));
  rpc::AddDurationFlag(*catalog, "--grace", options.grace,
                       "how long runs go on at their extractors while no scheduler follows them");
  rpc::AddDurationFlag(*catalog, "--step-limit", options.step_limit,
                       "how long a step of the leader may take before health says that it doesn't "
                       "live",
                       absl::Seconds(1));
  catalog
      ->add_option(
          "--webhook-ca-file", options.webhooks.root_certificate_file,
          "PEM file of the authorities that receivers of webhooks are trusted by, in place "
          "of the system's")
      ->envname(rpc::EnvironmentName("--webhook-ca-file"))
      ->check(CLI::ExistingFile);
}

void AddUserFlags(CLI::App& app, UserGate::Options& options) {
  CLI::Option_group* users =
      app.add_option_group("Users", "Who calls from another machine needs a token.");
  users
      ->add_option("--admin-token-file", options.admin_token_file,
                   "file that holds an admin's token, by which the first ones are made; read again "
                   "when it changes")
      ->envname(rpc::EnvironmentName("--admin-token-file"))
      ->check(CLI::ExistingFile);
  users
      ->add_option("--requests-per-minute", options.requests_per_minute,
                   "requests of each token or certificate; 0 is no limit")
      ->envname(rpc::EnvironmentName("--requests-per-minute"))
      ->capture_default_str()
      ->check(CLI::Range(0, 10'000'000));
  users
      ->add_option("--calls-at-once", options.calls_at_once,
                   "calls that each token or certificate may have under way; 0 is no limit")
      ->envname(rpc::EnvironmentName("--calls-at-once"))
      ->capture_default_str()
      ->check(CLI::Range(0, 100'000));
}

}  // namespace

ProcessOptions ParseOptions(int argc, char** argv) {
  ProcessOptions options;
  CLI::App app(
      "Lockstitch scheduler: owns jobs and takes their streams through extractors and loaders.");
  rpc::AddServerFlags(app, options.server);
  const auto add_peer = [&](const std::string& flag, std::string& target, const std::string& help) {
    app.add_option(flag, target, help)->envname(rpc::EnvironmentName(flag))->capture_default_str();
  };
  add_peer("--discovery", options.peers.discovery, "where discovery serves");
  add_peer("--extractor", options.peers.extractor, "where extractors serve");
  add_peer("--loader", options.peers.loader, "where loaders serve");
  app.add_option("--max-parallel-streams", options.scheduler.max_parallel_streams,
                 "streams of a job at once")
      ->envname(rpc::EnvironmentName("--max-parallel-streams"))
      ->capture_default_str()
      ->check(CLI::Range(1, 1000));
  rpc::AddDurationFlag(app, "--progress-deadline", options.scheduler.progress_deadline,
                       "how long an extractor may report nothing before it is given up");
  app.add_option("--max-runs", options.scheduler.max_runs, "stream runs of all jobs at once")
      ->envname(rpc::EnvironmentName("--max-runs"))
      ->capture_default_str()
      ->check(CLI::Range(1, 100000));
  ControlPlane::Options control_plane;
  AddCatalogFlags(app, control_plane);
  AddUserFlags(app, options.users);
  rpc::ParseOrExit(app, argc, argv);
  const v1::PostgresConnection& catalog = control_plane.catalog;
  if (!catalog.url().empty() || !catalog.url_file().empty())
    options.control_plane = std::move(control_plane);
  return options;
}

}  // namespace lockstitch::scheduler
