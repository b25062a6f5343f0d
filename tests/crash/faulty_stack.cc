#include "tests/crash/faulty_stack.h"

#include <cstdlib>

namespace lockstitch::tests {
namespace {

using testing::FaultProxy;
using testing::PostgresCluster;

int PortOf(const ServiceProcess& service) {
  return std::atoi(service.address().substr(service.address().rfind(':') + 1).c_str());
}

std::string UrlThrough(const FaultProxy& proxy) {
  return std::string("postgresql://lockstitch:") + PostgresCluster::kPassword + "@" +
         proxy.address() + "/postgres?sslmode=disable";
}

}  // namespace

FaultyStack::FaultyStack()
    : source({.tcp = true}),
      destination({.tcp = true}),
      to_source(source.port()),
      to_destination(destination.port()),
      loader("loader", {"--progress-deadline=4s"}),
      extractor_to_loader(PortOf(loader)),
      scheduler_to_loader(PortOf(loader)),
      discovery("discovery", {}),
      extractor("extractor", {"--loader=" + extractor_to_loader.address(), "--chunk-rows=500",
                              "--progress-deadline=4s"}),
      scheduler_to_extractor(PortOf(extractor)),
      scheduler("scheduler",
                {"--loader=" + scheduler_to_loader.address(), "--discovery=" + discovery.address(),
                 "--extractor=" + scheduler_to_extractor.address(), "--progress-deadline=8s"}) {}

std::string FaultyStack::source_url() const { return UrlThrough(to_source); }
std::string FaultyStack::destination_url() const { return UrlThrough(to_destination); }

}  // namespace lockstitch::tests
