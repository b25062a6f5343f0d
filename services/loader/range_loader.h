#ifndef LOCKSTITCH_SERVICES_LOADER_RANGE_LOADER_H_
#define LOCKSTITCH_SERVICES_LOADER_RANGE_LOADER_H_

#include <cstdint>
#include <stop_token>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "batch/verifier.h"
#include "lockstitch/v1/loader.pb.h"
#include "postgres/connection.h"
#include "postgres/session_pool.h"
#include "rpc/progress_deadline.h"
#include "rpc/stream.h"
#include "services/loader/destination/load_record.h"
#include "services/loader/destination/range_record.h"
#include "telemetry/metrics.h"

namespace lockstitch::loader {

// One Load call: writes the chunks of one range, each in one transaction that is committed before
// it is answered. A call that ends early, for whatever reason, leaves nothing of the chunk it was
// in.
class RangeLoader {
 public:
  struct Options {
    postgres::SessionPool* sessions = nullptr;
    telemetry::Metrics* metrics = nullptr;
    absl::Duration progress_deadline;
    std::stop_token stop;
  };
  using Stream = rpc::ServerStream<v1::LoadRequest, v1::LoadResponse>;

  RangeLoader(Stream& stream, const Options& options) : stream_(stream), options_(options) {}

  absl::Status Run();

 private:
  absl::Status Serve(postgres::Connection& connection, const v1::LoadOpen& open);
  absl::StatusOr<bool> Open(postgres::Connection& connection, const v1::LoadOpen& open);
  // Reads the next request, and counts how long that took; false as the stream says.
  bool ReadRequest();
  // Reads one chunk's batches and commits them; false when the caller has sent its last.
  absl::StatusOr<bool> WriteChunk(postgres::Connection& connection, const v1::LoadOpen& open);
  // Writes the chunk's batches, of which `request_` holds the first, and reads its end.
  absl::Status CopyChunk(postgres::Connection& connection, const v1::LoadOpen& open);
  // Tests the end that `request_` holds.
  absl::Status EndChunk(const v1::LoadOpen& open);
  // Makes ready what the chunk's rows go to first, and answers the COPY into it.
  absl::StatusOr<std::string> PrepareCopy(postgres::Connection& connection) const;
  absl::Status Commit(postgres::Connection& connection, const v1::LoadOpen& open,
                      const v1::ChunkEnd& chunk);
  // Puts the staged rows where they belong, and moves the bookmark.
  absl::StatusOr<ChunkOutcome> Apply(postgres::Connection& connection, const StreamState& state,
                                     const LoadRecord& load, const v1::ChunkEnd& chunk) const;
  // Why the call ended while it waited for a message.
  absl::Status CutOff() const;

  Stream& stream_;
  const Options options_;
  rpc::ProgressDeadline* deadline_ = nullptr;
  LoadRecord load_;
  StreamState state_;  // As it was when the range was opened.
  OpenedRange opened_;
  uint32_t next_chunk_ = 0;
  // Of the range's integration.
  telemetry::Metrics::Adder add_rows_;
  telemetry::Metrics::Adder add_bytes_;
  telemetry::Metrics::Adder add_starved_;
  v1::LoadRequest request_;  // Its memory is reused from batch to batch.
  batch::Verifier verifier_;
};

}  // namespace lockstitch::loader

#endif  // LOCKSTITCH_SERVICES_LOADER_RANGE_LOADER_H_
