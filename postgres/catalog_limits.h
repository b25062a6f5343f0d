#ifndef LOCKSTITCH_POSTGRES_CATALOG_LIMITS_H_
#define LOCKSTITCH_POSTGRES_CATALOG_LIMITS_H_

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "postgres/connection.h"

namespace lockstitch::postgres {

// Queries of system catalogs are over in moments; one that isn't must not wait unseen: a statement
// may take five minutes, a lock ten seconds. Never for COPY, nor for what holds a snapshot, which
// have deadlines of their own.

// For all that the session will do.
absl::Status LimitSession(Connection& connection);

// For the lifetime of this object, within one transaction of `connection`, which must outlive it.
class CatalogLimits {
 public:
  // Holds from the next statement on.
  static CatalogLimits Begin(Connection& connection);

 private:
  struct Lift {
    void operator()(Connection* connection) const;
  };
  explicit CatalogLimits(Connection* connection) : limited_(connection) {}

  std::unique_ptr<Connection, Lift> limited_;
};

}  // namespace lockstitch::postgres

#endif  // LOCKSTITCH_POSTGRES_CATALOG_LIMITS_H_
