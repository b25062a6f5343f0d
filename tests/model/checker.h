#ifndef LOCKSTITCH_TESTS_MODEL_CHECKER_H_
#define LOCKSTITCH_TESTS_MODEL_CHECKER_H_

#include <xxhash.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <type_traits>
#include <vector>

#include "absl/functional/function_ref.h"
#include "tests/model/violations.h"

namespace lockstitch::model {

// Tells a step in words. Only called for the steps of a trace.
using Label = absl::FunctionRef<std::string()>;

// Takes the steps that a model can make from a state.
template <typename State>
class Steps {
 public:
  virtual ~Steps() = default;
  // `broken`: what the step itself violates, whatever the state that it leads to.
  virtual void Add(const State& next, Label label, Violations broken = {}) = 0;
};

// What exploring a model found.
struct Outcome {
  size_t states = 0;    // Different states reached.
  size_t expanded = 0;  // Those whose steps were explored: all of them, unless cut.
  bool cut = false;     // The limit was reached: the model may do worse than this tells.
  Violations violations;
  std::map<Invariant, std::vector<std::string>> traces;  // The fewest steps to each violation.
};

// The visited states, found again by their bytes. Indices are given in the order of arrival.
template <typename State>
class VisitedStates {
 public:
  // Answers whether `state` is new; then it has the index size() - 1.
  bool Insert(const State& state) {
    if (2 * (states_.size() + 1) > slots_.size()) Grow();
    const uint64_t hash = Hash(state);
    uint64_t& slot = *Find(hash, &state);
    if (slot != 0) return false;
    states_.push_back(state);
    slot = Slot(hash, states_.size());
    return true;
  }
  const State& operator[](size_t index) const { return states_[index]; }
  size_t size() const { return states_.size(); }

 private:
  // A state's place is told by its low 32 bits, counted from 1; 0 is an empty slot.
  static uint64_t Slot(uint64_t hash, size_t place) { return hash >> 32 << 32 | place; }
  static uint64_t Hash(const State& state) { return XXH3_64bits(&state, sizeof(State)); }

  // The slot of `state`, or the empty one where it belongs; without a state, just an empty one.
  uint64_t* Find(uint64_t hash, const State* state) {
    const size_t mask = slots_.size() - 1;
    for (size_t at = hash & mask;; at = (at + 1) & mask) {
      uint64_t& slot = slots_[at];
      if (slot == 0) return &slot;
      if (state == nullptr || slot >> 32 != hash >> 32) continue;
      if (std::memcmp(&states_[(slot & 0xffffffff) - 1], state, sizeof(State)) == 0) return &slot;
    }
  }

  void Grow() {
    slots_.assign(std::max<size_t>(1024, 2 * slots_.size()), 0);
    for (size_t i = 0; i < states_.size(); ++i) {
      const uint64_t hash = Hash(states_[i]);
      *Find(hash, nullptr) = Slot(hash, i + 1);
    }
  }

  std::vector<State> states_;
  std::vector<uint64_t> slots_;
};

// Explores, breadth first, every state that `model` can reach, until there are more than
// `most_states`. A model has a type State and the functions
//   State Initial() const;
//   void Explore(const State& state, Steps<State>& steps) const;
//   Violations Judge(const State& state) const;
// A process that crashes is one that never steps again, one that is paused steps later: both are
// among the interleavings.
template <typename Model>
class Checker {
 public:
  using State = typename Model::State;
  static_assert(std::has_unique_object_representations_v<State>, "states are compared by bytes");

  explicit Checker(const Model& model) : model_(model) {}

  Outcome Check(size_t most_states) {
    visited_.Insert(model_.Initial());
    parents_.push_back(0);
    for (size_t at = 0; at < visited_.size(); ++at) {
      const State state = visited_[at];
      Note(model_.Judge(state), at, nullptr);
      outcome_.cut = visited_.size() > most_states;
      if (outcome_.cut) break;
      Expansion expansion(*this, at);
      model_.Explore(state, expansion);
      ++outcome_.expanded;
    }
    outcome_.states = visited_.size();
    return std::move(outcome_);
  }

 private:
  class Expansion final : public Steps<State> {
   public:
    Expansion(Checker& checker, size_t from) : checker_(checker), from_(from) {}
    void Add(const State& next, Label label, Violations broken) override {
      if (checker_.visited_.Insert(next)) checker_.parents_.push_back(from_);
      if (!broken.empty()) checker_.Note(broken, from_, &label);
    }

   private:
    Checker& checker_;
    const size_t from_;
  };

  // Finds the words of the step from one state to another.
  class Telling final : public Steps<State> {
   public:
    explicit Telling(const State& to) : to_(to) {}
    void Add(const State& next, Label label, Violations) override {
      if (words_.empty() && std::memcmp(&next, &to_, sizeof(State)) == 0) words_ = label();
    }
    const std::string& words() const { return words_; }

   private:
    const State& to_;
    std::string words_;
  };

  // Keeps the trace to state `at`, and by `step` if there is one, for what is violated first.
  void Note(Violations violated, size_t at, Label* step) {
    for (const Invariant invariant : violated.Without(outcome_.violations).List()) {
      std::vector<std::string> trace = TraceTo(at);
      if (step != nullptr) trace.push_back((*step)());
      outcome_.traces[invariant] = std::move(trace);
      outcome_.violations.Add(invariant);
    }
  }

  std::vector<std::string> TraceTo(size_t at) const {
    std::vector<std::string> trace;
    for (; at != 0; at = parents_[at]) {
      Telling telling(visited_[at]);
      model_.Explore(visited_[parents_[at]], telling);
      trace.push_back(telling.words());
    }
    std::reverse(trace.begin(), trace.end());
    return trace;
  }

  const Model& model_;
  VisitedStates<State> visited_;
  std::vector<uint32_t> parents_;
  Outcome outcome_;
};

}  // namespace lockstitch::model

#endif  // LOCKSTITCH_TESTS_MODEL_CHECKER_H_
