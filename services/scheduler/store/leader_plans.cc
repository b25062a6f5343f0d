#include <utility>

#include "absl/strings/str_cat.h"
#include "rpc/timestamp.h"
#include "services/scheduler/store/column_value.h"
#include "services/scheduler/store/leader_statement.h"
#include "services/scheduler/store/leader_store.h"
#include "status/macros.h"

namespace lockstitch::scheduler {
namespace {

using postgres::Result;

// $1 now, $2 how many, $3 keys of others.
constexpr absl::string_view kReadDue = R"sql(
SELECT i.key, i.id, i.uid, i.schedule, i.paused_at IS NOT NULL OR NOT i.configured,
       CASE WHEN i.hold_at_rows IS NULL THEN false
            ELSE (SELECT coalesce(sum(u.rows - u.historical_rows), 0) >= i.hold_at_rows FROM lockstitch.usage u
                  WHERE u.integration_key = i.key AND
                        u.day >= date_trunc('month', $1::timestamptz AT TIME ZONE 'UTC')::date) END,
       EXISTS (SELECT FROM lockstitch.jobs j WHERE j.integration_key = i.key AND j.state IN (1, 2)),
       i.last_slot, CASE WHEN NOT i.replan THEN i.next_slot END, i.schedule_changed_at, i.version, i.name
FROM lockstitch.integrations i
WHERE i.due_at <= $1 AND i.deleting_at IS NULL AND i.key <> ALL ($3::bigint[])
ORDER BY i.due_at LIMIT $2)sql";

// Arrays with an element a plan: $2 keys, $3 versions, $4 slots of jobs, $5 first and $6 last
// skipped slots, $7 how many, $8 why, $9 when that was found, $10 next slots.
constexpr absl::string_view kApply = R"sql(
planned AS (
  UPDATE lockstitch.integrations i
  SET next_slot = p.next_slot, replan = false, version = i.version + 1, last_slot = coalesce(p.slot, i.last_slot)
  FROM lead, unnest($2::bigint[], $3::bigint[], $4::timestamptz[], $5::timestamptz[], $6::timestamptz[],
                    $7::bigint[], $8::text[], $9::timestamptz[], $10::timestamptz[])
    AS p(key, version, slot, first_skipped, last_skipped, skipped, reason, recorded_at, next_slot)
  WHERE i.key = p.key AND i.version = p.version AND i.deleting_at IS NULL
  RETURNING i.key, i.revision, p.slot, p.first_skipped, p.last_skipped, p.skipped, p.reason, p.recorded_at),
made AS (
  INSERT INTO lockstitch.jobs (integration_key, revision, trigger, slot)
  SELECT key, revision, 1, slot FROM planned WHERE slot IS NOT NULL
  ON CONFLICT (integration_key) WHERE state IN (1, 2) DO NOTHING),
skipped AS (
  INSERT INTO lockstitch.skipped_slots (integration_key, first_slot, last_slot, slots, reason, recorded_at)
  SELECT key, first_skipped, last_skipped, skipped, reason, recorded_at FROM planned WHERE skipped IS NOT NULL)
SELECT EXISTS (SELECT FROM lead), true)sql";

}  // namespace

absl::StatusOr<std::vector<DueIntegration>> LeaderStore::ReadDue(
    absl::Time now, int limit, const std::vector<int64_t>& put_off) const {
  ArrayValue others;
  for (const int64_t key : put_off) others.Add(NumberValue(key));
  ASSIGN_OR_RETURN(const postgres::SessionPool::Lease session, catalog_->Session());
  ASSIGN_OR_RETURN(const Result found,
                   session->Query(kReadDue, {TimeValue(now), NumberValue(limit), others.text()}));
  std::vector<DueIntegration> due;
  for (int row = 0; row < found.rows(); ++row) {
    DueIntegration& integration = due.emplace_back();
    integration.key = found.Int(row, 0);
    integration.id = found.String(row, 1);
    integration.uid = found.String(row, 2);
    integration.readable = ReadMessage(found, row, 3, &integration.schedule);
    integration.paused = found.Bool(row, 4);
    integration.held = found.Bool(row, 5);
    integration.job_open = found.Bool(row, 6);
    integration.last_slot = TimeAt(found, row, 7);
    integration.next_slot = TimeAt(found, row, 8);
    integration.changed_at = TimeAt(found, row, 9).value_or(absl::UnixEpoch());
    integration.version = found.Int(row, 10);
    integration.name = found.String(row, 11);
  }
  return due;
}

absl::Status LeaderStore::Apply(const std::vector<PlannedSlot>& plans) const {
  if (plans.empty()) return absl::OkStatus();
  ArrayValue keys, versions, slots, firsts, lasts, counts, reasons, recorded, next;
  for (const PlannedSlot& plan : plans) {
    keys.Add(NumberValue(plan.key));
    versions.Add(NumberValue(plan.version));
    slots.Add(TimeValue(plan.job));
    next.Add(TimeValue(plan.next_slot));
    const bool skips = plan.skipped.has_value();
    const v1::SkippedSlots skipped = plan.skipped.value_or(v1::SkippedSlots());
    const auto add = [skips](ArrayValue& array, std::string value) {
      array.Add(skips ? postgres::Connection::Parameter(std::move(value)) : std::nullopt);
    };
    add(firsts, TimeValue(rpc::FromTimestamp(skipped.first())));
    add(lasts, TimeValue(rpc::FromTimestamp(skipped.last())));
    add(counts, NumberValue(static_cast<int64_t>(skipped.count())));
    add(reasons, skipped.reason());
    add(recorded, TimeValue(rpc::FromTimestamp(skipped.recorded_at())));
  }
  return RunAsLeader(*catalog_, term_, kApply,
                     {keys.text(), versions.text(), slots.text(), firsts.text(), lasts.text(),
                      counts.text(), reasons.text(), recorded.text(), next.text()})
      .status();
}

}  // namespace lockstitch::scheduler
