#ifndef LOCKSTITCH_TESTS_MODEL_EXPECTATIONS_H_
#define LOCKSTITCH_TESTS_MODEL_EXPECTATIONS_H_

#include <cstddef>

#include "gmock/gmock.h"
#include "tests/model/checker.h"
#include "tests/model/violations.h"

namespace lockstitch::model {

// Prints how much was explored and the shortest trace to each violation.
void Tell(const Outcome& outcome);

// Explores a model and tells of it.
template <typename Model>
Outcome Explore(const Model& model, size_t most_states = 4'000'000) {
  Outcome outcome = Checker<Model>(model).Check(most_states);
  Tell(outcome);
  return outcome;
}

// Matches what explored a model to its end, over at least so many states, and found no violation.
// The number keeps a model that has stopped doing anything from passing.
::testing::Matcher<const Outcome&> HoldsOver(size_t least_states);

// Matches what explored a model to its end and found these violations, and no others.
::testing::Matcher<const Outcome&> Breaks(Violations violations);

}  // namespace lockstitch::model

#endif  // LOCKSTITCH_TESTS_MODEL_EXPECTATIONS_H_
