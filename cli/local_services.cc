#include "cli/local_services.h"

#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "rpc/server.h"
#include "services/discovery/discovery.h"
#include "services/discovery/discovery_service.h"
#include "services/extractor/extractor.h"
#include "services/extractor/extractor_client.h"
#include "services/extractor/extractor_service.h"
#include "services/loader/loader.h"
#include "services/loader/loader_service.h"
#include "services/scheduler/scheduler.h"
#include "services/scheduler/scheduler_service.h"
#include "status/macros.h"
#include "telemetry/metrics.h"
#include "verification/checksum_client.h"
#include "verification/checksum_service.h"

namespace lockstitch::cli {
namespace {

// As many as a job may ask for: within one process its own limit decides.
constexpr int kSlots = 1000;

}  // namespace

// In the order of their making: each uses only what stands before it.
struct LocalServices::State {
  explicit State(telemetry::Metrics* given) : metrics(given == nullptr ? &no_metrics : given) {}

  telemetry::NoMetrics no_metrics;
  telemetry::Metrics* metrics;
  loader::Loader loader{{.metrics = metrics}};
  std::unique_ptr<rpc::Server> loader_server;
  std::optional<loader::LoaderClient> loader_client;
  std::optional<verification::ChecksumClient> destination_checksums;
  discovery::Discovery discovery{metrics};
  std::unique_ptr<rpc::Server> discovery_server;
  std::optional<discovery::DiscoveryClient> discovery_client;
  std::optional<extractor::Extractor> extractor;
  std::unique_ptr<rpc::Server> extractor_server;
  std::optional<extractor::ExtractorClient> extractor_client;
  std::optional<verification::ChecksumClient> source_checksums;
  std::optional<scheduler::Scheduler> scheduler;
  std::unique_ptr<rpc::Server> scheduler_server;
  std::optional<scheduler::SchedulerClient> scheduler_client;
};

absl::StatusOr<std::unique_ptr<LocalServices>> LocalServices::Start(telemetry::Metrics* metrics) {
  auto owned = std::make_unique<State>(metrics);
  State& state = *owned;
  const auto serve = [&](std::vector<std::shared_ptr<grpc::Service>> services) {
    return rpc::Server::Start({.services = std::move(services), .metrics = state.metrics});
  };
  ASSIGN_OR_RETURN(state.loader_server, serve({loader::MakeService(&state.loader),
                                               verification::MakeService(std::bind_front(
                                                   &loader::Loader::Checksum, &state.loader))}));
  state.loader_client.emplace(state.loader_server->InProcessChannel(), "loader");
  state.destination_checksums.emplace(state.loader_server->InProcessChannel(), "loader");
  ASSIGN_OR_RETURN(state.discovery_server, serve({discovery::MakeService(&state.discovery)}));
  state.discovery_client.emplace(state.discovery_server->InProcessChannel(), "discovery");
  state.extractor.emplace(extractor::Extractor::Options{
      .loader = &*state.loader_client, .metrics = state.metrics, .slots = kSlots});
  ASSIGN_OR_RETURN(state.extractor_server,
                   serve({extractor::MakeService(&*state.extractor),
                          verification::MakeService(std::bind_front(&extractor::Extractor::Checksum,
                                                                    &*state.extractor))}));
  state.extractor_client.emplace(state.extractor_server->InProcessChannel(), "extractor");
  state.source_checksums.emplace(state.extractor_server->InProcessChannel(), "extractor");
  state.scheduler.emplace(
      scheduler::Scheduler::Options{.discovery = &*state.discovery_client,
                                    .extractor = &*state.extractor_client,
                                    .loader = &*state.loader_client,
                                    .source_checksums = &*state.source_checksums,
                                    .destination_checksums = &*state.destination_checksums,
                                    .metrics = state.metrics,
                                    .max_runs = kSlots});
  ASSIGN_OR_RETURN(state.scheduler_server, serve({scheduler::MakeService(&*state.scheduler)}));
  state.scheduler_client.emplace(state.scheduler_server->InProcessChannel(), "scheduler");
  return std::unique_ptr<LocalServices>(new LocalServices(std::move(owned)));
}

LocalServices::LocalServices(std::unique_ptr<State> state) : state_(std::move(state)) {}
LocalServices::~LocalServices() = default;

void LocalServices::StopJobs() { state_->scheduler->Stop(); }

scheduler::Scheduler& LocalServices::local_scheduler() { return *state_->scheduler; }

const discovery::DiscoveryClient& LocalServices::discovery() const {
  return *state_->discovery_client;
}
const loader::LoaderClient& LocalServices::loader() const { return *state_->loader_client; }
const scheduler::SchedulerClient& LocalServices::scheduler() const {
  return *state_->scheduler_client;
}

}  // namespace lockstitch::cli
