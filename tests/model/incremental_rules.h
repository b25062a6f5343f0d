#ifndef LOCKSTITCH_TESTS_MODEL_INCREMENTAL_RULES_H_
#define LOCKSTITCH_TESTS_MODEL_INCREMENTAL_RULES_H_

#include <cstdint>
#include <vector>

namespace lockstitch::model {

constexpr uint8_t kNoKey = 255;
constexpr uint8_t kInfinity = 100;  // A key that is greater than all finite ones.

// What the model's surroundings do, and how much of it.
struct IncrementalWorld {
  bool keyed = true;     // Whether the table has a primary key; without one rows are only inserted.
  bool ordered = true;   // Whether an index gives the order of the replication key.
  int runs = 2;          // Before the last one, which nothing disturbs.
  int transactions = 2;  // At once.
  int writes = 2;        // In all.
  int first_clock = 1;
  int last_clock = 3;
  int rows = 2;                            // Primary keys that are written.
  std::vector<uint8_t> keys_before = {0};  // Replication keys of rows that both sides have already.
  int bookmark_before = 0;
  int reopens = 1;  // How often each run opens its range again.
  int ahead = 2;    // Chunks that are sent before the first of them is answered.

  bool deletes = false;         // The source deletes rows.
  bool compares = false;        // Every load compares keys, and deletes what the source hasn't.
  bool shown_late = false;      // pg_stat_activity shows a transaction up to 1 s after its now().
  bool prepares = false;        // Transactions get prepared.
  bool same_fence = false;      // The second extraction is the first one's, asked for again.
  bool horizon_hidden = false;  // As on a standby; but not for the last run if `shown_to_last`.
  bool shown_to_last = false;
  int look_back = 0;

  // The replication key that now() gives: UTC, a zone behind it, or one whose clock goes back.
  enum class Zone : uint8_t { kUtc, kBehind, kTurnsBack } zone = Zone::kUtc;
  // What differs when a range is read again under the same snapshot: also ties' order, also cuts.
  enum class Reread : uint8_t { kNothing, kTies, kCuts } reread = Reread::kCuts;
};

// The rules of the protocol, each as the services have it. The numbers are those of the tests that
// show what breaks without it.
struct IncrementalRules {
  // ReserveRun's draw supersedes older fences; not only BeginLoad. 30, 33.
  bool draw_fences = true;
  // BeginLoad and Load refuse another extraction under the same fence. 4, 5.
  bool extraction_tested = true;
  // BeginLoad repeated answers the bound that it has stored. 4.
  bool answer_stored = true;
  // The bound is read in the transaction that opens the load. 33.
  bool bound_read_in_begin_load = true;
  // Without a key the load's own bound says what its first commit deletes. 34.
  bool delete_from_load_bound = true;
  // An upsert replaces a row whatever its replication key was. 35.
  bool upsert_always_replaces = true;
  // The bookmark moves in the order of the key. 36.
  bool bookmark_without_gap = true;
  // It doesn't go past the horizon.
  bool bookmark_within_horizon = true;
  bool bookmark_never_back = true;
  // What is read before the snapshot: the clock, then the sessions, then whether there are prepared
  // transactions. 23, 24.
  enum class HorizonOrder : uint8_t { kClockFirst, kSessionsFirst, kAfterSnapshot, kPreparedFirst };
  HorizonOrder horizon_order = HorizonOrder::kClockFirst;
  // It is 1 s before the clock. 25.
  bool horizon_has_margin = true;
  // It is unknown while there are prepared transactions. 26.
  bool unknown_while_prepared = true;
  // It is told in the zone of the key: the least local time from there on. 27.
  bool horizon_in_zone = true;
  // The look-back is subtracted when the bookmark is written; not when it is read. 28.
  bool look_back_when_written = true;
  // SOURCE_CHANGED is told by the write-ahead log's position; not by the greatest key. 30, 31.
  enum class SourceTest : uint8_t { kPosition, kGreatestKey, kNone };
  SourceTest source_test = SourceTest::kPosition;
  // Opening a range refuses chunks of older attempts and tells how far it is durable; or chunks
  // are only told apart by their numbers, with the durable key in the answer or not. 16 to 19.
  enum class Reopen : uint8_t { kAttempt, kChunkNumber, kChunkNumberAndKey };
  Reopen reopen = Reopen::kAttempt;
  // A chunk ends where the key changes. 17, 21.
  bool cut_between_keys = true;
  // Once a run has a result Load takes nothing more for it. 19, 22.
  bool closed_when_finished = true;
  // FinishLoad leaves the records of ranges and chunks. 22.
  bool records_stay = true;
  // FinishLoad compares what was read with what is durable. 18.
  bool extents_compared = true;
  // The keys of a comparison are those of the load's snapshot; or they were read before it was
  // taken, or are read once its rows are durable.
  enum class KeysOf : uint8_t { kSnapshot, kBeforeSnapshot, kMoment };
  KeysOf keys_of = KeysOf::kSnapshot;
  // The range of keys is opened when all rows are durable.
  bool keys_after_rows = true;
  // Its chunk is tested as all are: for the claim, and whether the load is finished.
  bool keys_fenced = true;
  // FinishLoad demands it.
  bool keys_demanded = true;
};

}  // namespace lockstitch::model

#endif  // LOCKSTITCH_TESTS_MODEL_INCREMENTAL_RULES_H_
