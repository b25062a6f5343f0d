#ifndef LOCKSTITCH_SERVICES_EXTRACTOR_EXTRACTOR_H_
#define LOCKSTITCH_SERVICES_EXTRACTOR_EXTRACTOR_H_

#include <atomic>
#include <cstdint>
#include <stop_token>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "lockstitch/v1/checksum.pb.h"
#include "lockstitch/v1/extractor.pb.h"
#include "postgres/session_pool.h"
#include "services/extractor/open_snapshots.h"
#include "services/extractor/source/chunk_cutter.h"
#include "services/loader/loader_client.h"
#include "telemetry/metrics.h"
#include "verification/table_reading.h"

namespace lockstitch::extractor {

// The other end of an Extract call, as an extraction sees it. Thread-safe.
class RunOwner {
 public:
  virtual ~RunOwner() = default;
  // Tells that the run is accepted and waits for the fence drawn for it. STOPPED if the call ends
  // meanwhile.
  virtual absl::StatusOr<int64_t> AwaitFence() = 0;
  // Passes on what became known. Never waits.
  virtual void Report(const v1::ExtractResponse& response) = 0;
};

// Runs stream runs, each in the thread of its caller. Thread-safe.
class Extractor {
 public:
  struct Options {
    const loader::LoaderClient* loader = nullptr;  // Must outlive the extractor.
    telemetry::Metrics* metrics = nullptr;         // Must outlive the extractor.
    int slots = 8;                                 // Stream runs at once.
    ChunkLimits chunks;                            // Of ordered incremental streams.
    absl::Duration progress_deadline =
        absl::Hours(1);  // A range that doesn't move for so long is given up.
    absl::Duration snapshot_age_limit =
        absl::Hours(24);  // A run that holds its snapshot for so long is given up.
  };

  explicit Extractor(const Options& options) : options_(options), snapshots_(options.metrics) {}

  // From the offer to the published result; every failure answered as Extract documents. A stop
  // request, or Stop, cancels what runs at the source and leaves nothing half-loaded visible.
  absl::StatusOr<v1::LoadResult> Extract(const v1::ExtractOffer& offer, RunOwner& owner,
                                         std::stop_token stop);

  // Answers as the RPC of this name, for a table of a source. Takes no slot: whoever compares
  // streams decides how many at once.
  absl::Status Checksum(const v1::ChecksumRequest& request, const verification::ChecksumSink& sink,
                        std::stop_token stop);

  // Ends every run and reading under way with SHUTTING_DOWN, and refuses later ones.
  void Stop() { stop_.request_stop(); }

 private:
  absl::StatusOr<v1::LoadResult> Run(const v1::ExtractOffer& offer, RunOwner& owner,
                                     std::stop_token stop);

  const Options options_;
  postgres::SessionPool sessions_;
  OpenSnapshots snapshots_;
  std::stop_source stop_;
  std::atomic<int> taken_ = 0;
};

}  // namespace lockstitch::extractor

#endif  // LOCKSTITCH_SERVICES_EXTRACTOR_EXTRACTOR_H_
