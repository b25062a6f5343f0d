#ifndef LOCKSTITCH_TESTS_MODEL_VIOLATIONS_H_
#define LOCKSTITCH_TESTS_MODEL_VIOLATIONS_H_

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

namespace lockstitch::model {

// What must never happen. I1 to I6 are the invariants that the protocol was first checked for.
enum class Invariant : uint8_t {
  kExact,          // I1: one more run, undisturbed, makes the destination what the source is.
  kExactAfterTwo,  // I1, weaker: two more runs do.
  kEnded,          // I2: nothing is written for a run that has ended or was superseded.
  kDurable,        // I3: every row below the bookmark is there, once, as the source has it.
  kCounts,  // I4: reports say what happened: rows are counted once, an ended run's result is told.
  kResetOnce,         // I5: a reset, or a bookmark that is set, is applied once, ...
  kResetKept,         // I5: ... the last is never lost or taken for the other, ...
  kResetFirst,        // I5: ... and nothing read before it is written after it.
  kOneSnapshot,       // I6: a published full table is one snapshot.
  kSnapshotsForward,  // No snapshot is published after a newer one.
  kFinishes,          // An undisturbed run ends published.
  kUniqueKey,         // The key of a load's table can be built.
  kRowPresent,        // A row that the source keeps is at the destination in some version.
  kSourceUnchanged,   // SOURCE_CHANGED is said of a changed source only.
  kOwnerOutranks,     // A stale leader's run never supersedes one of a later leader.
  kDrawsKept,  // Only a run that is waiting for its draw, and was never superseded, draws a fence.
  kFenceOnce,  // A fence serves one extraction.
  kBookmarkForward,  // The bookmark never goes back.
  kDeletesFound,  // What the source had deleted before a published comparison's snapshot is gone.
};

// A set of violated invariants.
class Violations {
 public:
  constexpr Violations() = default;
  constexpr Violations(std::initializer_list<Invariant> invariants) {
    for (const Invariant invariant : invariants) Add(invariant);
  }

  constexpr void Add(Invariant invariant) { bits_ |= uint32_t{1} << static_cast<int>(invariant); }
  constexpr void Add(Violations others) { bits_ |= others.bits_; }
  constexpr void AddIf(bool violated, Invariant invariant) {
    if (violated) Add(invariant);
  }
  constexpr bool Has(Invariant invariant) const {
    return (bits_ >> static_cast<int>(invariant) & 1) != 0;
  }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr bool operator==(const Violations&) const = default;

  // Those in here but not in `others`.
  constexpr Violations Without(Violations others) const {
    Violations left;
    left.bits_ = bits_ & ~others.bits_;
    return left;
  }

  std::vector<Invariant> List() const;

 private:
  uint32_t bits_ = 0;
};

std::string Name(Invariant invariant);

}  // namespace lockstitch::model

#endif  // LOCKSTITCH_TESTS_MODEL_VIOLATIONS_H_
