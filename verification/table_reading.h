#ifndef LOCKSTITCH_VERIFICATION_TABLE_READING_H_
#define LOCKSTITCH_VERIFICATION_TABLE_READING_H_

#include <functional>
#include <stop_token>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "lockstitch/v1/checksum.pb.h"
#include "postgres/connection.h"

namespace lockstitch::verification {

// Takes a response on its way to the caller; an error ends the reading. Thread-safe.
using ChecksumSink = std::function<absl::Status(v1::ChecksumResponse response)>;

// Reads one end's table in the open transaction of `connection` and hands over what the request
// wants of it, and once a second how many rows were read. Keeps a few hundred kilobytes, whatever
// the table's size, but for the one row that is being read. STOPPED after a stop request,
// PROGRESS_STALLED if the server sends nothing for `progress_deadline`; then the connection is
// broken.
struct ReadingOptions {
  absl::Duration progress_deadline;
  std::stop_token stop;
};
absl::Status ReadChecksums(postgres::Connection& connection, const v1::ChecksumRequest& request,
                           const ReadingOptions& options, const ChecksumSink& sink);

}  // namespace lockstitch::verification

#endif  // LOCKSTITCH_VERIFICATION_TABLE_READING_H_
