#ifndef LOCKSTITCH_SERVICES_SCHEDULER_LOAD_PREVIEW_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_LOAD_PREVIEW_H_

#include <vector>

#include "absl/status/statusor.h"
#include "lockstitch/v1/integration.pb.h"
#include "lockstitch/v1/loader.pb.h"
#include "services/discovery/discovery_client.h"
#include "services/loader/loader_client.h"
#include "services/scheduler/selection.h"

namespace lockstitch::scheduler {

// Those of the streams that can run and whose settings are others than those of their last
// published load, as far as settings can touch what the destination holds: not how fast it is read.
// Streams whose last load kept no settings are left out.
std::vector<const SelectedStream*> EditedStreams(const v1::Integration& integration,
                                                 const v1::RegisterStreamsResponse& registered,
                                                 const std::vector<SelectedStream>& streams);

// What the next load of each stream would do, in their order. `reset` is the job's. PEER_TOO_OLD
// if the discovery service or the loader can't tell.
absl::StatusOr<std::vector<v1::LoadPreview>> PreviewLoads(
    const v1::Integration& integration, const discovery::Catalog& catalog,
    const std::vector<const SelectedStream*>& streams, bool reset,
    const loader::LoaderClient& loader);

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_LOAD_PREVIEW_H_
