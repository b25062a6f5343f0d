#ifndef LOCKSTITCH_SERVICES_SCHEDULER_EXTRACT_CALL_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_EXTRACT_CALL_H_

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>

#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "lockstitch/v1/extractor.pb.h"
#include "rpc/progress_deadline.h"
#include "services/extractor/extractor_client.h"

namespace lockstitch::scheduler {

// An owner's end of one Extract call. Read and Finish by one thread. Dropped, it cancels.
class ExtractCall {
 public:
  using Stream = extractor::ExtractorClient::ExtractStream;
  struct Options {
    absl::Duration progress_deadline;  // The call is given up when nothing comes for so long.
    std::stop_token stop;              // Ends the run.
    std::stop_token leave;             // Ends the call, whatever that is to the run.
  };

  ExtractCall(std::unique_ptr<Stream> stream, const Options& options);

  // Sends what the call begins with.
  void Write(const v1::ExtractRequest& request);
  // Sends what the run begins with, or goes on. If it `outlives` the call, ending the call ends the
  // run no more: a stop is sent, and the call given up only if the extractor doesn't end it then.
  void Begin(const v1::ExtractRequest& request, bool outlives);
  // Blocks for the next message; false at the call's end.
  bool Read(v1::ExtractResponse* response);
  // How the call has ended, after its result.
  absl::Status Finish() { return stream_->Finish(); }
  // Why it has ended without one. PROGRESS_STALLED where it was given up.
  absl::Status Failure();

 private:
  void Stop();

  const std::unique_ptr<Stream> stream_;
  const absl::Duration limit_;
  absl::Mutex writing_;
  bool outlived_ ABSL_GUARDED_BY(writing_) = false;
  std::optional<rpc::ProgressDeadline> stopping_ ABSL_GUARDED_BY(writing_);
  rpc::ProgressDeadline deadline_;
  const std::stop_callback<std::function<void()>> on_stop_;
  const std::stop_callback<std::function<void()>> on_leave_;
};

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_EXTRACT_CALL_H_
