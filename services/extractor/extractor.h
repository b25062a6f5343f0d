#ifndef LOCKSTITCH_SERVICES_EXTRACTOR_EXTRACTOR_H_
#define LOCKSTITCH_SERVICES_EXTRACTOR_EXTRACTOR_H_

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "batch/builder.h"
#include "lockstitch/v1/checksum.pb.h"
#include "lockstitch/v1/extractor.pb.h"
#include "postgres/session_pool.h"
#include "services/extractor/open_snapshots.h"
#include "services/extractor/run_owner.h"
#include "services/extractor/run_registry.h"
#include "services/extractor/source/chunk_cutter.h"
#include "services/loader/loader_client.h"
#include "telemetry/metrics.h"
#include "verification/table_reading.h"

namespace lockstitch::extractor {

// Runs stream runs, each of them followed by its owner's call. Thread-safe.
class Extractor {
 public:
  struct Options {
    const loader::LoaderClient* loader = nullptr;  // Must outlive the extractor.
    telemetry::Metrics* metrics = nullptr;         // Must outlive the extractor.
    int slots = 8;                                 // Stream runs at once.
    ChunkLimits chunks;                            // Of ordered incremental streams.
    size_t batch_bytes = batch::kBatchBytes;       // Rows in a message to the loader.
    absl::Duration progress_deadline =
        absl::Hours(1);  // A range that doesn't move for so long is given up.
    absl::Duration snapshot_age_limit =
        absl::Hours(24);  // A run that holds its snapshot for so long is given up.
  };

  explicit Extractor(const Options& options);

  // Where this extractor can be reached, for owners who come later; without it none of them can.
  void Advertise(const std::string& address);

  // From the offer to the published result; every failure answered as Extract documents. The
  // owner's stop, or Stop, cancels what runs at the source and leaves nothing half-loaded visible.
  // So does an owner who goes, unless the offer has a grace time: then STOPPED is answered, and the
  // run goes on for so long.
  absl::StatusOr<v1::LoadResult> Extract(const v1::ExtractOffer& offer, OwnerCall& owner);

  // Follows a run that goes on without its owner, or has ended so, as its next owner. RUN_NOT_FOUND
  absl::StatusOr<v1::LoadResult> Attach(const v1::ExtractAttach& attach, OwnerCall& owner);

  // Answers as the RPC of this name, for a table of a source. Takes no slot: whoever compares
  // streams decides how many at once.
  absl::Status Checksum(const v1::ChecksumRequest& request, const verification::ChecksumSink& sink,
                        std::stop_token stop);

  // Takes no more runs, as if every slot were taken, and waits until those under way have ended,
  // for `limit` at most.
  void Drain(absl::Duration limit);

  // Ends every run and reading under way with SHUTTING_DOWN, and refuses later ones.
  void Stop() { stop_.request_stop(); }

 private:
  class Slot;
  // Sets the metrics that are looked up.
  void Sample();
  absl::StatusOr<std::shared_ptr<Slot>> TakeSlot();
  // Tells that the run is accepted.
  void Accept(OwnerCall& owner);
  absl::StatusOr<v1::LoadResult> Run(const v1::ExtractOffer& offer, int64_t fence, RunOwner& owner,
                                     std::stop_token stop);
  // What is answered of a run that ended so, which is counted.
  absl::StatusOr<v1::LoadResult> Ended(absl::StatusOr<v1::LoadResult> result, bool stopped);

  const Options options_;
  absl::Mutex mutex_;
  std::string address_ ABSL_GUARDED_BY(mutex_);
  int taken_ ABSL_GUARDED_BY(mutex_) = 0;          // Slots.
  absl::Time idle_since_ ABSL_GUARDED_BY(mutex_);  // When the last slot was given back.
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  postgres::SessionPool sessions_;
  OpenSnapshots snapshots_;
  std::stop_source stop_;
  RunRegistry runs_;  // Ends them before what they use goes.
  const telemetry::Metrics::Sampling sampling_;
};

}  // namespace lockstitch::extractor

#endif  // LOCKSTITCH_SERVICES_EXTRACTOR_EXTRACTOR_H_
