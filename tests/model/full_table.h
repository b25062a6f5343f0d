#ifndef LOCKSTITCH_TESTS_MODEL_FULL_TABLE_H_
#define LOCKSTITCH_TESTS_MODEL_FULL_TABLE_H_

#include <cstdint>

#include "tests/model/checker.h"
#include "tests/model/row_set.h"
#include "tests/model/violations.h"

namespace lockstitch::model {

struct FullTableWorld {
  int runs = 2;
  int changes = 1;          // Of the source, each a new version of the whole table.
  int reopens = 1;          // How often each run opens a range again.
  bool same_fence = false;  // The second extraction is the first one's, asked for again.
  bool aborts = false;      // Owners end their runs by AbortLoad, which may come late.
  bool crash = false;       // The destination crashes once.
  bool clean = false;       // `lockstitch clean` runs once.
};

// The rules of the protocol, each as the services have it. The numbers are those of the tests that
// show what breaks without it.
struct FullTableRules {
  bool draw_fences = true;           // ReserveRun's draw supersedes older fences. 32.
  bool extraction_tested = true;     // Another extraction under the same fence is refused. 6.
  bool closed_when_finished = true;  // Once a run has a result Load takes nothing for it. 22.
  bool records_stay = true;          // FinishLoad leaves the records of ranges. 22.
  bool abort_by_claim = true;        // AbortLoad drops its own load's table only. 37.
  bool logged = true;                // Load tables are never UNLOGGED. 38.
  bool every_result_kept = true;     // Not only the last. 39.
  bool clean_draws_fence = true;     // And ends the load, before it drops its table.
};

// FULL_TABLE: each extraction reads two ranges of one version of the source into its load's table,
// which FinishLoad publishes. A range is one chunk, whose copies may arrive at any later time.
class FullTableModel {
 public:
  using World = FullTableWorld;
  using Rules = FullTableRules;

  static constexpr int kRanges = 2;
  static constexpr int kMostRuns = 3;
  static constexpr int kMostFlying = 4;  // While so many are on their way none is sent.

  enum class LoadState : uint8_t { kNone, kOpen, kPublished, kEnded };
  struct Load {
    LoadState state;
    uint8_t extraction;
    uint8_t attempt[kRanges];
    uint8_t durable[kRanges];
    TableRows rows[kRanges];  // A version of the source stands for its rows.
  };

  enum class RunPhase : uint8_t { kIdle, kDrawn, kSnapshot, kBegun, kUnanswered, kTold, kEnded };
  struct Run {
    RunPhase phase;
    uint8_t fence;
    uint8_t snapshot;
    uint8_t attempt[kRanges];   // 0 before the range is opened.
    uint8_t answered[kRanges];  // Whether the extractor knows that it is durable.
    uint8_t reopened;
  };

  struct Chunk {
    uint8_t run;  // From 1; 0 for none.
    uint8_t range;
    uint8_t attempt;
    uint8_t version;
  };

  enum class Result : uint8_t { kNone, kPublished, kAborted };
  enum class Clean : uint8_t { kNotYet, kDrawn, kDone };

  struct State {
    uint8_t source;
    uint8_t fence;
    uint8_t claim;
    uint8_t published;          // The run whose load is, from 1.
    uint8_t published_version;  // From 1.
    uint8_t crashed;
    Clean clean;
    uint8_t cleaned;  // The run whose load `clean` has ended.
    uint8_t aborts;   // AbortLoad calls on their way, one bit a run.
    uint8_t aborted;  // Those that were sent.
    Result results[kMostRuns];
    Load loads[kMostRuns];
    Run runs[kMostRuns];
    Chunk flying[kMostFlying];
  };

  FullTableModel(const World& world, const Rules& rules) : world_(world), rules_(rules) {}

  State Initial() const { return {}; }
  void Explore(const State& state, Steps<State>& steps) const;
  Violations Judge(const State& state) const;

 private:
  void Step(const State& state, int run, Steps<State>& steps) const;
  void Begin(const State& state, int run, Steps<State>& steps) const;
  void Send(const State& state, int run, int range, Steps<State>& steps) const;
  void Deliver(const State& state, int flying, Steps<State>& steps) const;
  void Finish(const State& state, int run, Steps<State>& steps) const;
  void Abort(const State& state, int run, Steps<State>& steps) const;
  void Crash(const State& state, Steps<State>& steps) const;
  void Sweep(const State& state, Steps<State>& steps) const;

  bool IsClaim(const State& state, int fence) const;
  bool MayWrite(const State& state, int run) const;
  void KeepResult(State& state, int run, Result result) const;
  int LoadOf(int run) const { return world_.same_fence ? 0 : run; }

  const World world_;
  const Rules rules_;
};

}  // namespace lockstitch::model

#endif  // LOCKSTITCH_TESTS_MODEL_FULL_TABLE_H_
