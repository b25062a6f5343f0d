#ifndef LOCKSTITCH_SERVICES_SCHEDULER_STORE_CATALOG_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_STORE_CATALOG_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "lockstitch/v1/integration.pb.h"
#include "postgres/connection.h"
#include "postgres/session_pool.h"

namespace lockstitch::scheduler {

// The catalog database: where schedulers keep all that they must remember. Thread-safe.
class Catalog {
 public:
  // Connects, and makes its schema or brings it forward (see catalog_schema.h).
  // CATALOG_UNSUPPORTED for a server before 14, CONNECTION_POOLED for a pooler that doesn't keep
  // sessions, CATALOG_TOO_NEW; errors of connecting.
  static absl::StatusOr<std::unique_ptr<Catalog>> Open(const v1::PostgresConnection& server);

  // A session for one piece of work, whose transactions and waits for locks the server ends after
  // seconds: a stopped process keeps nobody waiting, nor does a server that has fallen silent for
  // longer. Of as many as are used at once none is opened twice; whoever finds too many used waits,
  // and so must hold none. Its settings stay as they are.
  absl::StatusOr<postgres::SessionPool::Lease> Session();

  // What a session of its own is opened with, as the leader's is.
  postgres::Connection::Options OptionsFor(const std::string& application_name) const;

 private:
  explicit Catalog(const v1::PostgresConnection& server);

  const v1::PostgresConnection server_;
  postgres::SessionPool sessions_;
};

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_STORE_CATALOG_H_
