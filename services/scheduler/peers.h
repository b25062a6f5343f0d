#ifndef LOCKSTITCH_SERVICES_SCHEDULER_PEERS_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_PEERS_H_

#include <string>

#include "rpc/channel.h"
#include "services/discovery/discovery_client.h"
#include "services/extractor/extractor_client.h"
#include "services/loader/loader_client.h"
#include "services/scheduler/scheduler.h"
#include "verification/checksum_client.h"

namespace lockstitch::scheduler {

// Where the services serve that a scheduler calls.
struct PeerAddresses {
  std::string discovery = "127.0.0.1:7401";
  std::string extractor = "127.0.0.1:7402";
  std::string loader = "127.0.0.1:7403";
};

// Clients of them, over TLS where there is any.
class Peers {
 public:
  // What `options` name must outlive them.
  Peers(const PeerAddresses& addresses, const rpc::ConnectOptions& options);

  // Has a scheduler call them; they must outlive it.
  void AddTo(Scheduler::Options* options) const;

 private:
  const discovery::DiscoveryClient discovery_;
  const extractor::ExtractorClient extractor_;
  const loader::LoaderClient loader_;
  const verification::ChecksumClient source_checksums_;
  const verification::ChecksumClient destination_checksums_;
};

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_PEERS_H_
