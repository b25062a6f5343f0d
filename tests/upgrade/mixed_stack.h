#ifndef LOCKSTITCH_TESTS_UPGRADE_MIXED_STACK_H_
#define LOCKSTITCH_TESTS_UPGRADE_MIXED_STACK_H_

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "testing/protocol_proxy.h"
#include "tests/stack/stack.h"

namespace lockstitch::tests {

// Protocol 1: that before issue 5.
const testing::ProtocolImage& Protocol1();

// The service that is of an older version.
enum class Older { kExtractor, kLoader, kDiscovery, kScheduler };

// The four services as processes, of which one is known to the others, to its callers too, and
// knows them, by protocol 1 alone.
class MixedStack {
 public:
  explicit MixedStack(Older older, const Stack::Failpoints& failpoints = {});

  // What did not get through to the older service, or from it: as ProtocolProxy tells.
  std::set<std::string> dropped() const;

 private:
  std::string Through(const ServiceProcess& service, bool older);

  std::vector<std::unique_ptr<testing::ProtocolProxy>> proxies_;

 public:
  ServiceProcess loader;
  ServiceProcess discovery;
  ServiceProcess extractor;
  ServiceProcess scheduler;
  // Where the scheduler is called.
  const std::string address;
};

}  // namespace lockstitch::tests

#endif  // LOCKSTITCH_TESTS_UPGRADE_MIXED_STACK_H_
