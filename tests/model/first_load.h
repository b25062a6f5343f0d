#ifndef LOCKSTITCH_TESTS_MODEL_FIRST_LOAD_H_
#define LOCKSTITCH_TESTS_MODEL_FIRST_LOAD_H_

#include <cstdint>
#include <string>

#include "tests/model/checker.h"
#include "tests/model/row_set.h"
#include "tests/model/violations.h"

namespace lockstitch::model {

constexpr uint8_t kNullKey = 200;  // A row's key that is NULL.
constexpr uint8_t kNoHorizon = 255;
constexpr uint8_t kBoundary = 2;  // Between the ranges of rows with keys.

struct FirstLoadWorld {
  bool keyed = true;  // Whether the table has a primary key; without one rows are only inserted.
  int runs = 2;       // Before the last one, which nothing disturbs.
  int transactions = 2;
  int writes = 2;
  int last_clock = 3;
  bool null_row = false;         // One row's key is NULL at first.
  bool set_to_null = false;      // Writers set keys to NULL.
  bool without_horizon = false;  // As where keys have no order of time.
};

// The rules of the protocol, each as the services have it. The numbers are those of the tests that
// show what breaks without it.
struct FirstLoadRules {
  bool draw_fences = true;          // ReserveRun's draw supersedes older fences. 7.
  bool closing_range = true;        // A resumed load ends with one. 7, 8.
  bool newer_snapshot_wins = true;  // Of one key's rows; not that with the greatest key. 10.
  bool finish_takes_all = true;     // FinishLoad takes ranges that older owners wrote. 11.
  bool one_row_per_key = true;      // Is left before the key is built. 12.
  bool boundaries_stored = true;    // With the load, and kept when it is taken over. 13.
  // What becomes of a range that is durable in part: there is none, it starts over, or it
  // stays. 14.
  enum class Part : uint8_t { kNone, kDropped, kKept } part = Part::kNone;
  bool first_horizon = true;          // It bounds the bookmark; not the last one. 15.
  bool closing_deletes_first = true;  // Without a key: what it is about to read again.
  bool closing_reads_null = true;
  bool closing_by_each_owner = true;  // Another owner's closing range doesn't count.
  bool resumed_with_horizon = true;   // A load without one starts over.
};

// The first load of an INCREMENTAL stream: three ranges of the replication key, which another run's
// BeginLoad takes over with what is durable, and the closing range of a load so resumed. A range's
// commit is one step; how chunks and their copies reach it is checked with other models.
class FirstLoadModel {
 public:
  using World = FirstLoadWorld;
  using Rules = FirstLoadRules;

  static constexpr int kMostRuns = 2;
  static constexpr int kMostTransactions = 2;
  enum Range : uint8_t { kBelow, kFromBoundary, kNull, kClosing, kRanges };
  enum class Durable : uint8_t { kNo, kPart, kAll };

  struct Load {
    uint8_t open;
    uint8_t horizon;
    uint8_t boundary;
    Durable durable[kRanges];
    uint8_t owner[kRanges];  // The fence that wrote the range.
    TableRows rows;
    uint8_t written[kMostVersions];  // The fence whose snapshot gave the row last.
  };

  enum class RunPhase : uint8_t { kIdle, kDrawn, kHorizon, kSnapshot, kBegun, kInPart, kEnded };
  struct Run {
    RunPhase phase;
    uint8_t fence;
    uint8_t horizon;
    RowSet snapshot;
    uint8_t boundary;
    uint8_t ranges;   // Those left to read, one bit each.
    uint8_t started;  // The range that is durable in part.
  };

  struct State {
    uint8_t clock;
    uint8_t writes_left;
    uint8_t versions;
    RowSet source;
    uint8_t begun[kMostTransactions];  // now() of those open; 0 for none.
    uint8_t key[kMostVersions];
    uint8_t row[kMostVersions];
    uint8_t fence;
    uint8_t claim;
    uint8_t published;
    uint8_t bookmark;
    TableRows table;
    Load load;
    Run runs[kMostRuns];
  };

  FirstLoadModel(const World& world, const Rules& rules) : world_(world), rules_(rules) {}

  State Initial() const;
  void Explore(const State& state, Steps<State>& steps) const;
  Violations Judge(const State& state) const;

 private:
  // The source.
  void Write(const State& state, int slot, Steps<State>& steps) const;
  void Commit(const State& state, int slot, uint8_t key, int row, Steps<State>& steps) const;
  RowSet RowsFrom(const State& state, RowSet rows, int key) const;
  RowSet NullRows(const State& state, RowSet rows) const;

  // An extractor.
  void Step(const State& state, int run, Steps<State>& steps) const;
  void ReadRange(const State& state, int run, Steps<State>& steps) const;
  void Finish(const State& state, int run, Steps<State>& steps) const;

  // The loader.
  bool IsClaim(const State& state, int fence) const;
  void ReserveRun(State& state, Run& run) const;
  bool BeginLoad(State& state, Run& run) const;
  RowSet Content(const State& state, const Run& run, int range) const;
  enum class Piece : uint8_t { kWhole, kFirst, kRest };
  void CommitRange(State& state, const Run& run, int range, Piece piece) const;
  Violations FinishLoad(State& state, const Run& run) const;
  RowSet RowsToKeep(const State& state) const;

  // What comes after.
  Violations LastRun(const State& state) const;
  void LoadChanges(State& state) const;
  bool IsExact(const State& state) const;

  const World world_;
  const Rules rules_;
};

}  // namespace lockstitch::model

#endif  // LOCKSTITCH_TESTS_MODEL_FIRST_LOAD_H_
