#ifndef LOCKSTITCH_SERVICES_LOADER_LOADER_H_
#define LOCKSTITCH_SERVICES_LOADER_LOADER_H_

#include <stop_token>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "lockstitch/v1/checksum.pb.h"
#include "lockstitch/v1/loader.pb.h"
#include "postgres/session_pool.h"
#include "rpc/stream.h"
#include "telemetry/metrics.h"
#include "verification/table_reading.h"

namespace lockstitch::loader {

// Writes into destinations, by the load protocol that protos/lockstitch/v1/loader.proto tells and
// docs/architecture.md explains. Thread-safe; keeps nothing between calls but its options and idle
// sessions: what must be remembered is in the destination.
class Loader {
 public:
  struct Options {
    telemetry::Metrics* metrics = nullptr;  // Must outlive the loader.
    absl::Duration progress_deadline =
        absl::Hours(1);  // Without a message or an answer, a range's call is ended.
    absl::Duration swap_deadline =
        absl::Minutes(5);  // How long BeginLoad and FinishLoad try to get the destination's lock.
  };
  using LoadStream = rpc::ServerStream<v1::LoadRequest, v1::LoadResponse>;

  explicit Loader(const Options& options);

  // Each answers as the RPC of its name does.
  absl::StatusOr<v1::ReserveRunResponse> ReserveRun(const v1::ReserveRunRequest& request);
  absl::StatusOr<v1::BeginLoadResponse> BeginLoad(const v1::BeginLoadRequest& request);
  absl::Status Load(LoadStream& stream);
  absl::StatusOr<v1::FinishLoadResponse> FinishLoad(const v1::FinishLoadRequest& request);
  absl::StatusOr<v1::AbortLoadResponse> AbortLoad(const v1::AbortLoadRequest& request);
  absl::StatusOr<v1::GetStateResponse> GetState(const v1::GetStateRequest& request);
  absl::StatusOr<v1::RegisterStreamsResponse> RegisterStreams(
      const v1::RegisterStreamsRequest& request);
  absl::StatusOr<v1::SweepResponse> Sweep(const v1::SweepRequest& request);
  absl::StatusOr<v1::PreviewLoadsResponse> PreviewLoads(const v1::PreviewLoadsRequest& request);
  absl::StatusOr<v1::ForgetIntegrationResponse> ForgetIntegration(
      const v1::ForgetIntegrationRequest& request);
  absl::StatusOr<v1::CheckDestinationResponse> CheckDestination(
      const v1::CheckDestinationRequest& request);

  absl::Status Checksum(const v1::ChecksumRequest& request, const verification::ChecksumSink& sink,
                        std::stop_token stop);

  // Ends every Load and Checksum call under way, so that nothing half-loaded stays. Later ones are
  // refused with SHUTTING_DOWN.
  void Stop() { stop_.request_stop(); }

 private:
  Options options_;
  postgres::SessionPool sessions_;
  std::stop_source stop_;
  telemetry::Metrics::Sampling sampling_;
};

}  // namespace lockstitch::loader

#endif  // LOCKSTITCH_SERVICES_LOADER_LOADER_H_
