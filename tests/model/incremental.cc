#include "tests/model/incremental.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace lockstitch::model {
namespace {

// A prepared transaction may have begun at any time: before every now() that is known.
constexpr uint8_t kUnknown = 0;

}  // namespace
IncrementalModel::State IncrementalModel::Initial() const {
  State state = {};
  state.clock = static_cast<uint8_t>(world_.first_clock);
  state.writes_left = static_cast<uint8_t>(world_.writes);
  state.bookmark = static_cast<uint8_t>(world_.bookmark_before);
  for (const uint8_t key : world_.keys_before) {
    state.key[state.versions] = key;
    state.row[state.versions] = state.versions;
    state.source |= Only(state.versions++);
  }
  state.table.Append(state.source);
  return state;
}

void IncrementalModel::Explore(const State& state, Steps<State>& steps) const {
  Tick(state, steps);
  for (int slot = 0; slot < world_.transactions; ++slot) Write(state, slot, steps);
  for (int run = 0; run < world_.runs; ++run) {
    switch (state.runs[run].phase) {
      case RunPhase::kIdle:
        Draw(state, run, steps);
        break;
      case RunPhase::kReading:
        Read(state, run, steps);
        break;
      case RunPhase::kBegin:
        Begin(state, run, steps);
        break;
      case RunPhase::kBegun:
        Open(state, run, steps);
        break;
      case RunPhase::kOpen:
        Send(state, run, steps);
        SendKeys(state, run, steps);
        Open(state, run, steps);
        Finish(state, run, steps);
        break;
      case RunPhase::kFinished:
      case RunPhase::kEnded:
        break;
    }
  }
  for (int flying = 0; flying < kMostFlying; ++flying) Deliver(state, flying, steps);
}

RowSet IncrementalModel::RowsFrom(const State& state, RowSet rows, int key) const {
  RowSet from = 0;
  for (int version = 0; version < state.versions; ++version) {
    if (Has(rows, version) && state.key[version] >= key) from |= Only(version);
  }
  return from;
}

RowSet IncrementalModel::RowsPast(const State& state, RowSet rows, int key) const {
  return RowsFrom(state, rows, key + 1);
}

std::string IncrementalModel::Rows(const State& state, RowSet rows) const {
  std::vector<std::string> parts;
  for (int version = 0; version < state.versions; ++version) {
    if (!Has(rows, version)) continue;
    parts.push_back(
        absl::StrCat("v", version, " of row ", state.row[version], " key ", state.key[version]));
  }
  return absl::StrCat("{", absl::StrJoin(parts, ", "), "}");
}

void IncrementalModel::Add(Steps<State>& steps, State next, Label label, Violations broken) const {
  RowSet known = next.source | next.table.present;
  for (const Load& load : next.loads) {
    known |= load.read;
    for (const RowSet content : load.content) known |= content;
  }
  for (const Run& run : next.runs) known |= run.snapshot | run.left | run.reported | run.keys;
  for (const Chunk& chunk : next.flying) known |= chunk.content;
  for (int version = 0; version < next.versions; ++version) {
    if (!Has(known, version)) next.key[version] = next.row[version] = 0;
  }
  steps.Add(next, label, broken);
}

void IncrementalModel::Draw(const State& state, int run, Steps<State>& steps) const {
  // All runs are alike: they may as well draw in their order.
  if (run > 0 && state.runs[run - 1].phase == RunPhase::kIdle) return;
  State next = state;
  Run& extraction = next.runs[run];
  extraction.phase = RunPhase::kReading;
  extraction.clock = extraction.sessions = extraction.horizon = kNoKey;
  if (run > 0 && world_.same_fence) {
    if (state.runs[0].phase <= RunPhase::kReading) return;
    extraction.fence = state.runs[0].fence;
    Add(steps, next, [&] { return absl::StrCat("run ", run, ": run 0 extracted again"); });
    return;
  }
  extraction.fence = static_cast<uint8_t>(ReserveRun(next));
  if (world_.compares && rules_.keys_of == Rules::KeysOf::kBeforeSnapshot)
    extraction.keys = state.source;
  // From here on nothing asks what older loads hold.
  for (Load& load : next.loads) {
    if (rules_.draw_fences && load.state == LoadState::kOpen) load = {};
  }
  Add(steps, next, [&] { return absl::StrCat("run ", run, ": ReserveRun, fence ", next.fence); });
}

uint8_t IncrementalModel::Horizon(int clock, int sessions, bool hidden) const {
  if (hidden) {
    if (!rules_.look_back_when_written) return kNoKey;
    return static_cast<uint8_t>(std::max(0, clock - world_.look_back));
  }
  const int margin = rules_.horizon_has_margin ? 1 : 0;
  const int instant = std::max(0, std::min(clock - margin, sessions));
  if (!rules_.horizon_in_zone) return static_cast<uint8_t>(instant);
  int least = KeyOf(instant);
  for (int later = instant; later <= instant + 3; ++later)
    least = std::min<int>(least, KeyOf(later));
  return static_cast<uint8_t>(least);
}

