// The source's part of the model: its clock, and the transactions of its writers.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "tests/model/incremental.h"

namespace lockstitch::model {
namespace {

using Transaction = IncrementalModel::Transaction;

// Slots of transactions are alike: sorted, states that differ by them only are one.
void Sort(IncrementalModel::State& state) {
  const auto before = [](const Transaction& one, const Transaction& other) {
    return one.phase != other.phase ? one.phase < other.phase : one.begun < other.begun;
  };
  std::sort(std::begin(state.transactions), std::end(state.transactions), before);
}

}  // namespace

uint8_t IncrementalModel::KeyOf(int instant) const {
  constexpr int kTurn = 4;  // When the clock is turned back, by 2.
  switch (world_.zone) {
    case World::Zone::kUtc:
      return static_cast<uint8_t>(instant);
    case World::Zone::kBehind:
      return static_cast<uint8_t>(std::max(0, instant - 1));
    case World::Zone::kTurnsBack:
      return static_cast<uint8_t>(instant < kTurn ? instant : instant - 2);
  }
  return 0;
}

void IncrementalModel::Tick(const State& state, Steps<State>& steps) const {
  if (state.clock == world_.last_clock) return;
  for (const Transaction& open : state.transactions) {
    const int age = state.clock - open.begun;
    // Later than that is outside the guarantee.
    if (open.phase == TransactionPhase::kHidden && age >= 1) return;
    const bool looked_back = world_.prepares || world_.horizon_hidden;
    if (open.phase != TransactionPhase::kNone && looked_back && age >= world_.look_back) return;
  }
  State next = state;
  ++next.clock;
  Add(steps, next, [&] { return absl::StrCat("clock ", next.clock); });
}

void IncrementalModel::Write(const State& state, int slot, Steps<State>& steps) const {
  const Transaction& transaction =
      state.transactions[slot + kMostTransactions - world_.transactions];
  State next = state;
  Transaction& changed = next.transactions[slot + kMostTransactions - world_.transactions];
  switch (transaction.phase) {
    case TransactionPhase::kNone:
      if (state.writes_left == 0) return;
      --next.writes_left;
      changed = {.phase = world_.shown_late ? TransactionPhase::kHidden : TransactionPhase::kShown,
                 .begun = state.clock};
      Sort(next);
      Add(steps, next, [&] { return absl::StrCat("a transaction begins at ", state.clock); });
      return;
    case TransactionPhase::kHidden:
      changed.phase = TransactionPhase::kShown;
      Sort(next);
      Add(steps, next, [&] {
        return absl::StrCat("pg_stat_activity shows the transaction of ", transaction.begun);
      });
      return;
    case TransactionPhase::kShown:
      Commit(state, slot, steps);
      if (!world_.prepares) return;
      changed.phase = TransactionPhase::kPrepared;
      Sort(next);
      Add(steps, next,
          [&] { return absl::StrCat("the transaction of ", transaction.begun, " is prepared"); });
      return;
    case TransactionPhase::kPrepared:
      Commit(state, slot, steps);
      return;
  }
}

void IncrementalModel::Commit(const State& state, int slot, Steps<State>& steps) const {
  const int place = slot + kMostTransactions - world_.transactions;
  const uint8_t begun = state.transactions[place].begun;
  for (int row = 0; row < (world_.keyed ? world_.rows : 1); ++row) {
    RowSet old = 0;
    for (int version = 0; version < state.versions && world_.keyed; ++version) {
      if (state.row[version] == row) old |= Only(version);
    }
    State next = state;
    next.transactions[place] = {};
    ++next.position;
    Sort(next);
    if (world_.deletes && (state.source & old) != 0) {
      State deleted = next;
      deleted.source = Without(deleted.source, old);
      Add(steps, deleted,
          [&] { return absl::StrCat("the transaction of ", begun, " deletes row ", row); });
    }
    const int version = next.versions++;
    next.key[version] = KeyOf(begun);
    next.row[version] = static_cast<uint8_t>(world_.keyed ? row : version);
    next.source = Without(next.source, old) | Only(version);
    Add(steps, next, [&] {
      return absl::StrCat("the transaction of ", begun, " commits v", version, " of row ",
                          next.row[version], " key ", next.key[version]);
    });
  }
}

}  // namespace lockstitch::model
