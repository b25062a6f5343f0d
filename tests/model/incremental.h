#ifndef LOCKSTITCH_TESTS_MODEL_INCREMENTAL_H_
#define LOCKSTITCH_TESTS_MODEL_INCREMENTAL_H_

#include <cstdint>
#include <string>
#include <vector>

#include "tests/model/checker.h"
#include "tests/model/row_set.h"
#include "tests/model/violations.h"

namespace lockstitch::model {

constexpr uint8_t kNoKey = 255;
constexpr uint8_t kInfinity = 100;  // A key that is greater than all finite ones.

// What the model's surroundings do, and how much of it.
struct IncrementalWorld {
  bool keyed = true;     // Whether the table has a primary key; without one rows are only inserted.
  bool ordered = true;   // Whether an index gives the order of the replication key.
  int runs = 2;          // Before the last one, which nothing disturbs.
  int transactions = 2;  // At once.
  int writes = 2;        // In all.
  int first_clock = 1;
  int last_clock = 3;
  int rows = 2;                            // Primary keys that are written.
  std::vector<uint8_t> keys_before = {0};  // Replication keys of rows that both sides have already.
  int bookmark_before = 0;
  int reopens = 1;  // How often each run opens its range again.
  int ahead = 2;    // Chunks that are sent before the first of them is answered.

  bool deletes = false;         // The source deletes rows.
  bool shown_late = false;      // pg_stat_activity shows a transaction up to 1 s after its now().
  bool prepares = false;        // Transactions get prepared.
  bool same_fence = false;      // The second extraction is the first one's, asked for again.
  bool horizon_hidden = false;  // As on a standby; but not for the last run if `shown_to_last`.
  bool shown_to_last = false;
  int look_back = 0;

  // The replication key that now() gives: UTC, a zone behind it, or one whose clock goes back.
  enum class Zone : uint8_t { kUtc, kBehind, kTurnsBack } zone = Zone::kUtc;
  // What differs when a range is read again under the same snapshot: also ties' order, also cuts.
  enum class Reread : uint8_t { kNothing, kTies, kCuts } reread = Reread::kCuts;
};

// The rules of the protocol, each as the services have it. The numbers are those of the tests that
// show what breaks without it.
struct IncrementalRules {
  // ReserveRun's draw supersedes older fences; not only BeginLoad. 30, 33.
  bool draw_fences = true;
  // BeginLoad and Load refuse another extraction under the same fence. 4, 5.
  bool extraction_tested = true;
  // BeginLoad repeated answers the bound that it has stored. 4.
  bool answer_stored = true;
  // The bound is read in the transaction that opens the load. 33.
  bool bound_read_in_begin_load = true;
  // Without a key the load's own bound says what its first commit deletes. 34.
  bool delete_from_load_bound = true;
  // An upsert replaces a row whatever its replication key was. 35.
  bool upsert_always_replaces = true;
  // The bookmark moves in the order of the key. 36.
  bool bookmark_without_gap = true;
  // It doesn't go past the horizon.
  bool bookmark_within_horizon = true;
  bool bookmark_never_back = true;
  // Which is read before the snapshot: first the clock, then the backends. 23, 24.
  enum class HorizonOrder : uint8_t { kClockFirst, kBackendsFirst, kAfterSnapshot };
  HorizonOrder horizon_order = HorizonOrder::kClockFirst;
  // It is 1 s before the clock. 25.
  bool horizon_has_margin = true;
  // It is unknown while there are prepared transactions. 26.
  bool unknown_while_prepared = true;
  // It is told in the zone of the key: the least local time from there on. 27.
  bool horizon_in_zone = true;
  // The look-back is subtracted when the bookmark is written; not when it is read. 28.
  bool look_back_when_written = true;
  // SOURCE_CHANGED is told by the write-ahead log's position; not by the greatest key. 30, 31.
  enum class SourceTest : uint8_t { kPosition, kGreatestKey, kNone };
  SourceTest source_test = SourceTest::kPosition;
  // Opening a range refuses chunks of older attempts and tells how far it is durable; or chunks
  // are only told apart by their numbers, with the durable key in the answer or not. 16 to 19.
  enum class Reopen : uint8_t { kAttempt, kChunkNumber, kChunkNumberAndKey };
  Reopen reopen = Reopen::kAttempt;
  // A chunk ends where the key changes. 17, 21.
  bool cut_between_keys = true;
  // Once a run has a result Load takes nothing more for it. 19, 22.
  bool closed_when_finished = true;
  // FinishLoad leaves the records of ranges and chunks. 22.
  bool records_stay = true;
  // FinishLoad compares what was read with what is durable. 18.
  bool extents_compared = true;
};

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
    RowSet read;  // What the load should have brought, once it is published.
  };

  enum class RunPhase : uint8_t { kIdle, kReading, kBegin, kBegun, kOpen, kFinished, kEnded };
  struct Run {
    RunPhase phase;
    uint8_t fence;
    uint8_t reads;  // Of clock, backends and snapshot, how many are done.
    uint8_t clock;
    uint8_t backends;  // The least now() seen.
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
  };

  // A chunk between an extractor and its commit.
  struct Chunk {
    uint8_t run;  // From 1; 0 for none.
    uint8_t attempt;
    uint8_t number;
    RowSet content;
    uint8_t ends_range;
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
  void Read(const State& state, int run, Steps<State>& steps) const;
  void Begin(const State& state, int run, Steps<State>& steps) const;
  void Open(const State& state, int run, Steps<State>& steps) const;
  void Send(const State& state, int run, Steps<State>& steps) const;
  void Finish(const State& state, int run, Steps<State>& steps) const;
  uint8_t Horizon(int clock, int backends, bool hidden) const;
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
