#ifndef LOCKSTITCH_SERVICES_SCHEDULER_COMPARED_STREAM_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_COMPARED_STREAM_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lockstitch/v1/checksum.pb.h"
#include "lockstitch/v1/integration.pb.h"
#include "lockstitch/v1/loader.pb.h"

namespace lockstitch::scheduler {

// One stream that is to be compared: how each end reads it. What is wanted of the rows is not set.
struct ComparedStream {
  v1::ChecksumRequest source;
  v1::ChecksumRequest destination;
  v1::ReplicationMethod method = v1::REPLICATION_METHOD_FULL_TABLE;
  // Of an INCREMENTAL stream: where its next load begins to read. Unset if that reads all rows.
  std::optional<std::string> next_lower_bound;
  std::string destination_table;                // As `schema.table`.
  std::vector<std::string> incomplete_columns;  // Rows loaded before them have no values there.
};

// As the stream's last published load has mapped its columns and read its rows. Of an INCREMENTAL
// stream the rows below that load's horizon can be compared, below the bookmark where it had none,
// and all of them where there is no bookmark. STREAM_NOT_LOADED without a published load, or where
// an INCREMENTAL stream has been reset since.
absl::StatusOr<ComparedStream> CompareByState(const v1::Integration& integration,
                                              const v1::StreamState& state);

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_COMPARED_STREAM_H_
