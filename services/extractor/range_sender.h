#ifndef LOCKSTITCH_SERVICES_EXTRACTOR_RANGE_SENDER_H_
#define LOCKSTITCH_SERVICES_EXTRACTOR_RANGE_SENDER_H_

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "batch/builder.h"
#include "lockstitch/v1/loader.pb.h"
#include "postgres/connection.h"
#include "services/extractor/progress.h"
#include "services/extractor/source/chunk_cutter.h"
#include "services/extractor/source/load_reads.h"
#include "services/loader/loader_client.h"
#include "telemetry/metrics.h"

namespace lockstitch::extractor {

// Reads one range by COPY in a session's open transaction, and sends it: in chunks of at most about
// `chunks` if it is ordered, else as one. A loader that goes away costs the chunk under way: the
// range is opened again, and what isn't durable of it is read again under the same snapshot. One
// that is just what its read tells to be unchanged is not sent at all.
class RangeSender {
 public:
  struct Options {
    const loader::LoaderClient* loader = nullptr;
    telemetry::Metrics* metrics = nullptr;
    ProgressCounter* progress = nullptr;
    ChunkLimits chunks;
    size_t batch_bytes = batch::kBatchBytes;
    absl::Duration progress_deadline;
    std::stop_token stop;
    // Told, in the caller's thread, whenever a range is opened again, and why.
    std::function<void(const std::string&)> note;
  };

  RangeSender(const v1::Claim& claim, const Options& options) : claim_(claim), options_(options) {}

  // What the range holds, all of it durable, or unchanged. Errors of the source are final for its
  // transaction; those about a row, of either end, name it where it can be told.
  absl::StatusOr<v1::Extent> Send(postgres::Connection& source, const RangeRead& read) const;

 private:
  // What one attempt leaves for the next.
  struct Attempt {
    absl::Status loader_failure;  // Set where it is the loader's end that failed.
    int64_t rows_read = 0;        // That the source sent.
    uint64_t rows_durable = 0;    // Of the range, known so far, by this attempt or an earlier one.
    bool opened = false;          // At the loader, by this attempt or an earlier one.
  };

  absl::StatusOr<v1::Extent> SendOnce(postgres::Connection& source, const RangeRead& read,
                                      Attempt* attempt) const;
  absl::Status NameFailedRow(const absl::Status& failure, postgres::Connection& source,
                             const RangeQuery& query, int64_t row) const;

  class Call;

  const v1::Claim& claim_;
  const Options options_;
};

}  // namespace lockstitch::extractor

#endif  // LOCKSTITCH_SERVICES_EXTRACTOR_RANGE_SENDER_H_
