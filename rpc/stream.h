#ifndef LOCKSTITCH_RPC_STREAM_H_
#define LOCKSTITCH_RPC_STREAM_H_

#include "absl/status/status.h"

namespace lockstitch::rpc {

// The server's end of a call, as the domain sees it. One thread may read while another writes.
template <typename In, typename Out>
class ServerStream {
 public:
  virtual ~ServerStream() = default;
  // Blocks for the next message; false once the caller has sent its last or the call is over (see
  // cancelled).
  virtual bool Read(In* message) = 0;
  // Blocks for flow control; false once the call is over.
  virtual bool Write(const Out& message) = 0;
  // Ends the call from within: a Read or Write in progress, in any thread, answers false.
  // Thread-safe.
  virtual void Cancel() = 0;
  // Whether the call was cancelled, by either side, or its connection broke. Thread-safe.
  virtual bool cancelled() const = 0;
};

// The client's end of a call, which begins with its first Write. One thread may read while another
// writes. Dropped without Finish, it cancels.
template <typename Out, typename In>
class ClientStream {
 public:
  virtual ~ClientStream() = default;
  // Blocks for flow control; false once the call is over: Finish tells why.
  virtual bool Write(const Out& message) = 0;
  // Blocks for the next message; false once there is none any more: Finish tells why.
  virtual bool Read(In* message) = 0;
  // How the call ended. Call it once, last, after Read or Write said false or when nothing more is
  // to be read.
  virtual absl::Status Finish() = 0;
  // Ends the call: a Read or Write in progress, in any thread, answers false. Thread-safe.
  virtual void Cancel() = 0;
};

}  // namespace lockstitch::rpc

#endif  // LOCKSTITCH_RPC_STREAM_H_
