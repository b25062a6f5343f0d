#ifndef LOCKSTITCH_SERVICES_LOADER_DESTINATION_SWEEP_H_
#define LOCKSTITCH_SERVICES_LOADER_DESTINATION_SWEEP_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "lockstitch/v1/loader.pb.h"
#include "postgres/connection.h"

namespace lockstitch::loader {

// Which loads' tables to drop.
struct SweepOptions {
  std::string schema;  // Of the integration's destination tables; empty for all.
  absl::Duration idle;
  bool dry_run = false;
};

// Drops the tables that loads have left behind: at once those of ended loads, and of open ones
// those to which nothing has been committed for `idle`. A fence is drawn before such a table goes,
// so that its run, should it live, is superseded rather than surprised. The _lockstitch schema must
// be there.
absl::StatusOr<v1::SweepResponse> SweepLoads(postgres::Connection& connection,
                                             const SweepOptions& options);

}  // namespace lockstitch::loader

#endif  // LOCKSTITCH_SERVICES_LOADER_DESTINATION_SWEEP_H_
