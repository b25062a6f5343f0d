#ifndef LOCKSTITCH_RPC_HEAPS_H_
#define LOCKSTITCH_RPC_HEAPS_H_

namespace lockstitch::rpc {

// Has the process's threads share a few of the C library's heaps. By default each of up to eight a
// core has one of its own, and what small things that live on leave free between them stays with
// the process: with a thread a call, memory grows for minutes. Call it before the first thread
// starts.
void ShareHeaps();

}  // namespace lockstitch::rpc

#endif  // LOCKSTITCH_RPC_HEAPS_H_
