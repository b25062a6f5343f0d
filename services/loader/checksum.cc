#include "services/loader/checksum.h"

#include "postgres/connection.h"
#include "postgres/transaction.h"
#include "schema/stream_name.h"
#include "services/loader/destination_session.h"
#include "status/macros.h"

namespace lockstitch::loader {

absl::Status ReadDestination(const v1::ChecksumRequest& request,
                             const verification::ReadingOptions& options,
                             const verification::ChecksumSink& sink) {
  ASSIGN_OR_RETURN(
      postgres::Connection connection,
      OpenSession(request.destination(), "verify", schema::StreamName(request.table())));
  ASSIGN_OR_RETURN(
      const postgres::Transaction transaction,
      postgres::Transaction::Begin(connection, "ISOLATION LEVEL REPEATABLE READ READ ONLY"));
  return verification::ReadChecksums(connection, request, options, sink);
}

}  // namespace lockstitch::loader
