#include "services/extractor/extractor.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "schema/protocol_version.h"
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

absl::Duration GraceOf(const v1::ExtractOffer& offer) {
  return absl::Seconds(offer.grace().seconds()) + absl::Nanoseconds(offer.grace().nanos());
}

}  // namespace

// One of the extractor's slots, taken until it goes.
class Extractor::Slot {
 public:
  explicit Slot(Extractor& extractor) : extractor_(extractor) {}
  ~Slot() {
    absl::MutexLock lock(&extractor_.mutex_);
    extractor_.idle_since_ = absl::Now();
    --extractor_.taken_;
  }
  Slot(const Slot&) = delete;

 private:
  Extractor& extractor_;
};

absl::StatusOr<std::shared_ptr<Extractor::Slot>> Extractor::TakeSlot() {
  absl::MutexLock lock(&mutex_);
  if (draining_)
    return Error(Reason::kSlotsExhausted, "the extractor takes no more runs: it is about to end");
  if (taken_ < options_.slots) {
    ++taken_;
    return std::make_shared<Slot>(*this);
  }
  return Error(Reason::kSlotsExhausted,
               absl::StrCat("all ", options_.slots, " slots of the extractor are taken"));
}

Extractor::Extractor(const Options& options)
    : options_(options),
      idle_since_(absl::Now()),
      snapshots_(options.metrics),
      sampling_(options.metrics->Sample([this] { Sample(); })) {
  options_.metrics->Set(Metric::kExtractorSlotsLimit, {}, options_.slots);
}

void Extractor::Sample() {
  int taken = 0;
  absl::Duration idle;
  {
    absl::MutexLock lock(&mutex_);
    taken = taken_;
    if (taken == 0) idle = absl::Now() - idle_since_;
  }
  options_.metrics->Set(Metric::kExtractorSlotsInUse, {}, taken);
  options_.metrics->Set(Metric::kExtractorIdleSeconds, {}, absl::ToDoubleSeconds(idle));
  options_.metrics->Set(Metric::kExtractorSourceConnections, {},
                        static_cast<double>(sessions_.used()));
}

void Extractor::Drain(absl::Duration limit) {
  absl::MutexLock lock(&mutex_);
  draining_ = true;
  mutex_.AwaitWithTimeout(absl::Condition(
                              +[](int* taken) { return *taken == 0; }, &taken_),
                          limit);
}

void Extractor::Advertise(const std::string& address) {
  absl::MutexLock lock(&mutex_);
  address_ = address;
}

void Extractor::Accept(OwnerCall& owner) {
  v1::ExtractResponse response;
  response.mutable_accepted()->set_protocol(schema::kProtocol);
  {
    absl::MutexLock lock(&mutex_);
    response.mutable_accepted()->set_address(address_);
  }
  owner.Report(response);
}

absl::StatusOr<v1::LoadResult> Extractor::Extract(const v1::ExtractOffer& offer, OwnerCall& owner) {
  RETURN_IF_ERROR(TestOffer(offer));
  if (stop_.stop_requested()) return Error(Reason::kShuttingDown, "the extractor is shutting down");
  ASSIGN_OR_RETURN(std::shared_ptr<Slot> slot, TakeSlot());
  Accept(owner);
  const absl::StatusOr<int64_t> fence = owner.AwaitFence();
  if (!fence.ok()) return Ended(fence.status(), /*stopped=*/false);
  const absl::Duration grace = GraceOf(offer);
  if (grace <= absl::ZeroDuration()) {
    std::stop_source either;
    const std::stop_callback on_stop(owner.stopped(), [&] { either.request_stop(); });
    const std::stop_callback on_break(owner.gone(), [&] { either.request_stop(); });
    return Run(offer, *fence, owner, either.get_token());
  }
  const auto work = [this, offer, fence = *fence, slot = std::move(slot)](RunOwner& kept,
                                                                          std::stop_token stop) {
    return Run(offer, fence, kept, stop);
  };
  ASSIGN_OR_RETURN(const std::shared_ptr<KeptRun> run,
                   runs_.Begin(offer.run_id(), *fence, grace, work));
  return run->Follow(owner);
}

absl::StatusOr<v1::LoadResult> Extractor::Attach(const v1::ExtractAttach& attach,
                                                 OwnerCall& owner) {
  ASSIGN_OR_RETURN(const std::shared_ptr<KeptRun> run, runs_.Find(attach.run_id(), attach.fence()));
  Accept(owner);
  return run->Follow(owner);
}

absl::StatusOr<v1::LoadResult> Extractor::Run(const v1::ExtractOffer& offer, int64_t fence,
                                              RunOwner& owner, std::stop_token stop) {
  std::stop_source either;
  const std::stop_callback by_owner(stop, [&] { either.request_stop(); });
  const std::stop_callback by_process(stop_.get_token(), [&] { either.request_stop(); });
  Extraction extraction(offer, fence, owner,
                        {.loader = options_.loader,
                         .sessions = &sessions_,
                         .metrics = options_.metrics,
                         .snapshots = &snapshots_,
                         .chunks = options_.chunks,
                         .batch_bytes = options_.batch_bytes,
                         .progress_deadline = options_.progress_deadline,
                         .snapshot_age_limit = options_.snapshot_age_limit,
                         .stop = either.get_token()});
  absl::StatusOr<v1::LoadResult> result = extraction.Run();
  return Ended(std::move(result), stop.stop_requested());
}

absl::StatusOr<v1::LoadResult> Extractor::Ended(absl::StatusOr<v1::LoadResult> result,
                                                bool stopped) {
  if (!result.ok() && stop_.stop_requested())
    result = Error(Reason::kShuttingDown, "the extractor is shutting down");
  if (!result.ok() && stopped) result = Error(Reason::kStopped, "the run was stopped by its owner");
  options_.metrics->Add(Metric::kExtractorRuns,
                        {result.ok() ? "NONE" : Explain(result.status()).reason}, 1);
  return result;
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
