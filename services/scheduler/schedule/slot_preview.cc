#include "services/scheduler/schedule/slot_preview.h"

#include <optional>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "services/scheduler/schedule/cron_fires.h"
#include "services/scheduler/schedule/slots.h"
#include "status/reason.h"

namespace lockstitch::scheduler {
namespace {

std::string TimeOfDay(absl::CivilSecond time) {
  return absl::FormatCivilTime(absl::CivilMinute(time)).substr(sizeof("2026-01-31T") - 1);
}

struct WhyDue {
  absl::Time slot;
  bool first;

  std::string operator()(const Interval& rule) const {
    return first ? "a first job starts at once"
                 : absl::StrCat(absl::FormatDuration(rule.every), " after the slot before");
  }
  std::string operator()(const AnchoredInterval& rule) const {
    return absl::StrCat("every ", absl::FormatDuration(rule.every), ", counted from the anchor");
  }
  std::string operator()(const Cron& rule) const {
    const auto fire = NextFire(rule.expression, slot - absl::Nanoseconds(1), rule.zone);
    const std::string local = TimeOfDay(absl::CivilSecond(fire->local));
    switch (rule.zone.At(absl::CivilSecond(fire->local)).kind) {
      case absl::TimeZone::TimeInfo::SKIPPED:
        return absl::StrCat("cron; there is no ", local, ": the clock goes from ",
                            TimeOfDay(rule.zone.At(slot - absl::Seconds(1)).cs + 1), " to ",
                            TimeOfDay(rule.zone.At(slot).cs));
      case absl::TimeZone::TimeInfo::REPEATED:
        return absl::StrCat("cron; the first ", local, " of two: the clock is set back");
      case absl::TimeZone::TimeInfo::UNIQUE:
        return "cron";
    }
    return "cron";
  }
  std::string operator()(const Manual&) const { return ""; }
};

}  // namespace

absl::StatusOr<std::vector<PreviewedSlot>> PreviewSlots(const Rule& rule, absl::Time from,
                                                        int count) {
  if (count < 1 || count > kMostPreviewedSlots) {
    return Error(Reason::kUsageInvalid,
                 absl::StrCat("count: ", count, " is not one of 1-", kMostPreviewedSlots));
  }
  const auto year = absl::UTCTimeZone().At(from).cs.year();
  if (year < kFirstCronYear || year > kLastCronYear) {
    return Error(Reason::kUsageInvalid,
                 absl::StrCat("from: its year is not one of ", kFirstCronYear, "-", kLastCronYear));
  }
  std::vector<PreviewedSlot> slots;
  for (auto slot = FirstSlot(rule, from, std::nullopt);
       slot && static_cast<int>(slots.size()) < count; slot = NextSlot(rule, *slot))
    slots.push_back({*slot, std::visit(WhyDue{*slot, slots.empty()}, rule)});
  return slots;
}

}  // namespace lockstitch::scheduler
