#ifndef LOCKSTITCH_TESTS_STACK_CLOSED_GATE_H_
#define LOCKSTITCH_TESTS_STACK_CLOSED_GATE_H_

#include <string>

#include "testing/database.h"

namespace lockstitch::tests {

// Has whoever reads public.held, a view of a source that it makes, wait until it is opened. The
// view shows the rows of public.`table`.
class ClosedGate {
 public:
  ClosedGate(const std::string& source_url, const std::string& table);

  // Blocks until somebody waits.
  void AwaitReader();
  void Open();

 private:
  testing::Database holder_;
};

}  // namespace lockstitch::tests

#endif  // LOCKSTITCH_TESTS_STACK_CLOSED_GATE_H_
