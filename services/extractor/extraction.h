#ifndef LOCKSTITCH_SERVICES_EXTRACTOR_EXTRACTION_H_
#define LOCKSTITCH_SERVICES_EXTRACTOR_EXTRACTION_H_

#include <cstdint>
#include <functional>
#include <stop_token>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "lockstitch/v1/extractor.pb.h"
#include "services/extractor/extractor.h"
#include "services/extractor/open_snapshots.h"
#include "services/extractor/progress.h"
#include "services/extractor/source/snapshot.h"
#include "services/loader/loader_client.h"
#include "telemetry/metrics.h"

namespace lockstitch::extractor {

// One extraction: one fence, one snapshot, one load. Runs once.
class Extraction {
 public:
  struct Options {
    const loader::LoaderClient* loader = nullptr;
    telemetry::Metrics* metrics = nullptr;
    OpenSnapshots* snapshots = nullptr;
    absl::Duration progress_deadline;
    absl::Duration snapshot_age_limit;
    std::stop_token stop;
  };

  Extraction(const v1::ExtractOffer& offer, int64_t fence, RunOwner& owner, const Options& options);

  // Takes the snapshot, opens the load, sends every range, has the load published. SNAPSHOT_TOO_OLD
  // if the snapshot would have to be held for longer than allowed.
  absl::StatusOr<v1::LoadResult> Run();

 private:
  // What is sent of the snapshot, or the result that the run has already.
  using Sent = std::variant<std::vector<v1::Extent>, v1::LoadResult>;

  absl::StatusOr<Sent> SendSnapshot();
  absl::StatusOr<Sent> SendWhileYoung(Snapshot& snapshot);
  absl::StatusOr<v1::BeginLoadResponse> Begin(const Snapshot& snapshot, const v1::Table& selected);
  absl::StatusOr<v1::LoadResult> Finish(const std::vector<v1::Extent>& extents);
  // Sends the ranges over as many sessions as granted; the first failure ends the others.
  absl::StatusOr<std::vector<v1::Extent>> SendRanges(Snapshot& snapshot, const v1::Table& selected,
                                                     const v1::LoadPlan& plan);
  postgres::Connection::Options SourceOptions() const;
  void Note(const std::string& text);

  const v1::ExtractOffer& offer_;
  RunOwner& owner_;
  const Options options_;
  std::stop_source stop_;
  const std::stop_callback<std::function<void()>> stop_with_options_;
  v1::Claim claim_;
  std::vector<v1::RangeBounds> ranges_;
  ProgressCounter progress_;
};

}  // namespace lockstitch::extractor

#endif  // LOCKSTITCH_SERVICES_EXTRACTOR_EXTRACTION_H_
