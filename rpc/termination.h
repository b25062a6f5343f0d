#ifndef LOCKSTITCH_RPC_TERMINATION_H_
#define LOCKSTITCH_RPC_TERMINATION_H_

namespace lockstitch::rpc {

// Call first in main, before any thread begins: SIGTERM and SIGINT no longer end the process but
// WaitForTermination.
void HoldTermination();

// Blocks until SIGTERM or SIGINT comes.
void WaitForTermination();

}  // namespace lockstitch::rpc

#endif  // LOCKSTITCH_RPC_TERMINATION_H_
