#include "rpc/termination.h"

#include <signal.h>

namespace lockstitch::rpc {
namespace {

sigset_t Signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

}  // namespace

void HoldTermination() {
  const sigset_t signals = Signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

void WaitForTermination() {
  const sigset_t signals = Signals();
  int signal = 0;
  sigwait(&signals, &signal);
}

}  // namespace lockstitch::rpc
