#ifndef LOCKSTITCH_SERVICES_EXTRACTOR_EXTRACTION_H_
#define LOCKSTITCH_SERVICES_EXTRACTOR_EXTRACTION_H_

#include <cstdint>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "lockstitch/v1/extractor.pb.h"
#include "postgres/session_pool.h"
#include "services/extractor/extractor.h"
#include "services/extractor/open_snapshots.h"
#include "services/extractor/progress.h"
#include "services/extractor/range_fanout.h"
#include "services/extractor/source/chunk_cutter.h"
#include "services/extractor/source/full_table.h"
#include "services/extractor/source/load_reads.h"
#include "services/extractor/source/snapshot.h"
#include "services/extractor/source/source_moment.h"
#include "services/loader/loader_client.h"
#include "telemetry/metrics.h"

namespace lockstitch::extractor {

// One extraction: one fence, one snapshot, one load. Runs once.
class Extraction {
 public:
  struct Options {
    const loader::LoaderClient* loader = nullptr;
    postgres::SessionPool* sessions = nullptr;
    telemetry::Metrics* metrics = nullptr;
    OpenSnapshots* snapshots = nullptr;
    ChunkLimits chunks;
    size_t batch_bytes;
    absl::Duration progress_deadline;
    absl::Duration snapshot_age_limit;
    std::stop_token stop;
  };

  Extraction(const v1::ExtractOffer& offer, int64_t fence, RunOwner& owner, const Options& options);

  // Takes the snapshot, opens the load, sends every range, has the load published. SNAPSHOT_TOO_OLD
  // if the snapshot would have to be held for longer than allowed; SNAPSHOT_LOST if the session
  // that holds it has ended before.
  absl::StatusOr<v1::LoadResult> Run();

 private:
  // What is sent of the snapshot, or the result that the run has already.
  using Sent = std::variant<Extents, v1::LoadResult>;

  absl::StatusOr<Sent> SendSnapshot();
  absl::StatusOr<Sent> SendWhileYoung(Snapshot& snapshot, const SourceMoment& moment);
  // Why there is no column to read by: REPLICATION_KEY_CHANGED if there was one when the stream's
  // bookmark was written, else the problem that the selection found.
  absl::Status WhyWithoutKey(const absl::Status& problem) const;
  // What to ask of the loader, with all that the source tells about the ranges.
  absl::StatusOr<v1::BeginLoadRequest> Opening(Snapshot& snapshot, const SourceMoment& moment,
                                               const v1::Table& selected);
  absl::StatusOr<v1::BeginLoadResponse> Begin(const v1::BeginLoadRequest& request);
  absl::StatusOr<std::vector<RangeRead>> Reads(Snapshot& snapshot,
                                               const v1::BeginLoadRequest& request,
                                               const v1::LoadPlan& plan) const;
  absl::StatusOr<Extents> SendRanges(Snapshot& snapshot, const std::vector<RangeRead>& reads);
  // How many may read the snapshot at once.
  uint32_t Sessions(const Snapshot& snapshot) const;
  absl::StatusOr<v1::LoadResult> Finish(const Extents& extents);
  bool incremental() const;
  postgres::Connection::Options SourceOptions() const;
  void Note(const std::string& text, v1::Severity severity = v1::SEVERITY_INFO);

  const v1::ExtractOffer& offer_;
  RunOwner& owner_;
  const Options options_;
  std::stop_source stop_;
  const std::stop_callback<std::function<void()>> stop_with_options_;
  v1::Claim claim_;
  std::vector<TablePart> parts_;  // Of FULL_TABLE.
  ProgressCounter progress_;
};

}  // namespace lockstitch::extractor

#endif  // LOCKSTITCH_SERVICES_EXTRACTOR_EXTRACTION_H_
