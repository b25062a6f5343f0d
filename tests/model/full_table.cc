#include "tests/model/full_table.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace lockstitch::model {
namespace {

using State = FullTableModel::State;
using Chunk = FullTableModel::Chunk;

// Sorted, since the order of what is on its way tells nothing.
void SortFlying(State& state) {
  std::sort(std::begin(state.flying), std::end(state.flying),
            [](const Chunk& one, const Chunk& other) {
              return std::memcmp(&one, &other, sizeof(Chunk)) < 0;
            });
}

void EmptyTable(FullTableModel::Load& load) {
  for (TableRows& rows : load.rows) rows = {};
}

}  // namespace

void FullTableModel::Explore(const State& state, Steps<State>& steps) const {
  if (state.source < world_.changes) {
    State next = state;
    ++next.source;
    steps.Add(next, [&] { return absl::StrCat("the source is now v", next.source); });
  }
  for (int run = 0; run < world_.runs; ++run) {
    Step(state, run, steps);
    Abort(state, run, steps);
  }
  for (int flying = 0; flying < kMostFlying; ++flying) Deliver(state, flying, steps);
  Crash(state, steps);
  Sweep(state, steps);
}

bool FullTableModel::IsClaim(const State& state, int fence) const {
  // Where only BeginLoad fences, a greater fence than the stream's is yet to begin.
  return rules_.draw_fences ? fence == state.claim : fence >= state.claim;
}

// What a Load call is tested for when it opens and when it commits.
bool FullTableModel::MayWrite(const State& state, int run) const {
  const Load& load = state.loads[LoadOf(run)];
  const bool open = load.state == LoadState::kOpen ||
                    (load.state == LoadState::kPublished && !rules_.closed_when_finished);
  const bool own = load.extraction == run + 1 || !rules_.extraction_tested;
  return IsClaim(state, state.runs[run].fence) && open && own;
}

void FullTableModel::KeepResult(State& state, int run, Result result) const {
  if (!rules_.every_result_kept)
    std::fill(std::begin(state.results), std::end(state.results), Result());
  state.results[LoadOf(run)] = result;
}

void FullTableModel::Step(const State& state, int run, Steps<State>& steps) const {
  State next = state;
  Run& extraction = next.runs[run];
  switch (extraction.phase) {
    case RunPhase::kIdle:
      // All runs are alike: they may as well draw in their order.
      if (run > 0 && state.runs[run - 1].phase == RunPhase::kIdle) return;
      extraction.phase = RunPhase::kDrawn;
      if (run > 0 && world_.same_fence) {
        extraction.fence = state.runs[0].fence;
        steps.Add(next, [&] { return absl::StrCat("run ", run, ": run 0 extracted again"); });
        return;
      }
      extraction.fence = ++next.fence;
      if (rules_.draw_fences) next.claim = next.fence;
      steps.Add(next,
                [&] { return absl::StrCat("run ", run, ": ReserveRun, fence ", next.fence); });
      return;
    case RunPhase::kDrawn:
      extraction.phase = RunPhase::kSnapshot;
      extraction.snapshot = state.source;
      steps.Add(next,
                [&] { return absl::StrCat("run ", run, ": takes its snapshot v", state.source); });
      return;
    case RunPhase::kSnapshot:
      return Begin(state, run, steps);
    case RunPhase::kBegun:
      for (int range = 0; range < kRanges; ++range) Send(state, run, range, steps);
      if (std::count(extraction.answered, extraction.answered + kRanges, 1) == kRanges)
        Finish(state, run, steps);
      return;
    case RunPhase::kUnanswered:
      return Finish(state, run, steps);
    case RunPhase::kTold:
    case RunPhase::kEnded:
      return;
  }
}

