#include "rpc/termination.h"

#include <signal.h>

#include <utility>

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

AtTermination::AtTermination(std::function<void()> act)
    : thread_([this, act = std::move(act)] {
        WaitForTermination();
        if (!over_) act();
      }) {}

AtTermination::~AtTermination() {
  over_ = true;
  // To this thread alone, which waits for it unless it has had one.
  pthread_kill(thread_.native_handle(), SIGINT);
  thread_.join();
}

}  // namespace lockstitch::rpc
