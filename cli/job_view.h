#ifndef LOCKSTITCH_CLI_JOB_VIEW_H_
#define LOCKSTITCH_CLI_JOB_VIEW_H_

#include <string>
#include <vector>

#include "lockstitch/v1/job.pb.h"

namespace lockstitch::cli {

// A job as its events have told so far.
class JobView {
 public:
  void Add(const v1::JobEvent& event);

  const v1::Job& job() const { return job_; }
  // In the order in which they became known.
  const std::vector<v1::StreamRun>& streams() const { return streams_; }

 private:
  v1::Job job_;
  std::vector<v1::StreamRun> streams_;
};

// How long the run took, or has taken until now.
double SecondsOf(const v1::StreamRun& run);

// One object: {"job": {...}, "streams": [{...}]}, as docs/command.md tells.
std::string JobAsJson(const JobView& view);

// A summary table, with the failures' messages and remedies below it.
std::string JobAsTable(const JobView& view);

}  // namespace lockstitch::cli

#endif  // LOCKSTITCH_CLI_JOB_VIEW_H_
