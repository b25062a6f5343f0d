#include "services/extractor/checksum.h"

#include <utility>

#include "postgres/application_name.h"
#include "postgres/connection.h"
#include "schema/stream_name.h"
#include "services/extractor/source/snapshot.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::extractor {

absl::Status ReadSource(const v1::ChecksumRequest& request,
                        const verification::ReadingOptions& options,
                        const verification::ChecksumSink& sink, postgres::SessionPool& sessions,
                        OpenSnapshots& snapshots) {
  if (!request.source().has_postgres())
    return Error(Reason::kProtocolViolated, "an extractor reads tables of sources");
  const postgres::Connection::Options session = {
      .server = request.source().postgres(),
      .side = postgres::Side::kSource,
      .application_name =
          postgres::ApplicationName("extractor", "verify", schema::StreamName(request.table()))};
  ASSIGN_OR_RETURN(postgres::SessionPool::Lease source, sessions.Take(session));
  ASSIGN_OR_RETURN(Snapshot snapshot,
                   Snapshot::Take(std::move(source), request.table(), options.stop));
  const OpenSnapshots::Held held(snapshots, snapshot.taken_at());
  RETURN_IF_ERROR(verification::ReadChecksums(snapshot.connection(), request, options, sink));
  std::move(snapshot).End();
  return absl::OkStatus();
}

}  // namespace lockstitch::extractor
