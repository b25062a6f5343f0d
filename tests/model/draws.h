#ifndef LOCKSTITCH_TESTS_MODEL_DRAWS_H_
#define LOCKSTITCH_TESTS_MODEL_DRAWS_H_

#include <cstdint>

#include "tests/model/checker.h"
#include "tests/model/violations.h"

namespace lockstitch::model {

struct DrawsWorld {
  int runs = 3;
  int draws = 3;  // Extractions of each run.
};

// The rules of ReserveRun, each as the loader has it.
struct DrawsRules {
  bool draws_told_apart = true;        // Another draw of the run gets another fence.
  bool repeated_draw_kept = true;      // The same draw gets the same fence.
  bool older_draw_refused = true;      // A draw is refused once the run has made a later one.
  bool superseded_run_refused = true;  // So is one of a run that another run has superseded.
};

// Owners that draw fences by ReserveRun, whose calls may arrive late and more than once, and whose
// answers may be lost.
class DrawsModel {
 public:
  using World = DrawsWorld;
  using Rules = DrawsRules;

  static constexpr int kMostRuns = 3;

  enum class OwnerPhase : uint8_t { kIdle, kAsking, kWorking, kEnded };
  struct Owner {
    OwnerPhase phase;
    uint8_t draw;
    uint8_t fence;
    uint8_t calls;  // Draws that have been asked for, one bit each: any may arrive again.
  };
  // What the destination keeps of a run.
  struct Run {
    uint8_t draw;
    uint8_t fence;
    uint8_t ended;
    uint8_t superseded;  // Not kept, but judged by.
  };
  struct State {
    uint8_t fence;
    uint8_t run;  // That it was drawn for, from 1.
    Run runs[kMostRuns];
    Owner owners[kMostRuns];
  };

  DrawsModel(const World& world, const Rules& rules) : world_(world), rules_(rules) {}

  State Initial() const { return {}; }
  void Explore(const State& state, Steps<State>& steps) const;
  Violations Judge(const State&) const { return {}; }

 private:
  void Ask(const State& state, int run, Steps<State>& steps) const;
  void Arrive(const State& state, int run, int draw, Steps<State>& steps) const;
  void Finish(const State& state, int run, Steps<State>& steps) const;
  // A fence, or 0: SUPERSEDED, or the run's result.
  int ReserveRun(State& state, int run, int draw) const;

  const World world_;
  const Rules rules_;
};

}  // namespace lockstitch::model

#endif  // LOCKSTITCH_TESTS_MODEL_DRAWS_H_
