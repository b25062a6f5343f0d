#include "tests/model/expectations.h"

#include <iostream>

namespace lockstitch::model {
namespace {

MATCHER_P(ExploredAtLeast, least_states, "") { return !arg.cut && arg.states >= least_states; }

MATCHER_P(Violates, violations, "") { return arg.violations == violations; }

}  // namespace

std::ostream& operator<<(std::ostream& out, const Violations& violations) {
  out << "{";
  for (const Invariant invariant : violations.List()) out << " '" << Name(invariant) << "'";
  return out << " }";
}

std::ostream& operator<<(std::ostream& out, const Outcome& outcome) {
  return out << outcome.states << " states" << (outcome.cut ? ", cut" : "") << ", violated "
             << outcome.violations;
}

void Tell(const Outcome& outcome) {
  std::cout << outcome << "\n";
  for (const auto& [invariant, trace] : outcome.traces) {
    std::cout << "  " << Name(invariant) << ":\n";
    for (const std::string& step : trace) std::cout << "    " << step << "\n";
  }
}

::testing::Matcher<const Outcome&> HoldsOver(size_t least_states) {
  return ::testing::AllOf(ExploredAtLeast(least_states), Violates(Violations()));
}

::testing::Matcher<const Outcome&> Breaks(Violations violations) {
  return ::testing::AllOf(ExploredAtLeast(0u), Violates(violations));
}

}  // namespace lockstitch::model
