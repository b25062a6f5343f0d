#ifndef LOCKSTITCH_SERVICES_LOADER_FORGET_INTEGRATION_H_
#define LOCKSTITCH_SERVICES_LOADER_FORGET_INTEGRATION_H_

#include <stop_token>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "lockstitch/v1/integration.pb.h"
#include "lockstitch/v1/loader.pb.h"
#include "postgres/connection.h"

namespace lockstitch::loader {

// Fences out every run of the integration, drops its load tables, and its destination tables if
// that is wanted, then removes all that the state keeps of it. Tables that can't be dropped don't
// keep the rest from going: the answer names them; a lock is waited for until the deadline. Broken
// off, it has not forgotten the integration yet, and is to be repeated. Errors as FindIntegration.
struct ForgetOptions {
  absl::Time deadline;
  std::stop_token stop;
};
absl::StatusOr<v1::ForgottenIntegration> ForgetIntegration(
    postgres::Connection& connection, const v1::ForgetIntegrationRequest& request,
    const ForgetOptions& options);

}  // namespace lockstitch::loader

#endif  // LOCKSTITCH_SERVICES_LOADER_FORGET_INTEGRATION_H_
