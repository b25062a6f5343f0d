#ifndef LOCKSTITCH_TESTS_MODEL_OWNERS_H_
#define LOCKSTITCH_TESTS_MODEL_OWNERS_H_

#include <cstdint>
#include <string>

#include "tests/model/checker.h"
#include "tests/model/violations.h"

namespace lockstitch::model {

struct OwnersWorld {
  int edits = 2;                // Of the stream's progress by users, in the catalog: resets.
  bool sets_bookmarks = false;  // Whether an edit may also set the bookmark.
  bool sync_resets = false;     // Whether the hand-run sync has --reset.
};

// The rules of the protocol, each as the services have it. The numbers are those of the tests that
// show what breaks without it.
struct OwnersRules {
  bool draw_fences = true;           // ReserveRun's draw supersedes older fences.
  bool term_checked = true;          // A leader's term, between ReserveRun and dispatch. 41.
  bool sync_reset_uncounted = true;  // `sync --reset` is no generation. 42.
  bool answer_stored = true;         // BeginLoad repeated applies no reset again.
  bool generation_stored = true;     // The transaction that applies an edit stores its generation.
  bool edit_in_begin_load = true;    // It is BeginLoad's, under the run's fence.
  bool bookmark_forgotten = true;    // A reset forgets a bookmark that was set before it.
};

// Who owns runs, and what becomes of edits of progress, which are resets and bookmarks that are
// set: two leaders of the scheduler, the generation of edits in the catalog, and a `sync` by hand
// beside them.
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
    uint8_t sets_bookmark;
    uint8_t fence;
  };

  enum class Kind : uint8_t { kNone, kJob, kSync, kSyncReset };
  enum class RunPhase : uint8_t { kDispatched, kBegun, kCommitted, kEnded };
  struct Run {
    Kind kind;
    RunPhase phase;
    uint8_t fence;
    uint8_t generation;
    uint8_t sets_bookmark;
    uint8_t term;
    uint8_t epoch;  // Of the destination's progress when it began.
  };

  struct Destination {
    uint8_t fence;
    uint8_t claim;
    uint8_t applied;      // The generation of edits.
    uint8_t epoch;        // Counts the edits.
    uint8_t rows_of;      // Epochs of the rows written since the last one, one bit each.
    uint8_t generations;  // Applied ones, one bit each.
    uint8_t bookmarks;    // Those of them that set the bookmark.
    uint8_t repeated;     // Whether one was applied twice.
  };

  struct State {
    uint8_t term;
    uint8_t generation;
    uint8_t bookmarks;      // Generations whose edit sets the bookmark, one bit each.
    uint8_t sets_bookmark;  // Whether the settings hold one to be set.
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
  void Edit(const State& state, bool sets_bookmark, Steps<State>& steps) const;
  void Lead(const State& state, int leader, Steps<State>& steps) const;
  void Sync(const State& state, Steps<State>& steps) const;
  void Load(const State& state, int run, Steps<State>& steps) const;
  void BeginAgain(const State& state, int run, Steps<State>& steps) const;
  bool IsClaim(const Destination& destination, int fence) const;
  uint8_t ReserveRun(Destination& destination) const;
  bool BeginLoad(Destination& destination, const Run& run) const;
  void Apply(Destination& destination, int generation, bool sets_bookmark) const;

  const World world_;
  const Rules rules_;
};

}  // namespace lockstitch::model

#endif  // LOCKSTITCH_TESTS_MODEL_OWNERS_H_
