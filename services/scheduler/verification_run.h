#ifndef LOCKSTITCH_SERVICES_SCHEDULER_VERIFICATION_RUN_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_VERIFICATION_RUN_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "lockstitch/v1/integration.pb.h"
#include "lockstitch/v1/loader.pb.h"
#include "lockstitch/v1/scheduler.pb.h"
#include "services/discovery/discovery_client.h"
#include "services/loader/loader_client.h"
#include "services/scheduler/selection.h"
#include "services/scheduler/stream_verifier.h"

namespace lockstitch::scheduler {

// One Verify call: finds the integration's streams and compares each, as many at once as allowed.
// One stream's failure leaves the others alone. Runs once.
class VerificationRun {
 public:
  struct Options {
    const discovery::DiscoveryClient* discovery = nullptr;
    const loader::LoaderClient* loader = nullptr;
    StreamVerifier::Options verifier;  // Its stop token is the call's.
    size_t parallel_streams = 1;
  };
  // What became known, one event after the other; called in several threads, never in two at once.
  using Listener = std::function<void(const v1::VerifyResponse&)>;

  VerificationRun(const v1::Integration& integration, const Options& options, Listener listener);

  // Returns when every stream has been compared or could not be. An error is one of the whole call:
  // STREAM_NOT_LOADED where nothing of the integration is at the destination.
  absl::Status Run();

 private:
  struct Stream {
    v1::VerifyResponse told;
    absl::Status problem;  // Why it can't be compared.
    v1::StreamState state;
  };

  // What the integration selects, as a job does; where it selects nothing, what the destination
  // holds of it.
  absl::Status FindStreams();
  absl::StatusOr<std::vector<SelectedStream>> Select(const v1::GetStateResponse& states);
  void AddStream(const std::string& name, const v1::StreamState& state,
                 const absl::Status& problem);
  void Compare(Stream& stream);
  absl::Status CompareEnds(Stream& stream);
  void Tell(const Stream& stream);

  const v1::Integration& integration_;
  Options options_;
  const Listener listener_;
  absl::Mutex listening_;  // One event at a time.
  absl::Mutex listing_;    // One stream's rows at a time.
  std::vector<std::unique_ptr<Stream>> streams_;
};

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_VERIFICATION_RUN_H_
