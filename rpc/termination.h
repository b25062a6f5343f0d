#ifndef LOCKSTITCH_RPC_TERMINATION_H_
#define LOCKSTITCH_RPC_TERMINATION_H_

#include <atomic>
#include <functional>
#include <thread>

namespace lockstitch::rpc {

// Call first in main, before any thread begins: SIGTERM and SIGINT no longer end the process but
// WaitForTermination.
void HoldTermination();

// Blocks until SIGTERM or SIGINT comes.
void WaitForTermination();

// Calls `act` once SIGTERM or SIGINT comes, in a thread of its own. Destruction waits for a running
// `act`; a signal that comes later is for others.
class AtTermination {
 public:
  explicit AtTermination(std::function<void()> act);
  ~AtTermination();
  AtTermination(const AtTermination&) = delete;

 private:
  std::atomic<bool> over_ = false;
  std::thread thread_;
};

}  // namespace lockstitch::rpc

#endif  // LOCKSTITCH_RPC_TERMINATION_H_
