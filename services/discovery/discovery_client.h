#ifndef LOCKSTITCH_SERVICES_DISCOVERY_DISCOVERY_CLIENT_H_
#define LOCKSTITCH_SERVICES_DISCOVERY_DISCOVERY_CLIENT_H_

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "lockstitch/v1/catalog.pb.h"
#include "lockstitch/v1/discovery.pb.h"
#include "lockstitch/v1/integration.pb.h"
#include "rpc/channel.h"

namespace lockstitch::discovery {

// A source's catalog, and what serves it.
struct Catalog {
  std::vector<v1::Table> tables;
  v1::SourceServer server;  // Not set of a source without tables.
};

// Calls a discovery service. Thread-safe. Every call may be repeated.
class DiscoveryClient {
 public:
  // `name` stands for the service in errors. A call that brings nothing for `patience` is given up.
  DiscoveryClient(rpc::Channel channel, std::string name,
                  absl::Duration patience = absl::Minutes(5));
  ~DiscoveryClient();

  // The catalog, a table at a time as it comes in. After an error `sink` may have had a part.
  // PROGRESS_STALLED where nothing came for too long.
  absl::Status Discover(const v1::Source& source, const std::function<void(v1::Table)>& sink,
                        std::stop_token stop = {}) const;
  // All of it at once.
  absl::StatusOr<Catalog> Discover(const v1::Source& source, std::stop_token stop = {}) const;
  absl::StatusOr<std::vector<v1::CheckStep>> CheckConnection(
      const v1::CheckConnectionRequest& request) const;

 private:
  using Sink = std::function<void(v1::DiscoverResponse&)>;
  absl::Status ReadResponses(const v1::Source& source, const Sink& sink,
                             std::stop_token stop) const;

  struct Stub;
  std::unique_ptr<Stub> stub_;
  std::string name_;
  absl::Duration patience_;
};

}  // namespace lockstitch::discovery

#endif  // LOCKSTITCH_SERVICES_DISCOVERY_DISCOVERY_CLIENT_H_
