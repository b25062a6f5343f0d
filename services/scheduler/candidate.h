#ifndef LOCKSTITCH_SERVICES_SCHEDULER_CANDIDATE_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_CANDIDATE_H_

#include <stop_token>
#include <thread>

#include "services/scheduler/leader.h"

namespace lockstitch::scheduler {

// Stands for the leadership of a catalog's jobs in a thread of its own, and leads them whenever it
// has it.
class Candidate {
 public:
  explicit Candidate(const Leader::Options& options);
  // Gives the leadership back; jobs under way are left to the next leader.
  ~Candidate() { Stop(); }
  Candidate(const Candidate&) = delete;

  void Stop();

 private:
  std::stop_source stop_;
  std::thread thread_;
};

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_CANDIDATE_H_
