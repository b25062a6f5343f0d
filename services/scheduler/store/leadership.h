#ifndef LOCKSTITCH_SERVICES_SCHEDULER_STORE_LEADERSHIP_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_STORE_LEADERSHIP_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "absl/time/time.h"
#include "services/scheduler/store/catalog.h"

namespace lockstitch::scheduler {

// Leads, or waits to: the leader is who holds an advisory lock of the catalog in a session of its
// own, which the server ends 4 s after its last sign of life (idle_session_timeout), so that a
// stopped leader loses it. Taking it increments the term.
class Leadership {
 public:
  struct Options {
    Catalog* catalog = nullptr;  // Must outlive it.
    std::string holder;          // Who leads, for people: host and process.
    absl::Duration ping = absl::Seconds(1);
  };
  // Runs while this process leads: called with the term and a token that stops when the leadership
  // is lost or given up; must return soon after. Nobody else leads before it was stopped, but for
  // the time of a ping: writes test the term.
  using Lead = std::function<void(int64_t term, std::stop_token lost)>;

  // Leads whenever it can, until `stop`, in the caller's thread; loses and gains it again as the
  // catalog comes and goes. A leader that is stopped gives the lock back at once.
  static void Run(const Options& options, const Lead& lead, std::stop_token stop);
};

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_STORE_LEADERSHIP_H_
