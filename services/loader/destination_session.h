#ifndef LOCKSTITCH_SERVICES_LOADER_DESTINATION_SESSION_H_
#define LOCKSTITCH_SERVICES_LOADER_DESTINATION_SESSION_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lockstitch/v1/integration.pb.h"
#include "lockstitch/v1/loader.pb.h"
#include "postgres/connection.h"
#include "postgres/session_pool.h"

namespace lockstitch::loader {

// How to connect to a destination; its pg_stat_activity shows `run_id` and `stream`, or what else
// stands in their place. USAGE_INVALID without a kind.
absl::StatusOr<postgres::Connection::Options> SessionOptions(const v1::Destination& destination,
                                                             absl::string_view run_id,
                                                             absl::string_view stream);

// A session in which a loader that stops between two statements of a transaction, maybe holding the
// stream's row, is ended by the server after 10 s. SERVER_VERSION_UNSUPPORTED before PostgreSQL 10.
absl::StatusOr<postgres::SessionPool::Lease> OpenSession(postgres::SessionPool& sessions,
                                                         const v1::Destination& destination,
                                                         absl::string_view run_id,
                                                         absl::string_view stream);

// The same for a claim's run and stream.
absl::StatusOr<postgres::SessionPool::Lease> OpenSession(postgres::SessionPool& sessions,
                                                         const v1::Claim& claim);

}  // namespace lockstitch::loader

#endif  // LOCKSTITCH_SERVICES_LOADER_DESTINATION_SESSION_H_
