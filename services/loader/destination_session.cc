#include "services/loader/destination_session.h"

#include <string>

#include "postgres/application_name.h"
#include "schema/stream_name.h"
#include "services/loader/destination/check.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::loader {

using postgres::SessionPool;

absl::StatusOr<postgres::Connection::Options> SessionOptions(const v1::Destination& destination,
                                                             absl::string_view run_id,
                                                             absl::string_view stream) {
  if (!destination.has_postgres())
    return Error(Reason::kUsageInvalid, "the destination has no connection");
  return postgres::Connection::Options{
      .server = destination.postgres(),
      .side = postgres::Side::kDestination,
      .application_name = postgres::ApplicationName("loader", run_id, stream)};
}

absl::StatusOr<SessionPool::Lease> OpenSession(SessionPool& sessions,
                                               const v1::Destination& destination,
                                               absl::string_view run_id, absl::string_view stream) {
  ASSIGN_OR_RETURN(postgres::Connection::Options options,
                   SessionOptions(destination, run_id, stream));
  options.settings = {{"idle_in_transaction_session_timeout", "10s"},
                      {"default_transaction_isolation", "read committed"}};
  ASSIGN_OR_RETURN(SessionPool::Lease session, sessions.Take(options));
  if (session->server_version() < kOldestVersion) {
    return Error(Reason::kServerVersionUnsupported, "the destination is older than PostgreSQL 10");
  }
  return session;
}

absl::StatusOr<SessionPool::Lease> OpenSession(SessionPool& sessions, const v1::Claim& claim) {
  return OpenSession(sessions, claim.target().destination(), claim.run_id(),
                     schema::StreamName(claim.target().table()));
}

}  // namespace lockstitch::loader
