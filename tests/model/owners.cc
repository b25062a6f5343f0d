#include "tests/model/owners.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace lockstitch::model {
namespace {

constexpr int kMostTerms = 3;

void Dispatch(OwnersModel::State& state, const OwnersModel::Run& run) {
  for (OwnersModel::Run& place : state.runs) {
    if (place.kind != OwnersModel::Kind::kNone) continue;
    place = run;
    return;
  }
}

}  // namespace

bool OwnersModel::IsClaim(const Destination& destination, int fence) const {
  // Where only BeginLoad fences, a greater fence than the stream's is yet to begin.
  return rules_.draw_fences ? fence == destination.claim : fence >= destination.claim;
}

uint8_t OwnersModel::ReserveRun(Destination& destination) const {
  ++destination.fence;
  if (rules_.draw_fences) destination.claim = destination.fence;
  return destination.fence;
}

bool OwnersModel::BeginLoad(Destination& destination, const Run& run) const {
  if (!IsClaim(destination, run.fence)) return false;
  destination.claim = std::max(destination.claim, run.fence);
  const bool newer = run.kind == Kind::kJob && run.generation > destination.applied;
  if (newer) {
    destination.applied = run.generation;
    destination.repeated |= destination.generations >> run.generation & 1;
    destination.generations |= 1 << run.generation;
  }
  if (run.kind == Kind::kSyncReset && !rules_.sync_reset_uncounted) ++destination.applied;
  if (!newer && run.kind != Kind::kSyncReset) return true;
  ++destination.epoch;
  destination.rows_of = 0;
  return true;
}

void OwnersModel::Explore(const State& state, Steps<State>& steps) const {
  if (state.generation < world_.resets) {
    State next = state;
    ++next.generation;
    steps.Add(next, [&] { return absl::StrCat("a user resets: generation ", next.generation); });
  }
  for (int leader = 0; leader < kLeaders; ++leader) Lead(state, leader, steps);
  Sync(state, steps);
  for (int run = 0; run < kMostRuns; ++run) {
    Load(state, run, steps);
    BeginAgain(state, run, steps);
  }
}

void OwnersModel::Lead(const State& state, int leader, Steps<State>& steps) const {
  State next = state;
  Leader& leading = next.leaders[leader];
  const auto add = [&](const std::string& what) {
    steps.Add(next, [&] { return absl::StrCat("leader ", leader, " ", what); });
  };
  switch (leading.phase) {
    case LeaderPhase::kIdle:
      if (state.term == kMostTerms) return;
      leading.phase = LeaderPhase::kLeads;
      leading.term = ++next.term;
      return add(absl::StrCat("takes the lead, term ", next.term));
    case LeaderPhase::kLeads:
      if (leading.term != state.term) return;
      leading.phase = LeaderPhase::kSettingsRead;
      leading.generation = state.generation;
      return add(absl::StrCat("reads the settings, generation ", state.generation));
    case LeaderPhase::kSettingsRead:
      leading.phase = LeaderPhase::kDrawn;
      leading.fence = ReserveRun(next.destination);
      return add(absl::StrCat("calls ReserveRun, fence ", leading.fence));
    case LeaderPhase::kDrawn: {
      const bool leads = leading.term == state.term || !rules_.term_checked;
      leading.phase = leads ? LeaderPhase::kMayDispatch : LeaderPhase::kDone;
      return add(leads ? "writes the fence into the run" : "finds another term: may not dispatch");
    }
    case LeaderPhase::kMayDispatch:
      leading.phase = LeaderPhase::kDone;
      Dispatch(next, {.kind = Kind::kJob,
                      .fence = leading.fence,
                      .generation = leading.generation,
                      .term = leading.term});
      return add("dispatches its run");
    case LeaderPhase::kDone:
      return;
  }
}

void OwnersModel::Sync(const State& state, Steps<State>& steps) const {
  if (state.sync_started) return;
  State next = state;
  next.sync_started = 1;
  const uint8_t fence = ReserveRun(next.destination);
  Dispatch(next, {.kind = world_.sync_resets ? Kind::kSyncReset : Kind::kSync, .fence = fence});
  steps.Add(next, [&] { return absl::StrCat("sync by hand, fence ", fence); });
}

void OwnersModel::Load(const State& state, int run, Steps<State>& steps) const {
  const Run& loading = state.runs[run];
  if (loading.kind == Kind::kNone || loading.phase == RunPhase::kEnded) return;
  State next = state;
  Run& changed = next.runs[run];
  const auto add = [&](const char* what, Violations broken = {}) {
    steps.Add(
        next,
        [&] {
          return absl::StrCat("run of fence ", loading.fence, ", term ", loading.term,
                              ", generation ", loading.generation, ": ", what);
        },
        broken);
  };
  if (!IsClaim(state.destination, loading.fence)) {
    changed.phase = RunPhase::kEnded;
    return add("superseded");
  }
  switch (loading.phase) {
    case RunPhase::kDispatched: {
      Violations broken;
      for (const Run& other : state.runs) {
        const bool later = other.kind == Kind::kJob && other.term > loading.term;
        broken.AddIf(loading.kind == Kind::kJob && later && other.fence < loading.fence,
                     Invariant::kOwnerOutranks);
      }
      BeginLoad(next.destination, loading);
      changed.phase = RunPhase::kBegun;
      changed.epoch = next.destination.epoch;
      return add("BeginLoad", broken);
    }
    case RunPhase::kBegun:
      next.destination.rows_of |= 1 << loading.epoch;
      changed.phase = RunPhase::kCommitted;
      return add("commits a chunk");
    case RunPhase::kCommitted:
      changed.phase = RunPhase::kEnded;
      return add("FinishLoad");
    case RunPhase::kEnded:
      return;
  }
}

// A copy of BeginLoad comes late.
void OwnersModel::BeginAgain(const State& state, int run, Steps<State>& steps) const {
  const Run& loading = state.runs[run];
  if (loading.phase != RunPhase::kBegun && loading.phase != RunPhase::kCommitted) return;
  if (rules_.answer_stored || state.destination.epoch > kMostTerms) return;
  State next = state;
  if (!BeginLoad(next.destination, loading)) return;
  steps.Add(next, [&] { return absl::StrCat("BeginLoad of fence ", loading.fence, " again"); });
}

Violations OwnersModel::Judge(const State& state) const {
  Violations violations;
  const Destination& destination = state.destination;
  violations.AddIf(destination.repeated, Invariant::kResetOnce);
  violations.AddIf((destination.rows_of & ~(1 << destination.epoch)) != 0, Invariant::kResetFirst);
  // One more job, of the present leader.
  Destination after = destination;
  const Run job = {.kind = Kind::kJob, .fence = ReserveRun(after), .generation = state.generation};
  BeginLoad(after, job);
  const bool applied = (after.generations >> state.generation & 1) != 0;
  violations.AddIf(state.generation > 0 && !applied, Invariant::kResetKept);
  return violations;
}

}  // namespace lockstitch::model
