#include "services/scheduler/due_jobs.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <variant>

#include "rpc/timestamp.h"
#include "services/scheduler/schedule/job_plan.h"
#include "services/scheduler/schedule/rule.h"

namespace lockstitch::scheduler {
namespace {

// Takes the actions of a plan, in their order.
class Collector {
 public:
  Collector(const std::vector<DueIntegration>& due, absl::Time now) : now_(now) {
    for (const DueIntegration& integration : due) due_[integration.key] = &integration;
  }

  void operator()(const StartJob& start) {
    PlannedSlot& slot = SlotOf(start.integration, start.next_slot);
    slot.job = start.slot;
    AddStep(start.integration, "start", 0, start.reason);
  }

  void operator()(const SkipSlots& skip) {
    PlannedSlot& slot = SlotOf(skip.integration, skip.next_slot);
    v1::SkippedSlots& skipped = slot.skipped.emplace();
    *skipped.mutable_first() = rpc::ToTimestamp(skip.first);
    *skipped.mutable_last() = rpc::ToTimestamp(skip.last);
    skipped.set_count(static_cast<uint64_t>(skip.count));
    skipped.set_reason(skip.reason);
    *skipped.mutable_recorded_at() = rpc::ToTimestamp(now_);
    AddStep(skip.integration, "skip", skip.count, skip.reason);
  }

  void operator()(const SetNextSlot& set) {
    SlotOf(set.integration, set.next_slot);
    AddStep(set.integration, "next_slot", 0, set.reason);
  }

  // Its schedule can't be read.
  void Refuse(const DueIntegration& integration, const absl::Status& why) {
    unreadable_.push_back(integration.key);
    AddStep(integration.key, "invalid", 0, std::string(why.message()));
  }

  // What was read to be planned anew, and stays as it is, is planned. A paused one has no slot
  // until it is resumed, and is planned anew then.
  void Keep(const DueIntegration& integration) {
    if (slots_.count(integration.key) == 0)
      SlotOf(integration.key, integration.paused ? std::nullopt : integration.next_slot);
  }

  DuePlan Take(const std::vector<DueIntegration>& due) {
    DuePlan plan = {.steps = std::move(steps_), .unreadable = std::move(unreadable_)};
    for (const DueIntegration& integration : due) {
      const auto slot = slots_.find(integration.key);
      if (slot != slots_.end()) plan.slots.push_back(std::move(slot->second));
    }
    return plan;
  }

 private:
  PlannedSlot& SlotOf(int64_t key, std::optional<absl::Time> next_slot) {
    PlannedSlot& slot = slots_[key];
    slot.key = key;
    slot.version = due_[key]->version;
    slot.next_slot = next_slot;
    return slot;
  }

  void AddStep(int64_t key, const std::string& action, int64_t slots, const std::string& reason) {
    steps_.push_back({.integration = due_[key]->id,
                      .name = due_[key]->name,
                      .action = action,
                      .slots = slots,
                      .reason = reason});
  }

  const absl::Time now_;
  std::map<int64_t, const DueIntegration*> due_;
  std::map<int64_t, PlannedSlot> slots_;
  std::vector<PlannedStep> steps_;
  std::vector<int64_t> unreadable_;
};

}  // namespace

DuePlan PlanDue(const std::vector<DueIntegration>& due, absl::Time leading_since, absl::Time now) {
  Collector collector(due, now);
  std::vector<IntegrationStanding> standings;
  std::vector<const DueIntegration*> read;
  for (const DueIntegration& integration : due) {
    const absl::StatusOr<Rule> rule =
        integration.readable.ok() ? RuleOf(integration.schedule) : integration.readable;
    if (!rule.ok()) {
      collector.Refuse(integration, rule.status());
      continue;
    }
    read.push_back(&integration);
    standings.push_back({.integration = integration.key,
                         .uid = integration.uid,
                         .rule = *rule,
                         .paused = integration.paused,
                         .held = integration.held,
                         .job_open = integration.job_open,
                         .catch_up = integration.schedule.catch_up(),
                         .changed_at = integration.changed_at,
                         .next_slot = integration.next_slot,
                         .last_slot = integration.last_slot});
  }
  for (const PlannedAction& action : PlanJobs(standings, leading_since, now))
    std::visit(collector, action);
  for (const DueIntegration* integration : read) {
    const bool waits = integration->next_slot && *integration->next_slot <= now;
    if (!waits || integration->paused) collector.Keep(*integration);
  }
  return collector.Take(due);
}

}  // namespace lockstitch::scheduler