// The next of clock, sessions, prepared transactions and snapshot, in the order that the rules say.
void IncrementalModel::Read(const State& state, int run, Steps<State>& steps) const {
  constexpr What kOrders[][4] = {{What::kClock, What::kSessions, What::kPrepared, What::kSnapshot},
                                 {What::kSessions, What::kPrepared, What::kClock, What::kSnapshot},
                                 {What::kSnapshot, What::kClock, What::kSessions, What::kPrepared},
                                 {What::kClock, What::kPrepared, What::kSessions, What::kSnapshot}};
  const auto& order = kOrders[static_cast<int>(rules_.horizon_order)];
  State next = state;
  Run& extraction = next.runs[run];
  const What what = order[extraction.reads++];
  Read(state, what, &extraction);
  // Where nothing is ever prepared looking for it is no step.
  if (!world_.prepares && extraction.reads < 4 && order[extraction.reads] == What::kPrepared)
    ++extraction.reads;
  if (extraction.reads == 4) {
    const bool hidden = world_.horizon_hidden || extraction.sessions == kUnknown;
    extraction.horizon = Horizon(extraction.clock, extraction.sessions, hidden);
    extraction.reads = extraction.clock = extraction.sessions = 0;
    extraction.phase = RunPhase::kBegin;
    extraction.bound = kNoKey;
  }
  Add(steps, next, [&] {
    const char* kWords[] = {"reads the clock", "reads the sessions",
                            "looks for prepared transactions", "takes its snapshot "};
    return absl::StrCat(
        "run ", run, ": ", kWords[static_cast<int>(what)],
        what == What::kSnapshot ? Rows(state, state.source) : "",
        extraction.phase == RunPhase::kBegin ? absl::StrCat(", horizon ", extraction.horizon) : "");
  });
}

void IncrementalModel::Read(const State& state, What what, Run* extraction) const {
  switch (what) {
    case What::kClock:
      extraction->clock = state.clock;
      return;
    case What::kSessions:
      for (const Transaction& open : state.transactions) {
        if (open.phase == TransactionPhase::kShown)
          extraction->sessions = std::min(extraction->sessions, open.begun);
      }
      return;
    case What::kPrepared:
      for (const Transaction& open : state.transactions) {
        if (open.phase == TransactionPhase::kPrepared && rules_.unknown_while_prepared)
          extraction->sessions = kUnknown;
      }
      return;
    case What::kSnapshot:
      extraction->snapshot = state.source;
      extraction->position = state.position;
      return;
  }
}

void IncrementalModel::Begin(const State& state, int run, Steps<State>& steps) const {
  State next = state;
  Run& extraction = next.runs[run];
  if (!rules_.bound_read_in_begin_load && extraction.bound == kNoKey) {
    extraction.bound = state.bookmark;
    Add(steps, next,
        [&] { return absl::StrCat("run ", run, ": reads the bound ", extraction.bound); });
    return;
  }
  const Answer answer = BeginLoad(next, next.loads[LoadOf(run)], extraction, run + 1);
  Violations broken;
  broken.AddIf(answer == Answer::kSourceChanged, Invariant::kSourceUnchanged);
  extraction.phase = answer == Answer::kDurable ? RunPhase::kBegun : RunPhase::kEnded;
  if (answer != Answer::kDurable)
    extraction = {.phase = RunPhase::kEnded, .fence = extraction.fence};
  Add(
      steps, next,
      [&] {
        return absl::StrCat("run ", run, ": BeginLoad",
                            answer == Answer::kDurable
                                ? absl::StrCat(", lower bound ", extraction.bound)
                                : ", refused");
      },
      broken);
}

void IncrementalModel::Open(const State& state, int run, Steps<State>& steps) const {
  State next = state;
  Run& extraction = next.runs[run];
  const bool again = extraction.phase == RunPhase::kOpen;
  if (again && extraction.reopened++ == world_.reopens) return;
  Load& load = next.loads[LoadOf(run)];
  const bool ended = load.state == LoadState::kPublished && rules_.closed_when_finished;
  if (ended || !IsClaim(state, extraction.fence) ||
      (rules_.extraction_tested && load.extraction != run + 1)) {
    extraction = {.phase = RunPhase::kEnded, .fence = extraction.fence};
    Add(steps, next, [&] { return absl::StrCat("run ", run, ": Load open, refused"); });
    return;
  }
  extraction.phase = RunPhase::kOpen;
  OpenRange(load, extraction, state);
  Add(steps, next, [&] {
    return absl::StrCat("run ", run, ": Load open, attempt ", extraction.attempt,
                        ", durable chunks ", extraction.next_chunk);
  });
}

