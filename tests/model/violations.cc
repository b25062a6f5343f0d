#include "tests/model/violations.h"

namespace lockstitch::model {
namespace {

// In the order of the enum.
constexpr const char* kNames[] = {
    "I1 exact after one more run",
    "I1 exact after two more runs",
    "I2 nothing written for an ended run",
    "I3 rows below the bookmark are there",
    "I4 reports are right",
    "I5 a reset is applied once",
    "I5 a reset is not lost",
    "I5 nothing read before a reset is written after it",
    "I6 a full table is one snapshot",
    "snapshots are published in order",
    "an undisturbed run is published",
    "the key can be built",
    "no row is absent for good",
    "SOURCE_CHANGED only of a changed source",
    "no stale leader outranks a later one",
    "draws are those of runs that wait for them",
    "a fence serves one extraction",
    "the bookmark never goes back",
    "a comparison finds what was deleted before it",
};
constexpr int kInvariants = sizeof(kNames) / sizeof(kNames[0]);
static_assert(kInvariants == static_cast<int>(Invariant::kDeletesFound) + 1);

}  // namespace

std::vector<Invariant> Violations::List() const {
  std::vector<Invariant> list;
  for (int i = 0; i < kInvariants; ++i) {
    if (Has(static_cast<Invariant>(i))) list.push_back(static_cast<Invariant>(i));
  }
  return list;
}

std::string Name(Invariant invariant) { return kNames[static_cast<int>(invariant)]; }

}  // namespace lockstitch::model
