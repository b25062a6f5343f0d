#ifndef LOCKSTITCH_SERVICES_SCHEDULER_STREAM_VERIFIER_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_STREAM_VERIFIER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <vector>

#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "lockstitch/v1/checksum.pb.h"
#include "lockstitch/v1/verification.pb.h"
#include "services/scheduler/compared_stream.h"
#include "services/scheduler/row_comparison.h"
#include "verification/checksum_client.h"

namespace lockstitch::scheduler {

// Compares one stream. Both ends are read at once: first to sums, and where these differ again, to
// list the rows of the buckets that differ, and a third time to tell how some of them do. Runs
// once.
class StreamVerifier {
 public:
  struct Options {
    const verification::ChecksumClient* source = nullptr;
    const verification::ChecksumClient* destination = nullptr;
    absl::Duration progress_deadline;
    std::stop_token stop;
    size_t max_differences = 10;
    bool show_values = false;
    // Held while rows are listed, which takes memory: one stream of a call at a time.
    absl::Mutex* listing = nullptr;
  };
  // Told whenever something has become known; called in several threads, never in two at once.
  using Listener = std::function<void(const v1::StreamVerification&)>;

  // `verification` is told to the listener, and filled in; it must outlive the verifier.
  StreamVerifier(const ComparedStream& stream, const Options& options,
                 v1::StreamVerification* verification, Listener listener);

  // Leaves the outcome in the verification: VERIFIED or DIFFERENT. Errors are those of an end.
  absl::Status Run();

  // The same of the destination alone, with what the snapshot of its load held. Where that differs,
  // the source is asked what the difference is: of an INCREMENTAL stream that decides, since it may
  // be no more than rows deleted at the source.
  absl::Status RunAgainst(const v1::RowSums& snapshot);

 private:
  using Responses = std::function<void(const v1::ChecksumResponse&)>;

  // Asks both ends for the same; the first failure ends the other call.
  absl::Status AskBoth(const std::function<void(v1::ChecksumRequest*)>& want,
                       const Responses& at_source, const Responses& at_destination);
  absl::Status Ask(const verification::ChecksumClient& client, const v1::ChecksumRequest& request,
                   const Responses& listener, std::stop_source& both) const;
  absl::Status Sum(v1::RowSums* source, v1::RowSums* destination);
  // Reads both ends to sums, and narrows down what differs. A source's row that the next load reads
  // need not be at the destination yet, unless it `must_be_there`.
  absl::Status Compare(bool must_be_there);
  // Lists what differs by the sums, and classes it.
  absl::Status Narrow(const v1::RowSums& source, const v1::RowSums& destination,
                      bool must_be_there);
  absl::Status Describe(const std::vector<uint64_t>& keys);
  bool in_part() const { return stream_.source.has_compare_below(); }

  const ComparedStream stream_;
  const Options options_;
  const Listener listener_;
  absl::Mutex mutex_;
  v1::StreamVerification& verification_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_STREAM_VERIFIER_H_
