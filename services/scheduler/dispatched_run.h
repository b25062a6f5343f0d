#ifndef LOCKSTITCH_SERVICES_SCHEDULER_DISPATCHED_RUN_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_DISPATCHED_RUN_H_

#include <cstdint>
#include <string>

namespace lockstitch::scheduler {

// How an open run was dispatched, so that the next leader can go on.
struct DispatchedRun {
  int64_t fence = 0;         // 0: never dispatched.
  uint32_t draws = 0;        // Fences that were, or may have been, drawn for it.
  std::string extractor;     // Its address; empty: none that outlives its owner.
  uint32_t connections = 0;  // Granted to it at each database; 0: not known.
};

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_DISPATCHED_RUN_H_
