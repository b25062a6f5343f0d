#ifndef LOCKSTITCH_SERVICES_EXTRACTOR_RANGE_SENDER_H_
#define LOCKSTITCH_SERVICES_EXTRACTOR_RANGE_SENDER_H_

#include <cstdint>
#include <stop_token>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "lockstitch/v1/loader.pb.h"
#include "postgres/connection.h"
#include "rpc/progress_deadline.h"
#include "services/extractor/progress.h"
#include "services/extractor/source/full_table.h"
#include "services/loader/loader_client.h"
#include "telemetry/metrics.h"

namespace lockstitch::extractor {

// Reads one range by COPY in a session's open transaction, and sends it as one chunk. A loader that
// goes away costs this range: it is opened again, and read again under the same snapshot unless it
// turns out to be durable.
class RangeSender {
 public:
  struct Options {
    const loader::LoaderClient* loader = nullptr;
    telemetry::Metrics* metrics = nullptr;
    ProgressCounter* progress = nullptr;
    absl::Duration progress_deadline;
    std::stop_token stop;
  };

  RangeSender(const v1::Claim& claim, const Options& options) : claim_(claim), options_(options) {}

  // What the range holds, all of it durable. Errors of the source are final for its transaction;
  // those about a row, of either end, name it where it can be told.
  absl::StatusOr<v1::Extent> Send(postgres::Connection& source, uint32_t range,
                                  const RangeQuery& query) const;

 private:
  absl::StatusOr<v1::Extent> SendOnce(postgres::Connection& source, uint32_t range,
                                      const RangeQuery& query, absl::Status* loader_failure,
                                      int64_t* rows_read) const;
  // Sets `loader_failure` where it is the loader's end that failed, and counts the rows that the
  // source sent.
  absl::StatusOr<v1::Extent> Transfer(postgres::Connection& source, uint32_t range,
                                      const RangeQuery& query,
                                      loader::LoaderClient::LoadStream& load,
                                      rpc::ProgressDeadline& deadline, absl::Status* loader_failure,
                                      int64_t* rows_read) const;
  absl::Status NameFailedRow(const absl::Status& failure, postgres::Connection& source,
                             const RangeQuery& query, int64_t row) const;

  const v1::Claim& claim_;
  const Options options_;
};

}  // namespace lockstitch::extractor

#endif  // LOCKSTITCH_SERVICES_EXTRACTOR_RANGE_SENDER_H_
