#include "services/scheduler/store/job_row.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "rpc/timestamp.h"
#include "services/scheduler/store/column_value.h"
#include "status/macros.h"

namespace lockstitch::scheduler {

absl::StatusOr<v1::Job> JobAt(const postgres::Result& result, int row, int column) {
  v1::Job job;
  job.set_job_id(result.String(row, column));
  job.set_name(absl::StrCat("integrations/", result.Text(row, column + 1), "/jobs/", job.job_id()));
  job.set_integration(result.String(row, column + 2));
  job.set_state(static_cast<v1::JobState>(result.Int(row, column + 3)));
  job.set_trigger(static_cast<v1::JobTrigger>(result.Int(row, column + 4)));
  const auto time = [&](int offset, auto mutable_field) {
    if (const std::optional<absl::Time> at = TimeAt(result, row, column + offset))
      *(job.*mutable_field)() = rpc::ToTimestamp(*at);
  };
  time(5, &v1::Job::mutable_created_at);
  time(6, &v1::Job::mutable_slot);
  time(7, &v1::Job::mutable_started_at);
  time(8, &v1::Job::mutable_stop_requested_at);
  time(9, &v1::Job::mutable_ended_at);
  if (!result.IsNull(row, column + 10))
    RETURN_IF_ERROR(ReadMessage(result, row, column + 10, job.mutable_error()));
  job.set_streams(static_cast<uint32_t>(result.Int(row, column + 11)));
  job.set_streams_succeeded(static_cast<uint32_t>(result.Int(row, column + 12)));
  job.set_streams_failed(static_cast<uint32_t>(result.Int(row, column + 13)));
  job.set_rows_loaded(result.Int(row, column + 14));
  return job;
}

}  // namespace lockstitch::scheduler
