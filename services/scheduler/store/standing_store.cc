#include "services/scheduler/store/standing_store.h"

#include <utility>

#include "services/scheduler/store/column_value.h"
#include "status/macros.h"

namespace lockstitch::scheduler {
namespace {

using postgres::Result;

// $1 how many.
constexpr absl::string_view kReadIntegrations = R"sql(
SELECT i.name, i.schedule, i.paused_at IS NOT NULL OR NOT i.configured, i.schedule_changed_at, succeeded.ended_at,
       coalesce(last.streams_failed, 0)
FROM lockstitch.integrations i
     LEFT JOIN LATERAL (SELECT j.ended_at FROM lockstitch.jobs j WHERE j.integration_key = i.key AND j.state = 3
                        ORDER BY j.key DESC LIMIT 1) succeeded ON true
     LEFT JOIN LATERAL (SELECT j.streams_failed FROM lockstitch.jobs j WHERE j.integration_key = i.key AND j.state > 2
                        ORDER BY j.key DESC LIMIT 1) last ON true
WHERE i.deleting_at IS NULL AND i.deleted_at IS NULL
ORDER BY i.key LIMIT $1)sql";

constexpr absl::string_view kReadQueue = R"sql(
SELECT count(*) FILTER (WHERE state = 1), count(*) FILTER (WHERE state = 2), min(created_at) FILTER (WHERE state = 1)
FROM lockstitch.jobs WHERE state IN (1, 2))sql";

}  // namespace

absl::StatusOr<std::vector<IntegrationStanding>> ReadIntegrationStandings(Catalog& catalog,
                                                                          int limit) {
  ASSIGN_OR_RETURN(const postgres::SessionPool::Lease session, catalog.Session());
  ASSIGN_OR_RETURN(const Result found, session->Query(kReadIntegrations, {NumberValue(limit)}));
  std::vector<IntegrationStanding> standings;
  for (int row = 0; row < found.rows(); ++row) {
    IntegrationStanding standing = {
        .name = found.String(row, 0),
        .paused = found.Bool(row, 2),
        .schedule_changed_at = TimeAt(found, row, 3).value_or(absl::UnixEpoch()),
        .last_success = TimeAt(found, row, 4),
        .failing_streams = found.Int(row, 5)};
    if (ReadMessage(found, row, 1, &standing.schedule).ok())
      standings.push_back(std::move(standing));
  }
  return standings;
}

absl::StatusOr<QueueStanding> ReadQueueStanding(Catalog& catalog) {
  ASSIGN_OR_RETURN(const postgres::SessionPool::Lease session, catalog.Session());
  ASSIGN_OR_RETURN(const Result found, session->Query(kReadQueue, {}));
  return QueueStanding{.pending = found.Int(0, 0),
                       .running = found.Int(0, 1),
                       .oldest_pending = TimeAt(found, 0, 2)};
}

}  // namespace lockstitch::scheduler
