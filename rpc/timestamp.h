#ifndef LOCKSTITCH_RPC_TIMESTAMP_H_
#define LOCKSTITCH_RPC_TIMESTAMP_H_

#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"

namespace lockstitch::rpc {

// A time as messages carry it, to the nanosecond.
google::protobuf::Timestamp ToTimestamp(absl::Time time);
absl::Time FromTimestamp(const google::protobuf::Timestamp& timestamp);

}  // namespace lockstitch::rpc

#endif  // LOCKSTITCH_RPC_TIMESTAMP_H_
