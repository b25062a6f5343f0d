#ifndef LOCKSTITCH_SERVICES_DISCOVERY_DISCOVERY_H_
#define LOCKSTITCH_SERVICES_DISCOVERY_DISCOVERY_H_

#include <vector>

#include "absl/status/statusor.h"
#include "lockstitch/v1/catalog.pb.h"
#include "lockstitch/v1/integration.pb.h"
#include "telemetry/metrics.h"

namespace lockstitch::discovery {

// Reads source catalogs and checks source connections. Stateless, thread-safe.
class Discovery {
 public:
  // `metrics` must outlive it.
  explicit Discovery(telemetry::Metrics* metrics) : metrics_(metrics) {}

  // Every table and view of the source as one snapshot of its catalog has them, ordered by schema
  // and name.
  absl::StatusOr<std::vector<v1::Table>> Discover(const v1::Source& source);

  // Tries the connection step by step: connect, version, read_catalog. Failures are in the steps.
  absl::StatusOr<std::vector<v1::CheckStep>> CheckConnection(const v1::Source& source);

 private:
  telemetry::Metrics* metrics_;
};

}  // namespace lockstitch::discovery

#endif  // LOCKSTITCH_SERVICES_DISCOVERY_DISCOVERY_H_
