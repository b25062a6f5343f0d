#ifndef LOCKSTITCH_TESTS_MODEL_OWNERS_H_
#define LOCKSTITCH_TESTS_MODEL_OWNERS_H_

#include <cstdint>
#include <string>

#include "tests/model/checker.h"
#include "tests/model/violations.h"

namespace lockstitch::model {

struct OwnersWorld {
  int resets = 2;            // By users, in the catalog.
  bool sync_resets = false;  // Whether the hand-run sync has --reset.
};

// The rules of the protocol, each as the services have it. The numbers are those of the tests that
// show what breaks without it.
struct OwnersRules {
  bool draw_fences = true;           // ReserveRun's draw supersedes older fences.
  bool term_checked = true;          // A leader's term, between ReserveRun and dispatch. 41.
  bool sync_reset_uncounted = true;  // `sync --reset` is no generation. 42.
  bool answer_stored = true;         // BeginLoad repeated applies no reset again.
};

// Who owns runs, and what becomes of resets: two leaders of the scheduler, the generation of resets
// in the catalog, and a `sync` by hand beside them.
class OwnersModel {
 public:
  using World = OwnersWorld;
  using Rules = OwnersRules;

  static constexpr int kLeaders = 2;
  static constexpr int kMostRuns = kLeaders + 1;

  enum class LeaderPhase : uint8_t { kIdle, kLeads, kSettingsRead, kDrawn, kMayDispatch, kDone };
  struct Leader {
    LeaderPhase phase;
    uint8_t term;
    uint8_t generation;
    uint8_t fence;
  };

  enum class Kind : uint8_t { kNone, kJob, kSync, kSyncReset };
  enum class RunPhase : uint8_t { kDispatched, kBegun, kCommitted, kEnded };
  struct Run {
    Kind kind;
    RunPhase phase;
    uint8_t fence;
    uint8_t generation;
    uint8_t term;
    uint8_t epoch;  // Of the destination's data when it began.
  };

  struct Destination {
    uint8_t fence;
    uint8_t claim;
    uint8_t applied;      // The generation of resets.
    uint8_t epoch;        // Counts what was reset.
    uint8_t rows_of;      // Epochs of the rows there are, one bit each.
    uint8_t generations;  // Applied ones, one bit each.
    uint8_t repeated;     // Whether one was applied twice.
  };

  struct State {
    uint8_t term;
    uint8_t generation;
    uint8_t sync_started;
    Destination destination;
    Leader leaders[kLeaders];
    Run runs[kMostRuns];
  };

  OwnersModel(const World& world, const Rules& rules) : world_(world), rules_(rules) {}

  State Initial() const { return {}; }
  void Explore(const State& state, Steps<State>& steps) const;
  Violations Judge(const State& state) const;

 private:
  void Lead(const State& state, int leader, Steps<State>& steps) const;
  void Sync(const State& state, Steps<State>& steps) const;
  void Load(const State& state, int run, Steps<State>& steps) const;
  void BeginAgain(const State& state, int run, Steps<State>& steps) const;
  bool IsClaim(const Destination& destination, int fence) const;
  uint8_t ReserveRun(Destination& destination) const;
  bool BeginLoad(Destination& destination, const Run& run) const;

  const World world_;
  const Rules rules_;
};

}  // namespace lockstitch::model

#endif  // LOCKSTITCH_TESTS_MODEL_OWNERS_H_
