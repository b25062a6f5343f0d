#include "tests/model/first_load.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace lockstitch::model {
namespace {

constexpr int kStart = 2;              // The clock at first.
constexpr uint8_t kOtherBoundary = 3;  // As newer statistics would have it.
constexpr const char* kRangeNames[] = {"below the boundary", "from the boundary", "of NULL keys",
                                       "that closes"};

}  // namespace

FirstLoadModel::State FirstLoadModel::Initial() const {
  State state = {};
  state.clock = kStart;
  state.writes_left = static_cast<uint8_t>(world_.writes);
  const auto add = [&](uint8_t key) {
    state.key[state.versions] = key;
    state.row[state.versions] = state.versions;
    state.source |= Only(state.versions++);
  };
  add(0);
  if (!world_.keyed) add(0);
  add(2);
  if (world_.null_row) add(kNullKey);
  return state;
}

void FirstLoadModel::Explore(const State& state, Steps<State>& steps) const {
  if (state.clock < world_.last_clock) {
    State next = state;
    ++next.clock;
    steps.Add(next, [&] { return absl::StrCat("clock ", next.clock); });
  }
  for (int slot = 0; slot < world_.transactions; ++slot) Write(state, slot, steps);
  for (int run = 0; run < world_.runs; ++run) Step(state, run, steps);
}

RowSet FirstLoadModel::RowsFrom(const State& state, RowSet rows, int key) const {
  RowSet from = 0;
  for (int version = 0; version < state.versions; ++version) {
    const bool in = state.key[version] >= key && state.key[version] != kNullKey;
    if (Has(rows, version) && in) from |= Only(version);
  }
  return from;
}

RowSet FirstLoadModel::NullRows(const State& state, RowSet rows) const {
  return Without(rows, RowsFrom(state, rows, 0));
}

void FirstLoadModel::Write(const State& state, int slot, Steps<State>& steps) const {
  if (state.begun[slot] == 0) {
    if (state.writes_left == 0) return;
    State next = state;
    next.begun[slot] = state.clock;
    --next.writes_left;
    std::sort(std::begin(next.begun), std::end(next.begun), std::greater<>());
    steps.Add(next, [&] { return absl::StrCat("a transaction begins at ", state.clock); });
    return;
  }
  if (!world_.keyed) return Commit(state, slot, state.begun[slot], state.versions, steps);
  for (int row = 0; row < 3; ++row) {
    Commit(state, slot, state.begun[slot], row, steps);
    if (world_.set_to_null) Commit(state, slot, kNullKey, row, steps);
  }
}

void FirstLoadModel::Commit(const State& state, int slot, uint8_t key, int row,
                            Steps<State>& steps) const {
  State next = state;
  const int begun = state.begun[slot];
  next.begun[slot] = 0;
  std::sort(std::begin(next.begun), std::end(next.begun), std::greater<>());
  for (int version = 0; version < state.versions; ++version) {
    if (state.row[version] == row) next.source = Without(next.source, Only(version));
  }
  const int version = next.versions++;
  next.key[version] = key;
  next.row[version] = static_cast<uint8_t>(row);
  next.source |= Only(version);
  steps.Add(next, [&] {
    return absl::StrCat("the transaction of ", begun, " commits v", version, " of row ", row,
                        " key ", key == kNullKey ? "NULL" : absl::StrCat(key));
  });
}

void FirstLoadModel::Step(const State& state, int run, Steps<State>& steps) const {
  State next = state;
  Run& extraction = next.runs[run];
  switch (extraction.phase) {
    case RunPhase::kIdle:
      // All runs are alike: they may as well draw in their order.
      if (run > 0 && state.runs[run - 1].phase == RunPhase::kIdle) return;
      ReserveRun(next, extraction);
      // Only the first has the statistics of its time.
      extraction.boundary = run == 0 ? kBoundary : kOtherBoundary;
      steps.Add(next,
                [&] { return absl::StrCat("run ", run, ": ReserveRun, fence ", next.fence); });
      return;
    case RunPhase::kDrawn:
      extraction.phase = RunPhase::kHorizon;
      extraction.horizon = state.clock;
      for (const uint8_t begun : state.begun) {
        if (begun != 0) extraction.horizon = std::min(extraction.horizon, begun);
      }
      if (world_.without_horizon) extraction.horizon = kNoHorizon;
      steps.Add(next, [&] { return absl::StrCat("run ", run, ": horizon ", extraction.horizon); });
      return;
    case RunPhase::kHorizon:
      extraction.phase = RunPhase::kSnapshot;
      extraction.snapshot = state.source;
      steps.Add(next, [&] { return absl::StrCat("run ", run, ": takes its snapshot"); });
      return;
    case RunPhase::kSnapshot:
      if (!BeginLoad(next, extraction)) {
        extraction = {.phase = RunPhase::kEnded};
        steps.Add(next, [&] { return absl::StrCat("run ", run, ": BeginLoad, refused"); });
        return;
      }
      extraction.phase = RunPhase::kBegun;
      steps.Add(next, [&] {
        return absl::StrCat("run ", run, ": BeginLoad, load of horizon ", next.load.horizon,
                            ", ranges to read ", extraction.ranges);
      });
      return;
    case RunPhase::kBegun:
      if (!IsClaim(state, extraction.fence)) {
        extraction = {.phase = RunPhase::kEnded};
        steps.Add(next, [&] { return absl::StrCat("run ", run, ": superseded"); });
        return;
      }
      if (extraction.ranges == 0) return Finish(state, run, steps);
      return ReadRange(state, run, steps);
    case RunPhase::kInPart:
      if (IsClaim(state, extraction.fence)) {
        CommitRange(next, extraction, extraction.started, Piece::kRest);
        extraction.phase = RunPhase::kBegun;
      } else {
        extraction = {.phase = RunPhase::kEnded};
      }
      steps.Add(next, [&] { return absl::StrCat("run ", run, ": commits the range's rest"); });
      return;
    case RunPhase::kEnded:
      return;
  }
}

void FirstLoadModel::ReadRange(const State& state, int run, Steps<State>& steps) const {
  for (int range = 0; range < kRanges; ++range) {
    const uint8_t left = state.runs[run].ranges & ~(1 << range);
    if (left == state.runs[run].ranges || (range == kClosing && left != 0)) continue;
    State next = state;
    Run& extraction = next.runs[run];
    extraction.ranges = left;
    const bool whole = rules_.part == Rules::Part::kNone || range == kClosing;
    CommitRange(next, extraction, range, whole ? Piece::kWhole : Piece::kFirst);
    if (!whole) {
      extraction.phase = RunPhase::kInPart;
      extraction.started = static_cast<uint8_t>(range);
    }
    steps.Add(next, [&] {
      return absl::StrCat("run ", run, ": commits ", whole ? "" : "one row of ", "the range ",
                          kRangeNames[range]);
    });
  }
}

void FirstLoadModel::Finish(const State& state, int run, Steps<State>& steps) const {
  State next = state;
  const Violations broken = FinishLoad(next, state.runs[run]);
  next.runs[run] = {.phase = RunPhase::kEnded};
  steps.Add(
      next,
      [&] {
        return absl::StrCat(
            "run ", run, ": FinishLoad ",
            broken.empty() ? absl::StrCat("publishes, bookmark ", next.bookmark) : "fails");
      },
      broken);
}

}  // namespace lockstitch::model
