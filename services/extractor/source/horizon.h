#ifndef LOCKSTITCH_SERVICES_EXTRACTOR_SOURCE_HORIZON_H_
#define LOCKSTITCH_SERVICES_EXTRACTOR_SOURCE_HORIZON_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "lockstitch/v1/integration.pb.h"
#include "postgres/connection.h"
#include "services/extractor/source/replication_key.h"
#include "services/extractor/source/source_moment.h"

namespace lockstitch::extractor {

// How far a bookmark may move: rows that are committed after the snapshot have no smaller key.
struct Horizon {
  std::optional<std::string>
      key;           // As text of the key's type; unset: as far as the snapshot's rows.
  std::string note;  // For the job's log: what holds the bookmark back, or doesn't; may be empty.
};

// Within the snapshot's transaction; `moment` was read before. Of times, what the moment says, or a
// look-back behind the clock where it says nothing that holds for such a key. Of others, the
// greatest finite key of the whole table less the look-back; unset where the table has none, and
// where finding it would read all rows for a look-back of nothing. SELECTION_INVALID for a
// look-back or time zone that the source doesn't understand.
absl::StatusOr<Horizon> FindHorizon(postgres::Connection& source, const SourceMoment& moment,
                                    const ReplicationKey& key, const v1::StreamSettings& settings);

}  // namespace lockstitch::extractor

#endif  // LOCKSTITCH_SERVICES_EXTRACTOR_SOURCE_HORIZON_H_
