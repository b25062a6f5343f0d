#ifndef LOCKSTITCH_TESTS_CRASH_FAULT_INJECTOR_H_
#define LOCKSTITCH_TESTS_CRASH_FAULT_INJECTOR_H_

#include <functional>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "tests/crash/faulty_stack.h"

namespace lockstitch::tests {

// Does to a stack, one after another, what can go wrong, drawn from a random number generator. To
// be used in one thread, which must outlive what it restarts.
class FaultInjector {
 public:
  FaultInjector(FaultyStack& stack, uint64_t seed);

  // Waits a random time, then does one fault to its end: what was stopped goes on, what died runs
  // again.
  void Inject();

  // Starts anew each process that has died, or is to die at a failpoint.
  void Mend();

  // How many there were, by kind.
  const std::map<std::string, int>& counts() const { return counts_; }

 private:
  // False where there was nothing to do it to.
  struct Kind {
    std::string name;
    std::function<bool()> inject;
  };

  int64_t Between(int64_t least, int64_t most);
  void Wait(int64_t most_milliseconds);
  bool KillService();
  bool KillServiceAtFailpoint();
  bool StopService();
  bool TerminateBackend(testing::PostgresCluster& cluster);
  bool Crash(testing::PostgresCluster& cluster);
  bool DisturbConnections(const std::function<void(testing::FaultProxy&)>& fault);
  ServiceProcess& AnyService();

  FaultyStack& stack_;
  std::mt19937_64 random_;
  std::vector<Kind> kinds_;
  std::map<std::string, int> counts_;
  ServiceProcess* armed_ = nullptr;  // With a failpoint.
};

}  // namespace lockstitch::tests

#endif  // LOCKSTITCH_TESTS_CRASH_FAULT_INJECTOR_H_
