#include "services/scheduler/schedule/job_plan.h"

#include <xxhash.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "services/scheduler/schedule/slots.h"

namespace lockstitch::scheduler {
namespace {

constexpr absl::Duration kOnTime = absl::Minutes(1);
constexpr absl::Duration kLongestSpread = absl::Minutes(1);

// Before `changed_at` there are no slots.
std::optional<absl::Time> DueSlot(const IntegrationStanding& standing) {
  if (std::holds_alternative<Manual>(standing.rule)) return std::nullopt;
  if (standing.next_slot && *standing.next_slot >= standing.changed_at) return standing.next_slot;
  return FirstSlot(standing.rule, standing.changed_at, standing.last_slot);
}

// From when on a slot that has come may start its job.
absl::Time StartFrom(const IntegrationStanding& standing, absl::Time due, bool late,
                     absl::Time leading_since) {
  const auto* interval = std::get_if<Interval>(&standing.rule);
  if (due >= leading_since || (interval == nullptr && !late)) return due;
  const absl::Duration spread =
      interval == nullptr ? kLongestSpread : std::min(interval->every / 2, kLongestSpread);
  const uint64_t draw = XXH3_64bits(standing.uid.data(), standing.uid.size());
  return leading_since +
         absl::Milliseconds(static_cast<int64_t>(draw % absl::ToInt64Milliseconds(spread)));
}

std::string WhyStart(const IntegrationStanding& standing, bool late, absl::Time slot,
                     absl::Time now) {
  if (late) {
    return absl::StrCat("makes up for a slot that passed ",
                        absl::FormatDuration(absl::Trunc(now - slot, absl::Seconds(1))),
                        " ago while no scheduler acted on it");
  }
  return standing.last_slot ? "its slot has come" : "the first job";
}

SkipSlots Skip(const IntegrationStanding& standing, const SlotSpan& slots, WhySkipped why) {
  const absl::string_view reason = why == WhySkipped::kJobOpen ? "a job was still open"
                                   : why == WhySkipped::kQuota ? "the quota was used up"
                                                               : "no scheduler acted on it in time";
  return {standing.integration, slots.first, slots.last,         slots.count,
          slots.next,           why,         std::string(reason)};
}

// `due` has come.
void PlanDue(const IntegrationStanding& standing, absl::Time due, absl::Time leading_since,
             absl::Time now, std::vector<PlannedAction>* actions) {
  const SlotSpan slots = SlotsUntil(standing.rule, due, now);
  const bool late = now - slots.last > kOnTime;
  const bool makes_up = standing.catch_up || std::holds_alternative<Interval>(standing.rule);
  if (standing.job_open) {
    actions->push_back(Skip(standing, slots, WhySkipped::kJobOpen));
  } else if (standing.held) {
    actions->push_back(Skip(standing, slots, WhySkipped::kQuota));
  } else if (late && !makes_up) {
    actions->push_back(Skip(standing, slots, WhySkipped::kMissed));
  } else if (now >= StartFrom(standing, due, late, leading_since)) {
    if (slots.count > 1) {
      const SlotSpan earlier = SlotsUntil(standing.rule, due, slots.last - absl::Nanoseconds(1));
      actions->push_back(Skip(standing, earlier, WhySkipped::kMissed));
    }
    actions->push_back(StartJob{standing.integration, slots.last, slots.next,
                                WhyStart(standing, late, slots.last, now)});
  } else if (due != standing.next_slot) {
    actions->push_back(SetNextSlot{standing.integration, due, "waits for its turn"});
  }
}

}  // namespace

std::vector<PlannedAction> PlanJobs(absl::Span<const IntegrationStanding> standings,
                                    absl::Time leading_since, absl::Time now) {
  std::vector<PlannedAction> actions;
  for (const IntegrationStanding& standing : standings) {
    if (standing.paused) continue;
    const std::optional<absl::Time> due = DueSlot(standing);
    if (due && *due <= now) {
      PlanDue(standing, *due, leading_since, now, &actions);
    } else if (due != standing.next_slot) {
      actions.emplace_back(SetNextSlot{
          standing.integration, due,
          due ? "the first slot of its schedule as it is now" : "its schedule has no more slots"});
    }
  }
  return actions;
}

}  // namespace lockstitch::scheduler
