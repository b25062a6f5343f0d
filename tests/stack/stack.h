#ifndef LOCKSTITCH_TESTS_STACK_STACK_H_
#define LOCKSTITCH_TESTS_STACK_STACK_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lockstitch/v1/integration.pb.h"
#include "lockstitch/v1/job.pb.h"
#include "lockstitch/v1/scheduler.pb.h"
#include "services/loader/loader_client.h"
#include "services/scheduler/scheduler_client.h"
#include "testing/child_process.h"

namespace lockstitch::tests {

// One service as a process on loopback, built with failpoints. `failpoints` is
// LOCKSTITCH_FAILPOINTS.
class ServiceProcess {
 public:
  ServiceProcess(const std::string& name, const std::vector<std::string>& flags,
                 const std::string& failpoints = "");

  // Where it serves; stays over Restart.
  const std::string& address() const { return address_; }
  testing::ChildProcess& process() { return *process_; }
  // Where it serves health alone, if it was told to at 127.0.0.1.
  std::string health_address() const { return "127.0.0.1:" + health_port_; }
  std::string metrics_url() const { return "http://127.0.0.1:" + metrics_port_ + "/metrics"; }

  // The most resident memory that it has had so far, in MiB (VmHWM).
  int64_t PeakMegabytes() const;

  // Starts it anew at the same address, after its end.
  void Restart(const std::string& failpoints = "");

 private:
  void Start(const std::string& listen, const std::string& failpoints);

  std::string name_;
  std::vector<std::string> flags_;
  std::string address_;
  std::string metrics_port_;
  std::string health_port_;
  std::unique_ptr<testing::ChildProcess> process_;
};

// The four services as processes that know each other.
class Stack {
 public:
  struct Failpoints {
    std::string loader;
    std::string extractor;
    std::string scheduler;
  };

  Stack() : Stack(Failpoints()) {}
  explicit Stack(const Failpoints& failpoints, const std::vector<std::string>& extractor_flags = {},
                 const std::vector<std::string>& loader_flags = {});

  ServiceProcess loader;
  ServiceProcess discovery;
  ServiceProcess extractor;
  ServiceProcess scheduler;
};

// What a job came to.
struct JobOutcome {
  v1::Job job;
  std::vector<v1::StreamRun> streams;
  std::vector<std::string> log;  // Its lines.

  // The run of this stream; an empty one if there is none.
  v1::StreamRun stream(const std::string& name) const;
};

// Expects that the job has succeeded, and every stream run with it.
void ExpectSucceeded(const JobOutcome& outcome);

// Runs one job at the stack's scheduler, over gRPC; `reset` forgets bookmarks and source first.
JobOutcome RunJob(Stack& stack, const v1::Integration& integration, bool reset = false);
// The same at the scheduler of that address. A call that breaks leaves the job as it was when its
// last event came.
JobOutcome RunJobAt(const std::string& scheduler, const v1::Integration& integration,
                    bool reset = false);
JobOutcome RunJobAt(const std::string& scheduler, const v1::RunOnceRequest& request);

// An integration named `name` of every table, or of the streams given, each read in `ranges`.
v1::Integration IntegrationOf(const std::string& name, const std::string& source_url,
                              const std::string& destination_url,
                              const std::vector<std::string>& streams = {}, uint32_t ranges = 1);

}  // namespace lockstitch::tests

#endif  // LOCKSTITCH_TESTS_STACK_STACK_H_