// What the next chunk may hold.
std::vector<RowSet> IncrementalModel::Cuts(const State& state, RowSet left, int chunk,
                                           int attempt) const {
  std::vector<int> order;
  for (int version = 0; version < state.versions; ++version) {
    if (Has(left, version)) order.push_back(version);
  }
  if (!world_.ordered || order.size() < 2) return {left};
  if (attempt > 1 && world_.reread != World::Reread::kNothing)
    std::reverse(order.begin(), order.end());
  std::stable_sort(order.begin(), order.end(),
                   [&](int one, int other) { return state.key[one] < state.key[other]; });
  std::vector<RowSet> cuts;
  RowSet rows = 0;
  for (size_t place = 0; place < order.size(); ++place) {
    rows |= Only(order[place]);
    const bool last = place + 1 == order.size();
    const bool key_changes = last || state.key[order[place]] != state.key[order[place + 1]];
    if (key_changes || !rules_.cut_between_keys) cuts.push_back(rows);
  }
  // The last chunk that there is room for takes all.
  if (chunk + 1 >= kMostChunks) return {left};
  if (world_.reread != World::Reread::kCuts) return {chunk == 0 ? cuts.front() : left};
  if (!rules_.bookmark_without_gap && cuts.size() > 1)
    cuts.push_back(Without(left, cuts[cuts.size() - 2]));
  return cuts;
}

void IncrementalModel::Send(const State& state, int run, Steps<State>& steps) const {
  const Run& extraction = state.runs[run];
  if (extraction.ended || extraction.next_chunk >= extraction.answered + world_.ahead) return;
  for (const RowSet rows :
       Cuts(state, extraction.left, extraction.next_chunk, extraction.attempt)) {
    State next = state;
    Run& sender = next.runs[run];
    sender.left = Without(sender.left, rows);
    sender.reported |= rows;
    sender.ended = sender.left == 0;
    const Chunk chunk = {.run = static_cast<uint8_t>(run + 1),
                         .attempt = sender.attempt,
                         .number = sender.next_chunk++,
                         .content = rows,
                         .ends_range = sender.ended};
    if (!Fly(next, chunk)) return;
    Add(steps, next, [&] {
      return absl::StrCat("run ", run, ": sends chunk ", chunk.number, " of attempt ",
                          chunk.attempt, " ", Rows(state, rows));
    });
  }
}

// Once for each opening of the range of rows: whoever opens that again opens this again as well.
void IncrementalModel::SendKeys(const State& state, int run, Steps<State>& steps) const {
  const Run& extraction = state.runs[run];
  const bool rows_durable = extraction.ended && extraction.answered == extraction.next_chunk;
  if (!world_.compares || extraction.keys_sent || (rules_.keys_after_rows && !rows_durable)) return;
  State next = state;
  Run& sender = next.runs[run];
  sender.keys_sent = 1;
  if (rules_.keys_of == Rules::KeysOf::kSnapshot) sender.keys = sender.snapshot;
  if (rules_.keys_of == Rules::KeysOf::kMoment) sender.keys = state.source;
  const Chunk chunk = {.run = static_cast<uint8_t>(run + 1),
                       .attempt = sender.attempt,
                       .content = sender.keys,
                       .ends_range = 1,
                       .keys = 1};
  if (!Fly(next, chunk)) return;
  Add(steps, next, [&] {
    return absl::StrCat("run ", run, ": sends the keys of ", Rows(state, chunk.content));
  });
}

void IncrementalModel::Finish(const State& state, int run, Steps<State>& steps) const {
  const Run& extraction = state.runs[run];
  if (!extraction.ended || extraction.answered < extraction.next_chunk) return;
  if (world_.compares && rules_.keys_demanded && !state.loads[LoadOf(run)].compared) return;
  State next = state;
  Load& load = next.loads[LoadOf(run)];
  const Answer answer = FinishLoad(next, load, extraction);
  Violations broken;
  broken.AddIf(world_.compares && answer == Answer::kDurable &&
                   RowsWithout(state, state.table.present, extraction.snapshot) != 0,
               Invariant::kDeletesFound);
  next.runs[run] = {.phase = answer == Answer::kDurable ? RunPhase::kFinished : RunPhase::kEnded,
                    .fence = extraction.fence};
  Add(
      steps, next,
      [&] {
        const char* kWords[] = {"publishes", "was done", "is superseded", "is refused",
                                "is refused"};
        return absl::StrCat("run ", run, ": FinishLoad ", kWords[static_cast<int>(answer)]);
      },
      broken);
}

}  // namespace lockstitch::model