void FullTableModel::Begin(const State& state, int run, Steps<State>& steps) const {
  State next = state;
  Run& extraction = next.runs[run];
  Load& load = next.loads[LoadOf(run)];
  const bool refused =
      state.results[LoadOf(run)] != Result::kNone || !IsClaim(state, extraction.fence) ||
      (load.state != LoadState::kNone && rules_.extraction_tested && load.extraction != run + 1);
  if (refused) {
    extraction = {.phase = RunPhase::kEnded, .fence = extraction.fence};
    steps.Add(next, [&] { return absl::StrCat("run ", run, ": BeginLoad, refused"); });
    return;
  }
  next.claim = std::max(next.claim, extraction.fence);
  if (load.state == LoadState::kNone) {
    for (Load& older : next.loads) {
      if (older.state == LoadState::kOpen) older = {.state = LoadState::kEnded};
    }
    load.state = LoadState::kOpen;
    load.extraction = static_cast<uint8_t>(run + 1);
  }
  extraction.phase = RunPhase::kBegun;
  for (int range = 0; range < kRanges; ++range) extraction.answered[range] = load.durable[range];
  steps.Add(next, [&] { return absl::StrCat("run ", run, ": BeginLoad"); });
}

// Opens a range, unless it is durable, and sends it.
void FullTableModel::Send(const State& state, int run, int range, Steps<State>& steps) const {
  if (state.runs[run].answered[range] || state.flying[0].run != 0) return;
  State next = state;
  Run& extraction = next.runs[run];
  if (extraction.attempt[range] != 0 && extraction.reopened++ == world_.reopens) return;
  if (!MayWrite(state, run)) {
    extraction = {.phase = RunPhase::kEnded, .fence = extraction.fence};
    steps.Add(next, [&] { return absl::StrCat("run ", run, ": Load open, refused"); });
    return;
  }
  Load& load = next.loads[LoadOf(run)];
  extraction.attempt[range] = ++load.attempt[range];
  extraction.answered[range] = load.durable[range];
  if (!load.durable[range]) {
    next.flying[0] = {.run = static_cast<uint8_t>(run + 1),
                      .range = static_cast<uint8_t>(range),
                      .attempt = extraction.attempt[range],
                      .version = extraction.snapshot};
    SortFlying(next);
  }
  steps.Add(next, [&] {
    return absl::StrCat(
        "run ", run, ": Load open, range ", range, " attempt ", extraction.attempt[range],
        load.durable[range] ? ": durable" : absl::StrCat(", sends v", extraction.snapshot));
  });
}

void FullTableModel::Deliver(const State& state, int flying, Steps<State>& steps) const {
  const Chunk chunk = state.flying[flying];
  if (chunk.run == 0) return;
  const int run = chunk.run - 1;
  State next = state;
  next.flying[flying] = {};
  SortFlying(next);
  Load& load = next.loads[LoadOf(run)];
  // FinishLoad may have taken the attempts away: then none is known to be older.
  const bool present = load.attempt[chunk.range] == chunk.attempt || load.attempt[chunk.range] == 0;
  const bool commits = MayWrite(state, run) && present && !load.durable[chunk.range];
  Violations broken;
  if (commits) {
    load.rows[chunk.range].Append(Only(chunk.version));
    load.durable[chunk.range] = 1;
    broken.AddIf(load.state == LoadState::kPublished, Invariant::kEnded);
    if (next.runs[run].attempt[chunk.range] == chunk.attempt)
      next.runs[run].answered[chunk.range] = 1;
  }
  steps.Add(
      next,
      [&] {
        return absl::StrCat("the loader ", commits ? "commits" : "refuses", " range ", chunk.range,
                            " of run ", run, " attempt ", chunk.attempt);
      },
      broken);
}

