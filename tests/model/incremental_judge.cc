// What is judged: every state, and what one more run makes of it.
#include <algorithm>

#include "tests/model/incremental.h"

namespace lockstitch::model {

// The rows of the source that the destination hasn't got once, as they are; and those that the
// destination has, but the source hasn't.
RowSet IncrementalModel::Wrong(const State& state) const {
  const RowSet missing = Without(state.source, state.table.present);
  // Deleted rows stay where keys aren't compared.
  const bool stay = world_.deletes && !world_.compares;
  const RowSet extra = stay ? 0 : Without(state.table.present, state.source);
  return missing | extra | state.table.doubled;
}

Violations IncrementalModel::LastRun(const State& state) const {
  Violations violations;
  State after = state;
  Load load = {};
  const bool hidden = world_.horizon_hidden && !world_.shown_to_last;
  Run run = {.fence = static_cast<uint8_t>(ReserveRun(after)),
             .horizon = Horizon(state.clock, kNoKey, hidden),
             .snapshot = state.source,
             .position = state.position,
             .bound = BoundOf(state, !hidden)};
  if (BeginLoad(after, load, run, 0xff) == Answer::kSourceChanged)
    return {Invariant::kSourceUnchanged};
  OpenRange(load, run, after);
  std::vector<Chunk> copies;
  while (!run.ended) {
    const RowSet rows = Cuts(after, run.left, run.next_chunk, run.attempt).front();
    run.left = Without(run.left, rows);
    run.reported |= rows;
    run.ended = run.left == 0;
    copies.push_back({.attempt = run.attempt,
                      .number = run.next_chunk++,
                      .content = rows,
                      .ends_range = run.ended});
    CommitChunk(after, load, run.fence, copies.back());
  }
  if (world_.compares) {
    copies.push_back({.attempt = run.attempt, .content = state.source, .ends_range = 1, .keys = 1});
    CommitChunk(after, load, run.fence, copies.back());
  }
  violations.AddIf(FinishLoad(after, load, run) != Answer::kDurable, Invariant::kFinishes);
  violations.AddIf(Wrong(after) != 0, Invariant::kExact);

  // Whatever is still on its way comes too late, and so do copies of what this run sent.
  for (const Chunk& chunk : state.flying) {
    if (chunk.run == 0) continue;
    State later = after;
    CommitChunk(later, later.loads[LoadOf(chunk.run - 1)], later.runs[chunk.run - 1].fence, chunk);
    violations.AddIf(later.table != after.table, Invariant::kEnded);
  }
  for (const Chunk& copy : copies) {
    State later = after;
    Load finished = load;
    CommitChunk(later, finished, run.fence, copy);
    violations.AddIf(later.table != after.table, Invariant::kEnded);
  }
  return violations;
}

Violations IncrementalModel::Judge(const State& state) const {
  Violations violations;
  const int margin = rules_.look_back_when_written ? 0 : world_.look_back;
  RowSet below = 0;
  for (int version = 0; version < state.versions; ++version) {
    if (state.key[version] + margin < state.bookmark) below |= Only(version);
  }
  violations.AddIf((Wrong(state) & below & state.source) != 0, Invariant::kDurable);

  for (const Load& load : state.loads) {
    if (load.state != LoadState::kPublished || !rules_.records_stay || world_.same_fence) continue;
    TableRows durable;
    for (int chunk = 0; chunk < load.chunks; ++chunk) durable.Append(load.content[chunk]);
    violations.AddIf(!durable.IsExactly(load.read), Invariant::kCounts);
  }

  const auto none = [](const Transaction& open) { return open.phase == TransactionPhase::kNone; };
  if (std::all_of(std::begin(state.transactions), std::end(state.transactions), none))
    violations.Add(LastRun(state));
  return violations;
}

}  // namespace lockstitch::model
