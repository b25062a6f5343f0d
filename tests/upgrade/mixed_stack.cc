#include "tests/upgrade/mixed_stack.h"

namespace lockstitch::tests {

const testing::ProtocolImage& Protocol1() {
  static const testing::ProtocolImage image("tests/upgrade/protocol_1/image.binpb");
  return image;
}

MixedStack::MixedStack(Older older, const Stack::Failpoints& failpoints)
    : loader("loader", {}, failpoints.loader),
      discovery("discovery", {}),
      extractor("extractor",
                {"--chunk-rows=10", "--loader=" + Through(loader, older == Older::kLoader ||
                                                                      older == Older::kExtractor)},
                failpoints.extractor),
      scheduler(
          "scheduler",
          {"--loader=" + Through(loader, older == Older::kLoader || older == Older::kScheduler),
           "--discovery=" +
               Through(discovery, older == Older::kDiscovery || older == Older::kScheduler),
           "--extractor=" +
               Through(extractor, older == Older::kExtractor || older == Older::kScheduler)},
          failpoints.scheduler),
      address(Through(scheduler, older == Older::kScheduler)) {}

std::set<std::string> MixedStack::dropped() const {
  std::set<std::string> dropped;
  for (const auto& proxy : proxies_) dropped.merge(proxy->dropped());
  return dropped;
}

// Where a service is called: directly, or by what speaks the older protocol.
std::string MixedStack::Through(const ServiceProcess& service, bool older) {
  if (!older) return service.address();
  proxies_.push_back(std::make_unique<testing::ProtocolProxy>(&Protocol1(), service.address()));
  return proxies_.back()->address();
}

}  // namespace lockstitch::tests
