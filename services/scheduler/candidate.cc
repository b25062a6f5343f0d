#include "services/scheduler/candidate.h"

#include <unistd.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "services/scheduler/store/leadership.h"

namespace lockstitch::scheduler {
namespace {

std::string HolderName() {
  char host[256] = "";
  ::gethostname(host, sizeof(host) - 1);
  return absl::StrCat(host, ":", ::getpid());
}

}  // namespace

Candidate::Candidate(const Leader::Options& options)
    : thread_([options, stop = stop_.get_token()] {
        Leadership::Run(
            {.catalog = options.catalog, .holder = HolderName()},
            [&](int64_t term, std::stop_token lost) {
              Leader(options, term).Run(lost);
              if (!stop.stop_requested())
                options.metrics->Add(telemetry::Metric::kSchedulerLeadershipLost, {}, 1);
            },
            stop);
      }) {}

void Candidate::Stop() {
  stop_.request_stop();
  if (thread_.joinable()) thread_.join();
}

}  // namespace lockstitch::scheduler
