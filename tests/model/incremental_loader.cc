// The loader's part of the model, and the chunks on their way to it.
#include <algorithm>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "tests/model/incremental.h"

namespace lockstitch::model {
namespace {

using Chunk = IncrementalModel::Chunk;

// What is on its way is kept sorted, since its order tells nothing; empty places come first.
void SortFlying(IncrementalModel::State& state) {
  std::sort(std::begin(state.flying), std::end(state.flying),
            [](const Chunk& one, const Chunk& other) {
              return std::memcmp(&one, &other, sizeof(Chunk)) < 0;
            });
}

}  // namespace

bool IncrementalModel::Fly(State& state, const Chunk& chunk) const {
  if (state.flying[0].run != 0) return false;
  state.flying[0] = chunk;
  SortFlying(state);
  return true;
}

void IncrementalModel::Land(State& state, int flying) const {
  state.flying[flying] = {};
  SortFlying(state);
}

bool IncrementalModel::IsClaim(const State& state, int fence) const {
  // Where only BeginLoad fences, a greater fence than the stream's is yet to begin.
  return rules_.draw_fences ? fence == state.claim : fence >= state.claim;
}

int IncrementalModel::ReserveRun(State& state) const {
  ++state.fence;
  if (rules_.draw_fences) state.claim = state.fence;
  return state.fence;
}

uint8_t IncrementalModel::BoundOf(const State& state, bool horizon_known) const {
  if (rules_.look_back_when_written || horizon_known) return state.bookmark;
  return static_cast<uint8_t>(std::max(0, state.bookmark - world_.look_back));
}

IncrementalModel::Answer IncrementalModel::BeginLoad(State& state, Load& load, Run& run,
                                                     int extraction) const {
  if (!IsClaim(state, run.fence)) return Answer::kSuperseded;
  if (load.state == LoadState::kPublished && rules_.closed_when_finished) return Answer::kEnded;
  if (load.state != LoadState::kNone && rules_.extraction_tested && load.extraction != extraction)
    return Answer::kRefused;
  const bool repeated = load.state != LoadState::kNone;
  if (!repeated && SourceSeemsChanged(state, run)) return Answer::kSourceChanged;
  state.claim = std::max(state.claim, run.fence);
  if (!repeated || !rules_.answer_stored) {
    if (rules_.bound_read_in_begin_load) run.bound = BoundOf(state, run.horizon != kNoKey);
    load.state = LoadState::kOpen;
    load.extraction = static_cast<uint8_t>(extraction);
    load.bound = run.bound;
    load.horizon = run.horizon;
    load.position = run.position;
  }
  run.bound = load.bound;
  return Answer::kDurable;
}

bool IncrementalModel::SourceSeemsChanged(const State& state, const Run& run) const {
  switch (rules_.source_test) {
    case Rules::SourceTest::kNone:
      return false;
    case Rules::SourceTest::kPosition:
      return run.position < state.source_position;
    case Rules::SourceTest::kGreatestKey:
      return RowsFrom(state, run.snapshot, state.bookmark) == 0 && state.bookmark > 0;
  }
  return false;
}

uint8_t IncrementalModel::LastKey(const State& state, const Load& load, int chunks) const {
  int last = -1;
  for (int chunk = 0; chunk < chunks; ++chunk) {
    for (int version = 0; version < state.versions; ++version) {
      if (Has(load.content[chunk], version)) last = std::max<int>(last, state.key[version]);
    }
  }
  return last < 0 ? kNoKey : static_cast<uint8_t>(last);
}

// Raises the range's attempt, and goes on after what is durable.
void IncrementalModel::OpenRange(Load& load, Run& run, const State& state) const {
  run.attempt = ++load.attempt;
  run.left = RowsFrom(state, run.snapshot, run.bound);
  run.next_chunk = run.answered = run.reported = 0;
  run.keys_sent = load.compared;
  run.ended = load.complete;
  int durable = 0;
  if (rules_.reopen == Rules::Reopen::kAttempt) durable = load.chunks;
  // The draft went on after the chunks that were answered, here the durable ones but the last.
  if (rules_.reopen == Rules::Reopen::kChunkNumberAndKey) durable = std::max(0, load.chunks - 1);
  if (durable < load.chunks) run.ended = 0;
  for (int chunk = 0; chunk < durable; ++chunk) run.reported |= load.content[chunk];
  const uint8_t last_key = LastKey(state, load, durable);
  if (last_key != kNoKey) run.left = RowsPast(state, run.left, last_key);
  run.next_chunk = run.answered = static_cast<uint8_t>(durable);
}

void IncrementalModel::Upsert(State& state, RowSet rows) const {
  for (int version = 0; version < state.versions; ++version) {
    if (!Has(rows, version)) continue;
    RowSet same_row = 0;
    bool greater = false;
    for (int other = 0; other < state.versions; ++other) {
      if (state.row[other] != state.row[version] || !Has(state.table.present, other)) continue;
      same_row |= Only(other);
      greater |= state.key[other] > state.key[version];
    }
    if (greater && !rules_.upsert_always_replaces) continue;
    state.table.Delete(same_row);
    state.table.Append(Only(version));
  }
}

RowSet IncrementalModel::RowsWithout(const State& state, RowSet versions, RowSet present) const {
  RowSet without = 0;
  for (int version = 0; version < state.versions; ++version) {
    if (!Has(versions, version)) continue;
    bool there = false;
    for (int other = 0; other < state.versions; ++other)
      there |= Has(present, other) && state.row[other] == state.row[version];
    if (!there) without |= Only(version);
  }
  return without;
}

IncrementalModel::Answer IncrementalModel::CommitKeys(State& state, Load& load, int fence,
                                                      const Chunk& chunk) const {
  if (rules_.keys_fenced) {
    if (load.state == LoadState::kPublished) return Answer::kEnded;
    if (!IsClaim(state, fence)) return Answer::kSuperseded;
    if (rules_.keys_after_rows && !load.complete) return Answer::kRefused;
    if (chunk.attempt != load.attempt && load.attempt != 0) return Answer::kRefused;
    if (load.compared) return Answer::kAlready;
  }
  state.table.Delete(RowsWithout(state, state.table.present, chunk.content));
  load.compared = 1;
  return Answer::kDurable;
}

IncrementalModel::Answer IncrementalModel::CommitChunk(State& state, Load& load, int fence,
                                                       const Chunk& chunk) const {
  if (chunk.keys) return CommitKeys(state, load, fence, chunk);
  if (load.state == LoadState::kPublished && rules_.closed_when_finished) return Answer::kEnded;
  if (!IsClaim(state, fence)) return Answer::kSuperseded;
  const bool attempts = rules_.reopen == Rules::Reopen::kAttempt;
  if (attempts && chunk.attempt != load.attempt && load.attempt != 0) return Answer::kRefused;
  if (chunk.number < load.chunks) return Answer::kAlready;

  if (world_.keyed) {
    Upsert(state, chunk.content);
  } else {
    const int bound = rules_.delete_from_load_bound ? load.bound : state.bookmark;
    if (chunk.number == 0) state.table.Delete(RowsFrom(state, 0xff, bound));
    state.table.Append(chunk.content);
  }
  load.content[chunk.number] = chunk.content;
  load.chunks = chunk.number + 1;
  load.complete |= chunk.ends_range;

  int greatest = -1;
  for (int version = 0; version < state.versions; ++version) {
    if (Has(chunk.content, version) && state.key[version] < kInfinity)
      greatest = std::max<int>(greatest, state.key[version]);
  }
  if (greatest < 0) return Answer::kDurable;
  if (load.horizon != kNoKey && rules_.bookmark_within_horizon)
    greatest = std::min<int>(greatest, load.horizon);
  if (rules_.bookmark_never_back) greatest = std::max<int>(greatest, state.bookmark);
  state.bookmark = static_cast<uint8_t>(greatest);
  return Answer::kDurable;
}

IncrementalModel::Answer IncrementalModel::FinishLoad(State& state, Load& load,
                                                      const Run& run) const {
  if (load.state == LoadState::kPublished) return Answer::kAlready;
  if (!IsClaim(state, run.fence)) return Answer::kSuperseded;
  TableRows durable;
  for (int chunk = 0; chunk < load.chunks; ++chunk) durable.Append(load.content[chunk]);
  if (!load.complete) return Answer::kRefused;
  if (rules_.extents_compared && !durable.IsExactly(run.reported)) return Answer::kRefused;
  load.state = LoadState::kPublished;
  load.read = RowsFrom(state, run.snapshot, run.bound);
  state.source_position = std::max(state.source_position, load.position);
  if (!rules_.records_stay) {
    load.chunks = load.attempt = load.complete = 0;
    std::fill(std::begin(load.content), std::end(load.content), 0);
  }
  return Answer::kDurable;
}

// The draft's answer to a chunk that was durable already: go on after its key.
void IncrementalModel::SkipDurable(State& state, int run, int chunk) const {
  Run& extraction = state.runs[run];
  const Load& load = state.loads[LoadOf(run)];
  const uint8_t last_key = LastKey(state, load, chunk + 1);
  extraction.left = RowsFrom(state, extraction.snapshot, extraction.bound);
  if (last_key != kNoKey) extraction.left = RowsPast(state, extraction.left, last_key);
  extraction.next_chunk = extraction.answered = static_cast<uint8_t>(chunk + 1);
  extraction.ended = extraction.left == 0;
}

void IncrementalModel::Deliver(const State& state, int flying, Steps<State>& steps) const {
  const Chunk chunk = state.flying[flying];
  if (chunk.run == 0) return;
  const int run = chunk.run - 1;
  for (const Chunk& other : state.flying) {
    const bool same_stream =
        other.run == chunk.run && other.attempt == chunk.attempt && other.keys == chunk.keys;
    if (same_stream && other.number < chunk.number) return;
  }
  State next = state;
  Land(next, flying);
  Load& load = next.loads[LoadOf(run)];
  Run& extraction = next.runs[run];
  const Answer answer = CommitChunk(next, load, extraction.fence, chunk);
  Violations broken;
  broken.AddIf(next.table != state.table && !IsClaim(state, extraction.fence), Invariant::kEnded);
  broken.AddIf(next.bookmark < state.bookmark, Invariant::kBookmarkForward);
  if (extraction.phase == RunPhase::kOpen && extraction.attempt == chunk.attempt) {
    switch (answer) {
      case Answer::kDurable:
        if (!chunk.keys) ++extraction.answered;
        break;
      case Answer::kAlready:
        if (chunk.keys) break;
        ++extraction.answered;
        if (rules_.reopen == Rules::Reopen::kChunkNumberAndKey)
          SkipDurable(next, run, chunk.number);
        break;
      case Answer::kSuperseded:
      case Answer::kEnded:
        extraction = {.phase = RunPhase::kEnded, .fence = extraction.fence};
        break;
      case Answer::kRefused:
      case Answer::kSourceChanged:
        break;  // The range must be opened again.
    }
  }
  Add(
      steps, next,
      [&] {
        const char* kWords[] = {"commits", "already has", "supersedes", "refuses",
                                "has ended and refuses"};
        return absl::StrCat("the loader ", kWords[static_cast<int>(answer)],
                            chunk.keys ? " the keys, chunk " : " chunk ", chunk.number, " of run ",
                            run, " attempt ", chunk.attempt, ", bookmark ", next.bookmark);
      },
      broken);
}

}  // namespace lockstitch::model
