#ifndef LOCKSTITCH_VERIFICATION_CHECKSUM_CLIENT_H_
#define LOCKSTITCH_VERIFICATION_CHECKSUM_CLIENT_H_

#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "absl/status/status.h"
#include "lockstitch/v1/checksum.pb.h"
#include "rpc/channel.h"

namespace lockstitch::verification {

// Calls one end's checksum service. Thread-safe.
class ChecksumClient {
 public:
  // `name` stands for the service in errors, for example "loader at 127.0.0.1:7403".
  ChecksumClient(rpc::Channel channel, std::string name);
  ~ChecksumClient();

  // Hands each response to `listener`, in the caller's thread. STOPPED after a stop request;
  // PROGRESS_STALLED if nothing comes for `progress_deadline`.
  struct Limits {
    absl::Duration progress_deadline;
    std::stop_token stop;
  };
  absl::Status Checksum(const v1::ChecksumRequest& request,
                        const std::function<void(const v1::ChecksumResponse&)>& listener,
                        const Limits& limits) const;

 private:
  struct Stub;
  std::unique_ptr<Stub> stub_;
  std::string name_;
};

}  // namespace lockstitch::verification

#endif  // LOCKSTITCH_VERIFICATION_CHECKSUM_CLIENT_H_
