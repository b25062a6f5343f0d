#ifndef LOCKSTITCH_SERVICES_SCHEDULER_STORE_JOB_ROW_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_STORE_JOB_ROW_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lockstitch/v1/job.pb.h"
#include "postgres/result.h"

namespace lockstitch::scheduler {

// The columns of a job, of lockstitch.jobs `j` and its lockstitch.integrations `i`. Those of an
// open one count what its runs have come to so far.
inline constexpr absl::string_view kJobColumns = R"sql(
  j.job_id, i.id, i.name, j.state, j.trigger, j.created_at, j.slot, j.started_at, j.stop_requested_at, j.ended_at,
  j.error, j.streams, j.streams_succeeded, j.streams_failed,
  j.rows_loaded + CASE WHEN j.state = 2 THEN
    (SELECT coalesce(sum(o.rows_loaded), 0)::bigint FROM lockstitch.runs o WHERE o.job_key = j.key AND o.state IN (1, 2))
    ELSE 0 END)sql";

// The job whose columns begin at `column`.
absl::StatusOr<v1::Job> JobAt(const postgres::Result& result, int row, int column);

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_STORE_JOB_ROW_H_
