#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include <string>
#include <vector>

#include "services/scheduler/schedule/rule.h"
#include "services/scheduler/schedule/slot_preview.h"
#include "services/scheduler/schedule/slots.h"
#include "status/reason.h"
#include "testing/fuzz_target.h"

namespace lockstitch::scheduler {
namespace {

using testing::Require;

constexpr int kSlots = 20;

// A schedule that can't be read is no news.
class Silence : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, int column, const std::string& message) override {}
};

// The input is a Schedule in protobuf's text format.
FUZZ_TARGET(input) {
  v1::Schedule schedule;
  Silence silence;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&silence);
  if (!parser.ParseFromString(std::string(input), &schedule)) return;

  const auto rule = RuleOf(schedule);
  if (!rule.ok()) {
    Require(ReasonOf(rule.status()) == Reason::kScheduleInvalid, "a reason");
    return;
  }
  const absl::Time from =
      absl::FromCivil(absl::CivilMinute(2026, 3, 28, 23, 59), absl::UTCTimeZone());
  const auto slots = PreviewSlots(*rule, from, kSlots);
  Require(slots.ok(), "slots of a rule can be told");
  Require(slots->size() <= kSlots, "no more than asked for");
  for (size_t i = 0; i < slots->size(); ++i) {
    Require(!(*slots)[i].reason.empty(), "every slot has a reason");
    Require((*slots)[i].time >= (i == 0 ? from : (*slots)[i - 1].time + absl::Minutes(1)),
            "slots are in order, a minute apart at least");
  }
  if (slots->empty()) return;
  const SlotSpan span = SlotsUntil(*rule, slots->front().time, slots->back().time);
  Require(span.count == static_cast<int64_t>(slots->size()), "as many are counted as follow");
  Require(span.last == slots->back().time, "the last one is the last");
  Require(span.next == NextSlot(*rule, span.last), "the next one follows");
}

}  // namespace
}  // namespace lockstitch::scheduler
