#include "services/extractor/extractor.h"

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "services/extractor/checksum.h"
#include "services/extractor/extraction.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::extractor {
namespace {

using telemetry::Metric;

absl::Status TestOffer(const v1::ExtractOffer& offer) {
  if (offer.run_id().empty() || !offer.source().has_postgres() || !offer.target().has_table()) {
    return Error(Reason::kProtocolViolated, "an offer needs a run id, a source and a stream");
  }
  if (offer.settings().method() == v1::REPLICATION_METHOD_LOG_BASED)
    return Error(Reason::kMethodNotAvailable, "this extractor reads no logs");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::LoadResult> Extractor::Extract(const v1::ExtractOffer& offer, RunOwner& owner,
                                                  std::stop_token stop) {
  RETURN_IF_ERROR(TestOffer(offer));
  const absl::Cleanup release = [this] { --taken_; };
  if (++taken_ > options_.slots) {
    return Error(Reason::kSlotsExhausted,
                 absl::StrCat("all ", options_.slots, " slots of the extractor are taken"));
  }
  options_.metrics->Change(Metric::kExtractorSlotsInUse, {}, 1);
  const absl::Cleanup uncount = [this] {
    options_.metrics->Change(Metric::kExtractorSlotsInUse, {}, -1);
  };

  std::stop_source either;
  const std::stop_callback by_owner(stop, [&] { either.request_stop(); });
  const std::stop_callback by_process(stop_.get_token(), [&] { either.request_stop(); });
  absl::StatusOr<v1::LoadResult> result = Run(offer, owner, either.get_token());
  if (!result.ok() && stop_.stop_requested())
    result = Error(Reason::kShuttingDown, "the extractor is shutting down");
  if (!result.ok() && stop.stop_requested())
    result = Error(Reason::kStopped, "the run was stopped by its owner");
  options_.metrics->Add(Metric::kExtractorRuns,
                        {result.ok() ? "NONE" : Explain(result.status()).reason}, 1);
  return result;
}

absl::StatusOr<v1::LoadResult> Extractor::Run(const v1::ExtractOffer& offer, RunOwner& owner,
                                              std::stop_token stop) {
  ASSIGN_OR_RETURN(const int64_t fence, owner.AwaitFence());
  Extraction extraction(offer, fence, owner,
                        {.loader = options_.loader,
                         .sessions = &sessions_,
                         .metrics = options_.metrics,
                         .snapshots = &snapshots_,
                         .chunks = options_.chunks,
                         .progress_deadline = options_.progress_deadline,
                         .snapshot_age_limit = options_.snapshot_age_limit,
                         .stop = stop});
  return extraction.Run();
}

absl::Status Extractor::Checksum(const v1::ChecksumRequest& request,
                                 const verification::ChecksumSink& sink, std::stop_token stop) {
  std::stop_source either;
  const std::stop_callback by_caller(stop, [&] { either.request_stop(); });
  const std::stop_callback by_process(stop_.get_token(), [&] { either.request_stop(); });
  const absl::Status status = ReadSource(
      request, {.progress_deadline = options_.progress_deadline, .stop = either.get_token()}, sink,
      sessions_, snapshots_);
  if (status.ok() || !stop_.stop_requested()) return status;
  return Error(Reason::kShuttingDown, "the extractor is shutting down");
}

}  // namespace lockstitch::extractor
