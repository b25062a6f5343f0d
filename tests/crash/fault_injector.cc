#include "tests/crash/fault_injector.h"

#include <signal.h>

#include <iostream>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "testing/database.h"

namespace lockstitch::tests {
namespace {

using testing::FaultProxy;
using testing::PostgresCluster;

// Instants at which a process kills itself: every one that the code has.
struct Instant {
  ServiceProcess FaultyStack::*service;
  const char* name;
};
constexpr Instant kInstants[] = {
    {&FaultyStack::scheduler, "scheduler.fence.drawn"},
    {&FaultyStack::extractor, "extractor.snapshot.taken"},
    {&FaultyStack::extractor, "extractor.range.opened"},
    {&FaultyStack::extractor, "extractor.batch.built"},
    {&FaultyStack::extractor, "extractor.chunk.sent"},
    {&FaultyStack::extractor, "extractor.chunk.acknowledged"},
    {&FaultyStack::extractor, "extractor.range.sent"},
    {&FaultyStack::extractor, "extractor.finishing"},
    {&FaultyStack::loader, "loader.fence.drawn"},
    {&FaultyStack::loader, "loader.load.recorded"},
    {&FaultyStack::loader, "loader.load.begun"},
    {&FaultyStack::loader, "loader.batch.written"},
    {&FaultyStack::loader, "loader.chunk.copied"},
    {&FaultyStack::loader, "loader.chunk.recorded"},
    {&FaultyStack::loader, "loader.chunk.committed"},
    {&FaultyStack::loader, "loader.finish.preparing"},
    {&FaultyStack::loader, "loader.finish.prepared"},
    {&FaultyStack::loader, "loader.finish.publishing"},
    {&FaultyStack::loader, "loader.finish.published"},
};

}  // namespace

FaultInjector::FaultInjector(FaultyStack& stack, uint64_t seed) : stack_(stack), random_(seed) {
  const auto disturb = [this](const std::function<void(FaultProxy&)>& fault) {
    return [this, fault] { return DisturbConnections(fault); };
  };
  const auto terminate = [this](PostgresCluster& cluster) {
    return [this, &cluster] { return TerminateBackend(cluster); };
  };
  const auto crash = [this](PostgresCluster& cluster) {
    return [this, &cluster] { return Crash(cluster); };
  };
  kinds_ = {
      {"process killed", [this] { return KillService(); }},
      {"process killed at a failpoint", [this] { return KillServiceAtFailpoint(); }},
      {"process stopped", [this] { return StopService(); }},
      {"source backend terminated", terminate(stack.source)},
      {"destination backend terminated", terminate(stack.destination)},
      {"source crashed", crash(stack.source)},
      {"destination crashed", crash(stack.destination)},
      {"connections cut", disturb([](FaultProxy& proxy) { proxy.Cut(); })},
      {"connections stalled", disturb([](FaultProxy& proxy) { proxy.Stall(); })},
      {"connections delayed",
       disturb([](FaultProxy& proxy) { proxy.Delay(absl::Milliseconds(50)); })},
      {"connections half-open to the server",
       disturb([](FaultProxy& proxy) { proxy.Swallow(FaultProxy::Way::kToServer); })},
      {"connections half-open to the client",
       disturb([](FaultProxy& proxy) { proxy.Swallow(FaultProxy::Way::kToClient); })},
      {"connections refused", disturb([](FaultProxy& proxy) {
         proxy.Refuse();
         proxy.Cut();
       })},
  };
}

void FaultInjector::Inject() {
  Wait(2000);
  Mend();
  while (true) {
    const Kind& kind = kinds_[static_cast<size_t>(Between(0, std::ssize(kinds_) - 1))];
    if (!kind.inject()) continue;
    ++counts_[kind.name];
    std::cerr << absl::FormatTime("%H:%M:%E3S", absl::Now(), absl::UTCTimeZone()) << " "
              << kind.name << std::endl;
    return;
  }
}

void FaultInjector::Mend() {
  for (ServiceProcess* service :
       {&stack_.loader, &stack_.discovery, &stack_.extractor, &stack_.scheduler}) {
    if (service == armed_) service->process().Kill();
    if (service->process().Ended()) service->Restart();
  }
  armed_ = nullptr;
}

int64_t FaultInjector::Between(int64_t least, int64_t most) {
  return std::uniform_int_distribution<int64_t>(least, most)(random_);
}

void FaultInjector::Wait(int64_t most_milliseconds) {
  absl::SleepFor(absl::Milliseconds(Between(0, most_milliseconds)));
}

ServiceProcess& FaultInjector::AnyService() {
  ServiceProcess* const services[] = {&stack_.loader, &stack_.discovery, &stack_.extractor,
                                      &stack_.scheduler};
  return *services[Between(0, 3)];
}

bool FaultInjector::KillService() {
  ServiceProcess& service = AnyService();
  service.process().Kill();
  Wait(500);
  service.Restart();
  return true;
}

bool FaultInjector::KillServiceAtFailpoint() {
  const Instant& instant = kInstants[Between(0, std::size(kInstants) - 1)];
  ServiceProcess& service = stack_.*instant.service;
  service.process().Kill();
  armed_ = &service;
  service.Restart(absl::StrCat(instant.name, "=kill"));
  // The next fault mends it.
  Wait(3000);
  return true;
}

bool FaultInjector::StopService() {
  ServiceProcess& service = AnyService();
  service.process().Signal(SIGSTOP);
  Wait(6000);
  service.process().Signal(SIGCONT);
  return true;
}

bool FaultInjector::TerminateBackend(PostgresCluster& cluster) {
  // Ours, in the order of their numbers: what is drawn must not depend on more than there is.
  constexpr char kBackends[] = R"sql(
SELECT pid FROM pg_catalog.pg_stat_activity WHERE application_name LIKE 'lockstitch%' ORDER BY pid)sql";
  testing::Database database(cluster.Url("postgres"));
  const std::vector<std::string> backends = database.List(kBackends);
  if (backends.empty()) return false;
  const std::string& backend = backends[static_cast<size_t>(Between(0, std::ssize(backends) - 1))];
  database.Run("SELECT pg_catalog.pg_terminate_backend(" + backend + ")");
  return true;
}

bool FaultInjector::Crash(PostgresCluster& cluster) {
  cluster.Crash();
  return true;
}

bool FaultInjector::DisturbConnections(const std::function<void(FaultProxy&)>& fault) {
  FaultProxy* const proxies[] = {&stack_.to_source, &stack_.to_destination,
                                 &stack_.extractor_to_loader, &stack_.scheduler_to_loader,
                                 &stack_.scheduler_to_extractor};
  FaultProxy& proxy = *proxies[Between(0, 4)];
  fault(proxy);
  Wait(5000);
  proxy.Pass();
  return true;
}

}  // namespace lockstitch::tests
