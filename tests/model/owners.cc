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

void BeginEpoch(OwnersModel::Destination& destination) {
  ++destination.epoch;
  destination.rows_of = 0;
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
  if (run.kind == Kind::kJob && run.generation > destination.applied)
    Apply(destination, run.generation, run.sets_bookmark);
  if (run.kind != Kind::kSyncReset) return true;
  if (!rules_.sync_reset_uncounted) ++destination.applied;
  BeginEpoch(destination);
  return true;
}

void OwnersModel::Apply(Destination& destination, int generation, bool sets_bookmark) const {
  if (rules_.generation_stored) destination.applied = static_cast<uint8_t>(generation);
  destination.repeated |= destination.generations >> generation & 1;
  destination.generations |= 1 << generation;
  if (sets_bookmark) destination.bookmarks |= 1 << generation;
  BeginEpoch(destination);
}

void OwnersModel::Explore(const State& state, Steps<State>& steps) const {
  if (state.generation < world_.edits) {
    Edit(state, /*sets_bookmark=*/false, steps);
    if (world_.sets_bookmarks) Edit(state, /*sets_bookmark=*/true, steps);
  }
  for (int leader = 0; leader < kLeaders; ++leader) Lead(state, leader, steps);
  Sync(state, steps);
  for (int run = 0; run < kMostRuns; ++run) {
    Load(state, run, steps);
    BeginAgain(state, run, steps);
  }
}

void OwnersModel::Edit(const State& state, bool sets_bookmark, Steps<State>& steps) const {
  State next = state;
  ++next.generation;
  if (sets_bookmark) next.bookmarks |= 1 << next.generation;
  if (sets_bookmark || rules_.bookmark_forgotten) next.sets_bookmark = sets_bookmark;
  if (!rules_.edit_in_begin_load) Apply(next.destination, next.generation, next.sets_bookmark);
  steps.Add(next, [&] {
    return absl::StrCat("a user ", sets_bookmark ? "sets the bookmark" : "resets", ": generation ",
                        next.generation);
  });
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
      leading.sets_bookmark = state.sets_bookmark;
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
                      .sets_bookmark = leading.sets_bookmark,
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
  const Run job = {.kind = Kind::kJob,
                   .fence = ReserveRun(after),
                   .generation = state.generation,
                   .sets_bookmark = state.sets_bookmark};
  BeginLoad(after, job);
  const int last = 1 << state.generation;
  const bool applied = (after.generations & last) != 0;
  const bool as_meant = (after.bookmarks & last) == (state.bookmarks & last);
  violations.AddIf(state.generation > 0 && !(applied && as_meant), Invariant::kResetKept);
  return violations;
}

}  // namespace lockstitch::model
