#ifndef LOCKSTITCH_SERVICES_DISCOVERY_DISCOVERY_H_
#define LOCKSTITCH_SERVICES_DISCOVERY_DISCOVERY_H_

#include <stop_token>
#include <vector>

#include "absl/status/statusor.h"
#include "lockstitch/v1/catalog.pb.h"
#include "lockstitch/v1/discovery.pb.h"
#include "lockstitch/v1/integration.pb.h"
#include "schema/catalog_reader.h"
#include "telemetry/metrics.h"

namespace lockstitch::discovery {

// Reads source catalogs and checks source connections. Stateless, thread-safe.
class Discovery {
 public:
  // `metrics` must outlive it.
  explicit Discovery(telemetry::Metrics* metrics) : metrics_(metrics) {}

  // Fills `server`, then hands every table and view of the source to `sink`, as one snapshot of its
  // catalog has them, ordered by schema and name. An error of the sink or a stop request breaks it
  // off.
  absl::Status Discover(const v1::Source& source, v1::SourceServer* server,
                        const schema::TableSink& sink, std::stop_token stop);

  // Tries the connection step by step. Failures are in the steps.
  absl::StatusOr<std::vector<v1::CheckStep>> CheckConnection(
      const v1::CheckConnectionRequest& request);

  // Breaks off every Discover under way.
  void Stop() { stop_.request_stop(); }

 private:
  telemetry::Metrics* metrics_;
  std::stop_source stop_;
};

}  // namespace lockstitch::discovery

#endif  // LOCKSTITCH_SERVICES_DISCOVERY_DISCOVERY_H_
