#include "services/scheduler/peers.h"

#include "rpc/channel.h"

namespace lockstitch::scheduler {

// Channels to one address are one connection.
Peers::Peers(const PeerAddresses& addresses, const rpc::ConnectOptions& options)
    : discovery_(rpc::Connect(addresses.discovery, options), "discovery at " + addresses.discovery),
      extractor_(rpc::Connect(addresses.extractor, options), "extractor at " + addresses.extractor),
      loader_(rpc::Connect(addresses.loader, options), "loader at " + addresses.loader),
      source_checksums_(rpc::Connect(addresses.extractor, options),
                        "extractor at " + addresses.extractor),
      destination_checksums_(rpc::Connect(addresses.loader, options),
                             "loader at " + addresses.loader) {}

void Peers::AddTo(Scheduler::Options* options) const {
  options->discovery = &discovery_;
  options->extractor = &extractor_;
  options->loader = &loader_;
  options->source_checksums = &source_checksums_;
  options->destination_checksums = &destination_checksums_;
}

}  // namespace lockstitch::scheduler
