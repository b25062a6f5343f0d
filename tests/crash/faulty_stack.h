#ifndef LOCKSTITCH_TESTS_CRASH_FAULTY_STACK_H_
#define LOCKSTITCH_TESTS_CRASH_FAULTY_STACK_H_

#include <string>
#include <vector>

#include "lockstitch/v1/integration.pb.h"
#include "testing/fault_proxy.h"
#include "testing/postgres_cluster.h"
#include "tests/stack/stack.h"

namespace lockstitch::tests {

// A source, a destination and the four services between them, all of which can be killed, and a
// proxy in each of the ways between them. Deadlines for progress are short, chunks small.
class FaultyStack {
 public:
  FaultyStack();

  // The services reach the clusters through the proxies; tests go straight.
  std::string source_url() const;
  std::string destination_url() const;

  testing::PostgresCluster source;
  testing::PostgresCluster destination;

  testing::FaultProxy to_source;
  testing::FaultProxy to_destination;

  ServiceProcess loader;
  testing::FaultProxy extractor_to_loader;
  testing::FaultProxy scheduler_to_loader;
  ServiceProcess discovery;
  ServiceProcess extractor;
  testing::FaultProxy scheduler_to_extractor;
  ServiceProcess scheduler;
};

}  // namespace lockstitch::tests

#endif  // LOCKSTITCH_TESTS_CRASH_FAULTY_STACK_H_
