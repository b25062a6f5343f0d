#ifndef LOCKSTITCH_SERVICES_EXTRACTOR_KEPT_RUN_H_
#define LOCKSTITCH_SERVICES_EXTRACTOR_KEPT_RUN_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "lockstitch/v1/extractor.pb.h"
#include "services/extractor/run_owner.h"

namespace lockstitch::extractor {

// No extraction of that run with that fence is known here.
absl::Status RunNotFound(const std::string& run_id, int64_t fence);

// A run that outlives its owner's call: it works in a thread of its own, tells its present owner
// what becomes known, and keeps what the next one has to know. Thread-safe.
class KeptRun final : public RunOwner {
 public:
  // Works until the end, or a stop request, and reports to the run.
  using Work = std::function<absl::StatusOr<v1::LoadResult>(RunOwner&, std::stop_token)>;

  // Begins to work. `grace` is how long the run goes on, and its end is kept, without an owner.
  KeptRun(std::string run_id, int64_t fence, absl::Duration grace, Work work);
  // Stops it and waits for it. No owner may follow any more.
  ~KeptRun() override;

  void Report(const v1::ExtractResponse& response) override;

  // Makes `owner` the run's owner, tells it what the run has come to so far, follows the run and
  // answers how it ended. The owner before, should there be one, is answered SUPERSEDED. STOPPED
  // when the owner's call breaks, which leaves the run as it is; the owner's stop ends the run.
  // RUN_NOT_FOUND once it has expired.
  absl::StatusOr<v1::LoadResult> Follow(OwnerCall& owner);

  // Whether nobody has followed the run for the grace time. It is stopped then, and nobody may
  // follow it any more.
  bool Expire(absl::Time now);

  // When its work ended; nothing while it goes on.
  std::optional<absl::Time> ended_at() const;

 private:
  // The newest lines are kept.
  static constexpr size_t kMostLogs = 200;

  void DoWork(Work work);
  void Keep(const v1::ExtractResponse& response) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Replay(OwnerCall& owner) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string run_id_;
  const int64_t fence_;
  const absl::Duration grace_;
  std::stop_source stop_;
  mutable absl::Mutex mutex_;
  OwnerCall* owner_ ABSL_GUARDED_BY(mutex_) = nullptr;
  int64_t owners_ ABSL_GUARDED_BY(mutex_) = 0;  // So many there were.
  absl::Time alone_since_ ABSL_GUARDED_BY(mutex_);
  bool expired_ ABSL_GUARDED_BY(mutex_) = false;
  // What is told to the next owner; `logs_` since there has been none.
  v1::ExtractResponse begun_ ABSL_GUARDED_BY(mutex_);
  v1::ExtractResponse progress_ ABSL_GUARDED_BY(mutex_);
  v1::ExtractResponse snapshot_sums_ ABSL_GUARDED_BY(mutex_);
  std::deque<v1::ExtractResponse> logs_ ABSL_GUARDED_BY(mutex_);
  int64_t dropped_logs_ ABSL_GUARDED_BY(mutex_) = 0;
  std::optional<absl::StatusOr<v1::LoadResult>> end_ ABSL_GUARDED_BY(mutex_);
  std::optional<absl::Time> ended_at_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace lockstitch::extractor

#endif  // LOCKSTITCH_SERVICES_EXTRACTOR_KEPT_RUN_H_
