// The loader's part of the model, and what is judged.
#include <algorithm>
#include <utility>

#include "tests/model/first_load.h"

namespace lockstitch::model {

bool FirstLoadModel::IsClaim(const State& state, int fence) const {
  // Where only BeginLoad fences, a greater fence than the stream's is yet to begin.
  return rules_.draw_fences ? fence == state.claim : fence >= state.claim;
}

void FirstLoadModel::ReserveRun(State& state, Run& run) const {
  run.phase = RunPhase::kDrawn;
  run.fence = ++state.fence;
  if (rules_.draw_fences) state.claim = state.fence;
}

bool FirstLoadModel::BeginLoad(State& state, Run& run) const {
  // After the first load a run loads changes: another model's matter.
  if (!IsClaim(state, run.fence) || state.published) return false;
  state.claim = std::max(state.claim, run.fence);
  Load& load = state.load;
  const bool resumable = load.horizon != kNoHorizon || !rules_.resumed_with_horizon;
  if (!load.open || !resumable) {
    load = {.open = 1, .horizon = run.horizon, .boundary = run.boundary};
  }
  if (!rules_.first_horizon) load.horizon = run.horizon;
  if (!rules_.boundaries_stored) load.boundary = run.boundary;
  run.boundary = load.boundary;

  run.ranges = 0;
  bool resumed = false;
  for (const int range : {kBelow, kFromBoundary, kNull}) {
    if (load.durable[range] == Durable::kAll) {
      resumed = true;
    } else {
      run.ranges |= 1 << range;
    }
  }
  const bool closed = load.durable[kClosing] == Durable::kAll && !rules_.closing_by_each_owner;
  if (resumed && rules_.closing_range && !closed) {
    load.durable[kClosing] = Durable::kNo;
    run.ranges |= 1 << kClosing;
  }
  return true;
}

RowSet FirstLoadModel::Content(const State& state, const Run& run, int range) const {
  const RowSet from = RowsFrom(state, run.snapshot, run.boundary);
  const RowSet null = NullRows(state, run.snapshot);
  switch (range) {
    case kBelow:
      return Without(run.snapshot, from | null);
    case kFromBoundary:
      return from;
    case kNull:
      return null;
    default:
      return RowsFrom(state, run.snapshot, state.load.horizon) |
             (rules_.closing_reads_null ? null : RowSet{0});
  }
}

void FirstLoadModel::CommitRange(State& state, const Run& run, int range, Piece piece) const {
  Load& load = state.load;
  RowSet rows = Content(state, run, range);
  const RowSet first = rows & static_cast<RowSet>(-rows);
  const bool anew = piece != Piece::kRest && load.durable[range] == Durable::kPart;
  if (anew && rules_.part == Rules::Part::kDropped) {
    Run whole_table = run;
    whole_table.snapshot = 0xff;
    load.rows.Delete(Content(state, whole_table, range));
  }
  if (range == kClosing && !world_.keyed && rules_.closing_deletes_first) {
    load.rows.Delete(RowsFrom(state, load.rows.present, load.horizon));
    if (rules_.closing_reads_null) load.rows.Delete(NullRows(state, load.rows.present));
  }
  if (piece == Piece::kFirst) rows = first;
  if (piece == Piece::kRest) rows = Without(rows, first);
  load.rows.Append(rows);
  for (int version = 0; version < state.versions; ++version) {
    if (Has(rows, version)) load.written[version] = run.fence;
  }
  load.durable[range] = piece == Piece::kFirst ? Durable::kPart : Durable::kAll;
  load.owner[range] = run.fence;
}

// Of each key's rows the one that stays.
RowSet FirstLoadModel::RowsToKeep(const State& state) const {
  const auto rank = [&](int version) {
    const int key = state.key[version] == kNullKey ? -1 : state.key[version];
    const int written = state.load.written[version];
    return rules_.newer_snapshot_wins ? std::pair(written, key) : std::pair(key, written);
  };
  RowSet kept = 0;
  for (int version = 0; version < state.versions; ++version) {
    if (!Has(state.load.rows.present, version)) continue;
    bool beaten = false;
    for (int other = 0; other < state.versions; ++other) {
      const bool same_row = state.row[other] == state.row[version] && other != version;
      if (same_row && Has(state.load.rows.present, other)) beaten |= rank(other) > rank(version);
    }
    if (!beaten) kept |= Only(version);
  }
  return kept;
}

Violations FirstLoadModel::FinishLoad(State& state, const Run& run) const {
  const Load& load = state.load;
  for (const int range : {kBelow, kFromBoundary, kNull}) {
    if (load.owner[range] != run.fence && !rules_.finish_takes_all) return {Invariant::kFinishes};
  }
  int greatest = 0;
  for (int version = 0; version < state.versions; ++version) {
    if (Has(load.rows.present, version) && state.key[version] != kNullKey)
      greatest = std::max<int>(greatest, state.key[version]);
  }
  state.table = load.rows;
  if (world_.keyed) {
    const RowSet kept = RowsToKeep(state);
    if (!rules_.one_row_per_key && !load.rows.IsExactly(kept)) return {Invariant::kUniqueKey};
    state.table = {.present = kept};
  }
  state.bookmark = static_cast<uint8_t>(std::min<int>(greatest, load.horizon));
  state.published = 1;
  state.load = {};
  return {};
}

// A whole run in mode CHANGES, under a snapshot of now.
void FirstLoadModel::LoadChanges(State& state) const {
  const RowSet rows = RowsFrom(state, state.source, state.bookmark);
  if (world_.keyed) {
    for (int version = 0; version < state.versions; ++version) {
      for (int other = 0; other < state.versions; ++other) {
        if (Has(rows, version) && state.row[other] == state.row[version])
          state.table.Delete(Only(other));
      }
    }
  } else {
    state.table.Delete(RowsFrom(state, state.table.present, state.bookmark));
  }
  state.table.Append(rows);
  for (int version = 0; version < state.versions; ++version) {
    const uint8_t key = std::min(state.key[version], state.clock);
    if (Has(rows, version)) state.bookmark = std::max(state.bookmark, key);
  }
}

bool FirstLoadModel::IsExact(const State& state) const {
  return state.table.IsExactly(state.source);
}

Violations FirstLoadModel::LastRun(const State& state) const {
  State after = state;
  if (state.published) {
    LoadChanges(after);
  } else {
    Run run = {.horizon = world_.without_horizon ? kNoHorizon : state.clock,
               .snapshot = state.source,
               .boundary = kBoundary};
    ReserveRun(after, run);
    BeginLoad(after, run);
    for (int range = 0; range < kRanges; ++range) {
      if ((run.ranges >> range & 1) != 0) CommitRange(after, run, range, Piece::kWhole);
    }
    if (const Violations broken = FinishLoad(after, run); !broken.empty()) return broken;
  }
  Violations violations;
  violations.AddIf(!IsExact(after), Invariant::kExact);
  LoadChanges(after);
  violations.AddIf(!IsExact(after), Invariant::kExactAfterTwo);
  for (int version = 0; version < state.versions && world_.keyed; ++version) {
    bool present = !Has(state.source, version);
    for (int other = 0; other < state.versions; ++other)
      present |= state.row[other] == state.row[version] && Has(after.table.present, other);
    violations.AddIf(!present, Invariant::kRowPresent);
  }
  return violations;
}

Violations FirstLoadModel::Judge(const State& state) const {
  Violations violations;
  for (int version = 0; version < state.versions && state.published; ++version) {
    const bool below = Has(state.source, version) && state.key[version] < state.bookmark;
    violations.AddIf(below && !state.table.HasOnce(version), Invariant::kDurable);
  }
  const auto none = [](uint8_t begun) { return begun == 0; };
  if (std::all_of(std::begin(state.begun), std::end(state.begun), none))
    violations.Add(LastRun(state));
  return violations;
}

}  // namespace lockstitch::model
