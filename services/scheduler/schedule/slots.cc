#include "services/scheduler/schedule/slots.h"

#include <algorithm>
#include <variant>

#include "services/scheduler/schedule/cron_fires.h"

namespace lockstitch::scheduler {
namespace {

struct SlotAfter {
  absl::Time slot;

  std::optional<absl::Time> operator()(const Interval& rule) const { return slot + rule.every; }
  std::optional<absl::Time> operator()(const AnchoredInterval& rule) const {
    return rule.anchor + absl::Floor(slot - rule.anchor, rule.every) + rule.every;
  }
  std::optional<absl::Time> operator()(const Cron& rule) const {
    const auto fire = NextFire(rule.expression, slot, rule.zone);
    return fire ? std::optional(fire->time) : std::nullopt;
  }
  std::optional<absl::Time> operator()(const Manual&) const { return std::nullopt; }
};

// The step of a rule whose slots are equally far apart.
std::optional<absl::Duration> StepOf(const Rule& rule) {
  if (const auto* interval = std::get_if<Interval>(&rule)) return interval->every;
  if (const auto* anchored = std::get_if<AnchoredInterval>(&rule)) return anchored->every;
  return std::nullopt;
}

}  // namespace

std::optional<absl::Time> NextSlot(const Rule& rule, absl::Time slot) {
  return std::visit(SlotAfter{slot}, rule);
}

std::optional<absl::Time> FirstSlot(const Rule& rule, absl::Time since,
                                    std::optional<absl::Time> last_slot) {
  const auto* interval = std::get_if<Interval>(&rule);
  if (interval == nullptr) return NextSlot(rule, since);
  return last_slot ? std::max(since, *last_slot + interval->every) : since;
}

std::optional<absl::Time> SlotAfterManualRun(const Rule& rule, absl::Time started,
                                             std::optional<absl::Time> next_slot) {
  return std::holds_alternative<Interval>(rule) ? NextSlot(rule, started) : next_slot;
}

SlotSpan SlotsUntil(const Rule& rule, absl::Time first, absl::Time until) {
  SlotSpan span = {first, first};
  if (const auto step = StepOf(rule)) {
    absl::Duration rest;
    const int64_t steps = absl::IDivDuration(until - first, *step, &rest);
    span.last += *step * steps;
    span.count += steps;
  }
  span.next = NextSlot(rule, span.last);
  while (span.next && *span.next <= until) {
    span.last = *span.next;
    ++span.count;
    span.next = NextSlot(rule, span.last);
  }
  return span;
}

}  // namespace lockstitch::scheduler