void FullTableModel::Finish(const State& state, int run, Steps<State>& steps) const {
  State next = state;
  Run& extraction = next.runs[run];
  const bool again = extraction.phase == RunPhase::kUnanswered;
  extraction = {.phase = RunPhase::kTold, .fence = extraction.fence};
  if (state.results[LoadOf(run)] != Result::kNone) {
    steps.Add(next, [&] { return absl::StrCat("run ", run, ": FinishLoad, the kept result"); });
    return;
  }
  Load& load = next.loads[LoadOf(run)];
  const bool own = load.extraction == run + 1 || !rules_.extraction_tested;
  if (!IsClaim(state, extraction.fence) || load.state != LoadState::kOpen || !own) {
    Violations broken;
    broken.AddIf(again, Invariant::kCounts);
    extraction.phase = RunPhase::kEnded;
    steps.Add(
        next, [&] { return absl::StrCat("run ", run, ": FinishLoad, refused"); }, broken);
    return;
  }
  for (Load& older : next.loads) {
    if (older.state == LoadState::kPublished) older = {.state = LoadState::kEnded};
  }
  load.state = LoadState::kPublished;
  if (!rules_.records_stay) {
    std::fill(std::begin(load.attempt), std::end(load.attempt), 0);
    std::fill(std::begin(load.durable), std::end(load.durable), 0);
  }
  KeepResult(next, run, Result::kPublished);
  next.published = static_cast<uint8_t>(LoadOf(run) + 1);
  const uint8_t version = state.runs[run].snapshot + 1;
  Violations broken;
  broken.AddIf(version < state.published_version, Invariant::kSnapshotsForward);
  next.published_version = version;
  steps.Add(
      next, [&] { return absl::StrCat("run ", run, ": FinishLoad publishes"); }, broken);
  extraction.phase = RunPhase::kUnanswered;
  steps.Add(
      next, [&] { return absl::StrCat("run ", run, ": FinishLoad publishes, its answer is lost"); },
      broken);
}

void FullTableModel::Abort(const State& state, int run, Steps<State>& steps) const {
  const RunPhase phase = state.runs[run].phase;
  const uint8_t bit = static_cast<uint8_t>(1 << run);
  const bool has_drawn = phase != RunPhase::kIdle && phase != RunPhase::kTold;
  State next = state;
  if (world_.aborts && has_drawn && (state.aborted & bit) == 0) {
    next.aborted |= bit;
    next.aborts |= bit;
    steps.Add(next, [&] { return absl::StrCat("run ", run, ": its owner sends AbortLoad"); });
  }
  if ((state.aborts & bit) == 0) return;
  next = state;
  next.aborts &= static_cast<uint8_t>(~bit);
  if (state.results[run] == Result::kNone) {
    KeepResult(next, run, Result::kAborted);
    for (int other = 0; other < kMostRuns; ++other) {
      Load& load = next.loads[other];
      if (load.state != LoadState::kOpen) continue;
      if (other == run) load = {.state = LoadState::kEnded};
      if (!rules_.abort_by_claim) EmptyTable(load);
    }
  }
  steps.Add(next, [&] { return absl::StrCat("AbortLoad of run ", run, " arrives"); });
}

void FullTableModel::Crash(const State& state, Steps<State>& steps) const {
  if (!world_.crash || state.crashed) return;
  State next = state;
  next.crashed = 1;
  for (Chunk& chunk : next.flying) chunk = {};
  for (Load& load : next.loads) {
    if (load.state == LoadState::kOpen && !rules_.logged) EmptyTable(load);
  }
  steps.Add(next, [&] { return "the destination crashes"; });
}

// `lockstitch clean`, which takes a load under way for a leftover.
void FullTableModel::Sweep(const State& state, Steps<State>& steps) const {
  if (!world_.clean || state.clean == Clean::kDone) return;
  for (int run = 0; run < kMostRuns; ++run) {
    State next = state;
    Load& load = next.loads[run];
    if (state.clean == Clean::kNotYet && load.state == LoadState::kOpen &&
        rules_.clean_draws_fence) {
      next.clean = Clean::kDrawn;
      next.claim = ++next.fence;
      next.cleaned = static_cast<uint8_t>(run);
      load.state = LoadState::kEnded;
      steps.Add(next, [&] { return absl::StrCat("clean draws fence ", next.fence); });
    } else if (state.clean == Clean::kDrawn ? run == state.cleaned
                                            : load.state == LoadState::kOpen) {
      next.clean = Clean::kDone;
      EmptyTable(load);
      steps.Add(next, [&] { return absl::StrCat("clean drops the table of run ", run); });
    }
  }
}

Violations FullTableModel::Judge(const State& state) const {
  Violations violations;
  if (state.published == 0) return violations;
  const Load& load = state.loads[state.published - 1];
  const RowSet version = load.rows[0].present;
  const bool one = version != 0 && (version & (version - 1)) == 0;
  violations.AddIf(!one || !load.rows[0].IsExactly(version) || !load.rows[1].IsExactly(version),
                   Invariant::kOneSnapshot);
  return violations;
}

}  // namespace lockstitch::model
