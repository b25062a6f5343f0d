#include "services/loader/checksum.h"

#include "postgres/transaction.h"
#include "schema/stream_name.h"
#include "services/loader/destination_session.h"
#include "status/macros.h"

namespace lockstitch::loader {

absl::Status ReadDestination(const v1::ChecksumRequest& request,
                             const verification::ReadingOptions& options,
                             const verification::ChecksumSink& sink,
                             postgres::SessionPool& sessions) {
  ASSIGN_OR_RETURN(
      postgres::SessionPool::Lease session,
      OpenSession(sessions, request.destination(), "verify", schema::StreamName(request.table())));
  const postgres::Transaction transaction =
      postgres::Transaction::Begin(*session, "ISOLATION LEVEL REPEATABLE READ READ ONLY");
  return verification::ReadChecksums(*session, request, options, sink);
}

}  // namespace lockstitch::loader
