#include "tests/model/draws.h"

#include "absl/strings/str_cat.h"

namespace lockstitch::model {

int DrawsModel::ReserveRun(State& state, int run, int draw) const {
  Run& known = state.runs[run];
  if (known.ended) return 0;
  if (known.draw != 0) {
    if (state.run != run + 1 && rules_.superseded_run_refused) return 0;
    if (draw < known.draw && rules_.older_draw_refused) return 0;
    if (draw == known.draw && rules_.repeated_draw_kept) return known.fence;
    if (!rules_.draws_told_apart) return known.fence;
  }
  if (state.run != 0 && state.run != run + 1) state.runs[state.run - 1].superseded = 1;
  state.run = static_cast<uint8_t>(run + 1);
  known.draw = static_cast<uint8_t>(draw);
  known.fence = ++state.fence;
  return known.fence;
}

void DrawsModel::Explore(const State& state, Steps<State>& steps) const {
  for (int run = 0; run < world_.runs; ++run) {
    Ask(state, run, steps);
    for (int draw = 1; draw <= world_.draws; ++draw) Arrive(state, run, draw, steps);
    Finish(state, run, steps);
  }
}

void DrawsModel::Ask(const State& state, int run, Steps<State>& steps) const {
  // All runs are alike: they may as well begin in their order.
  if (run > 0 && state.owners[run - 1].phase == OwnerPhase::kIdle) return;
  State next = state;
  Owner& owner = next.owners[run];
  if (owner.phase != OwnerPhase::kIdle && owner.phase != OwnerPhase::kWorking) return;
  if (owner.draw++ == world_.draws) return;
  owner.phase = OwnerPhase::kAsking;
  owner.calls |= 1 << owner.draw;
  steps.Add(next, [&] {
    return absl::StrCat("run ", run, ": needs a snapshot, asks for draw ", owner.draw);
  });
}

void DrawsModel::Arrive(const State& state, int run, int draw, Steps<State>& steps) const {
  if ((state.owners[run].calls >> draw & 1) == 0) return;
  State next = state;
  const bool awaited =
      state.owners[run].phase == OwnerPhase::kAsking && state.owners[run].draw == draw;
  const int fence = ReserveRun(next, run, draw);
  // More than all owners ask for are drawn only where a rule is missing, and then without end.
  if (next.fence > world_.runs * world_.draws + 1) return;
  Violations broken;
  broken.AddIf(next.fence != state.fence && (!awaited || state.runs[run].superseded),
               Invariant::kDrawsKept);
  const auto label = [&] {
    return absl::StrCat("ReserveRun of run ", run, " draw ", draw, awaited ? "" : ", a late copy,",
                        " is answered ", fence == 0 ? "SUPERSEDED" : absl::StrCat(fence));
  };
  steps.Add(next, label, broken);  // And the answer is lost.
  if (!awaited) return;
  Owner& owner = next.owners[run];
  broken.AddIf(fence != 0 && fence == owner.fence, Invariant::kFenceOnce);
  owner.phase = fence == 0 ? OwnerPhase::kEnded : OwnerPhase::kWorking;
  owner.fence = static_cast<uint8_t>(fence);
  steps.Add(next, label, broken);
}

void DrawsModel::Finish(const State& state, int run, Steps<State>& steps) const {
  const Owner& owner = state.owners[run];
  if (owner.phase != OwnerPhase::kWorking) return;
  const bool published = state.run == run + 1 && state.fence == owner.fence;
  State next = state;
  next.owners[run].phase = OwnerPhase::kEnded;
  next.runs[run].ended = published;
  steps.Add(next, [&] {
    return absl::StrCat("run ", run, ": FinishLoad ", published ? "publishes" : "is superseded");
  });
}

}  // namespace lockstitch::model
