#ifndef LOCKSTITCH_TESTS_MODEL_INCREMENTAL_H_
#define LOCKSTITCH_TESTS_MODEL_INCREMENTAL_H_

#include <cstdint>
#include <string>
#include <vector>

#include "tests/model/checker.h"
#include "tests/model/incremental_rules.h"
#include "tests/model/row_set.h"
#include "tests/model/violations.h"

namespace lockstitch::model {

// INCREMENTAL after the first load: extractions in mode CHANGES, the loader that commits their
// chunks, and transactions that change the source all the while. ReserveRun, BeginLoad, the opening
// of a range, a chunk's commit and FinishLoad are one step each, as they are one transaction under
// the stream's row. Chunks on their way may arrive at any later time, or never.
class IncrementalModel {
 public:
  using World = IncrementalWorld;
  using Rules = IncrementalRules;

  static constexpr int kMostRuns = 3;
  static constexpr int kMostTransactions = 3;
  static constexpr int kMostChunks = 4;  // Of a range.
  static constexpr int kMostFlying = 5;  // While so many are on their way none is sent.

  enum class TransactionPhase : uint8_t { kNone, kHidden, kShown, kPrepared };
  struct Transaction {
    TransactionPhase phase;
    uint8_t begun;  // Its now().
  };

  // What the destination keeps of a load and its only range.
  enum class LoadState : uint8_t { kNone, kOpen, kPublished };
  struct Load {
    LoadState state;
    uint8_t extraction;
    uint8_t bound;
    uint8_t horizon;  // kNoKey: none.
    uint8_t position;
    uint8_t attempt;
    uint8_t chunks;  // Durable ones.
    RowSet content[kMostChunks];
    uint8_t complete;
    uint8_t compared;  // Whether the keys are durable.
    RowSet read;       // What the load should have brought, once it is published.
  };

  enum class RunPhase : uint8_t { kIdle, kReading, kBegin, kBegun, kOpen, kFinished, kEnded };
  struct Run {
    RunPhase phase;
    uint8_t fence;
    uint8_t reads;  // Of clock, sessions, prepared transactions and snapshot, how many are done.
    uint8_t clock;
    uint8_t sessions;  // The least now() seen.
    uint8_t horizon;
    RowSet snapshot;
    uint8_t position;
    uint8_t bound;
    uint8_t attempt;
    uint8_t next_chunk;
    uint8_t answered;  // Chunks of the attempt, and those durable before it.
    RowSet left;       // Rows to send.
    RowSet reported;   // Rows sent, and those durable before.
    uint8_t ended;     // Whether the last chunk is on its way.
    uint8_t reopened;
    RowSet keys;  // Of which the comparison's keys are, where they aren't the snapshot's.
    uint8_t keys_sent;
  };

  // A chunk between an extractor and its commit.
  struct Chunk {
    uint8_t run;  // From 1; 0 for none.
    uint8_t attempt;
    uint8_t number;
    RowSet content;
    uint8_t ends_range;
    uint8_t keys;  // Whether it is that of the keys.
  };

  struct State {
    // The source.
    uint8_t clock;
    uint8_t writes_left;
    uint8_t position;  // Of the write-ahead log: commits so far.
    uint8_t versions;
    RowSet source;
    Transaction transactions[kMostTransactions];
    uint8_t key[kMostVersions];
    uint8_t row[kMostVersions];  // Primary keys.
    // The stream's row, and its table.
    uint8_t fence;  // The greatest drawn.
    uint8_t claim;  // The one that may write.
    uint8_t bookmark;
    uint8_t source_position;
    TableRows table;
    Load loads[kMostRuns];
    Run runs[kMostRuns];
    Chunk flying[kMostFlying];
  };

  IncrementalModel(const World& world, const Rules& rules) : world_(world), rules_(rules) {}

  State Initial() const;
  void Explore(const State& state, Steps<State>& steps) const;
  Violations Judge(const State& state) const;

 private:
  enum class Answer : uint8_t { kDurable, kAlready, kSuperseded, kRefused, kEnded, kSourceChanged };

  // The source: what writers do.
  void Tick(const State& state, Steps<State>& steps) const;
  void Write(const State& state, int slot, Steps<State>& steps) const;
  void Commit(const State& state, int slot, Steps<State>& steps) const;
  uint8_t KeyOf(int instant) const;

  // An extractor.
  void Draw(const State& state, int run, Steps<State>& steps) const;
  enum class What : uint8_t { kClock, kSessions, kPrepared, kSnapshot };
  void Read(const State& state, int run, Steps<State>& steps) const;
  void Read(const State& state, What what, Run* extraction) const;
  void Begin(const State& state, int run, Steps<State>& steps) const;
  void Open(const State& state, int run, Steps<State>& steps) const;
  void Send(const State& state, int run, Steps<State>& steps) const;
  void SendKeys(const State& state, int run, Steps<State>& steps) const;
  void Finish(const State& state, int run, Steps<State>& steps) const;
  uint8_t Horizon(int clock, int sessions, bool hidden) const;
  std::vector<RowSet> Cuts(const State& state, RowSet left, int chunk, int attempt) const;
  RowSet RowsFrom(const State& state, RowSet rows, int key) const;
  RowSet RowsPast(const State& state, RowSet rows, int key) const;

  // The loader.
  bool IsClaim(const State& state, int fence) const;
  bool SourceSeemsChanged(const State& state, const Run& run) const;
  int ReserveRun(State& state) const;
  uint8_t BoundOf(const State& state, bool horizon_known) const;
  Answer BeginLoad(State& state, Load& load, Run& run, int extraction) const;
  void OpenRange(Load& load, Run& run, const State& state) const;
  Answer CommitChunk(State& state, Load& load, int fence, const Chunk& chunk) const;
  void Upsert(State& state, RowSet rows) const;
  Answer CommitKeys(State& state, Load& load, int fence, const Chunk& chunk) const;
  // Of `versions`, those whose row isn't among the rows of `present`.
  RowSet RowsWithout(const State& state, RowSet versions, RowSet present) const;
  uint8_t LastKey(const State& state, const Load& load, int chunks) const;
  Answer FinishLoad(State& state, Load& load, const Run& run) const;
  bool Fly(State& state, const Chunk& chunk) const;  // False if there is no room.
  void Land(State& state, int flying) const;
  void Deliver(const State& state, int flying, Steps<State>& steps) const;
  void SkipDurable(State& state, int run, int chunk) const;

  // What one more run, which nothing disturbs, makes of the destination.
  Violations LastRun(const State& state) const;
  RowSet Wrong(const State& state) const;

  int LoadOf(int run) const { return world_.same_fence ? 0 : run; }
  std::string Rows(const State& state, RowSet rows) const;
  // Adds a step; states that differ in forgotten rows only become one.
  void Add(Steps<State>& steps, State next, Label label, Violations broken = {}) const;

  const World world_;
  const Rules rules_;
};

}  // namespace lockstitch::model

#endif  // LOCKSTITCH_TESTS_MODEL_INCREMENTAL_H_
