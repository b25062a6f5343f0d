#include "services/scheduler/plan.h"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <tuple>

#include "absl/strings/str_cat.h"

namespace lockstitch::scheduler {
namespace {

// What a connection of its own is worth: a few seconds of reading.
constexpr int64_t kConnectionBytes = int64_t{256} << 20;

// What is granted of a database, and how much of it there is.
struct Database {
  uint32_t limit = std::numeric_limits<uint32_t>::max();
  uint32_t taken = 0;

  uint32_t left() const { return limit > taken ? limit - taken : 0; }
};

// One job while a plan is made.
struct Candidate {
  size_t running = 0;
  size_t started = 0;  // By this plan.
  Database* source = nullptr;
  Database* destination = nullptr;
};

class StartPlan {
 public:
  StartPlan(absl::Span<const JobStanding> jobs, size_t most_runs)
      : jobs_(jobs), most_runs_(most_runs) {
    for (const JobStanding& job : jobs) {
      candidates_.push_back(
          {.running = job.running,
           .source = Share(job.limits->source, job.connections, sources_),
           .destination = Share(job.limits->destination, job.connections, destinations_)});
      running_ += job.running;
    }
  }

  std::vector<StartRun> Make() {
    std::vector<StartRun> starts;
    while (running_ < most_runs_) {
      const std::optional<size_t> next = Next();
      if (!next) break;
      starts.push_back(Start(*next));
    }
    return starts;
  }

 private:
  static Database* Share(const DatabaseShare& share, uint32_t taken,
                         std::map<std::string, Database>& databases) {
    Database& database = databases[share.database];
    database.limit = std::min(database.limit, share.connections);
    database.taken += taken;
    return &database;
  }

  const QueuedRun& First(size_t job) const { return jobs_[job].queued[candidates_[job].started]; }

  bool MayStart(size_t job) const {
    const Candidate& candidate = candidates_[job];
    return candidate.started < jobs_[job].queued.size() &&
           candidate.running < jobs_[job].limits->parallel_streams &&
           candidate.source->left() > 0 && candidate.destination->left() > 0;
  }

  size_t Waiting(size_t job) const { return jobs_[job].queued.size() - candidates_[job].started; }

  // Whether the job has more that wait and may run beside its next one, or another has some at one
  // of its databases.
  bool OthersWait(size_t job) const {
    const Candidate& candidate = candidates_[job];
    if (Waiting(job) > 1 && candidate.running + 1 < jobs_[job].limits->parallel_streams)
      return true;
    for (size_t other = 0; other < jobs_.size(); ++other) {
      const bool shares = candidates_[other].source == candidate.source ||
                          candidates_[other].destination == candidate.destination;
      if (other != job && shares && Waiting(other) > 0) return true;
    }
    return false;
  }

  std::optional<size_t> Next() const {
    std::optional<size_t> best;
    const auto rank = [&](size_t job) {
      return std::tuple(candidates_[job].running, -First(job).size_bytes);
    };
    for (size_t job = 0; job < jobs_.size(); ++job) {
      if (MayStart(job) && (!best || rank(job) < rank(*best))) best = job;
    }
    return best;
  }

  StartRun Start(size_t job) {
    Candidate& candidate = candidates_[job];
    StartRun start = {.job = job, .queued = First(job)};
    const uint32_t left = std::min(candidate.source->left(), candidate.destination->left());
    uint32_t share = left;
    if (start.queued.by_size) share = std::max(1u, OthersWait(job) ? left / 2 : left - 1);
    start.connections = std::clamp(start.queued.connections, 1u, share);
    candidate.source->taken += start.connections;
    candidate.destination->taken += start.connections;
    ++candidate.started;
    ++candidate.running;
    ++running_;
    start.reason = absl::StrCat(
        "largest queued, ", candidate.running, " of ", jobs_[job].limits->parallel_streams,
        " of its job at once, ", running_, " of ", most_runs_, " in all, ", candidate.source->taken,
        " of ", candidate.source->limit, " connections at the source, ",
        candidate.destination->taken, " of ", candidate.destination->limit, " at the destination");
    return start;
  }

  const absl::Span<const JobStanding> jobs_;
  const size_t most_runs_;
  size_t running_ = 0;
  std::vector<Candidate> candidates_;
  std::map<std::string, Database> sources_;
  std::map<std::string, Database> destinations_;
};

bool IsOpen(v1::StreamRunState state) {
  return state == v1::STREAM_RUN_STATE_QUEUED || state == v1::STREAM_RUN_STATE_RUNNING;
}

}  // namespace

QueuedRun QueueRun(size_t run, const v1::StreamSettings& settings, int64_t size_bytes) {
  QueuedRun queued = {.run = run, .size_bytes = size_bytes, .connections = settings.ranges()};
  if (settings.ranges() > 0) return queued;
  queued.by_size = true;
  const bool from_end_to_end = settings.method() != v1::REPLICATION_METHOD_INCREMENTAL;
  queued.connections =
      from_end_to_end ? static_cast<uint32_t>(std::clamp<int64_t>(
                            size_bytes / kConnectionBytes, 1, std::numeric_limits<int32_t>::max()))
                      : 1;
  return queued;
}

std::vector<StartRun> PlanStarts(absl::Span<const JobStanding> jobs, size_t most_runs) {
  return StartPlan(jobs, most_runs).Make();
}

v1::JobState PlanJobState(const std::vector<v1::StreamRunState>& runs, bool stopped) {
  if (std::any_of(runs.begin(), runs.end(), IsOpen)) return v1::JOB_STATE_RUNNING;
  const bool succeeded = std::all_of(runs.begin(), runs.end(), [](v1::StreamRunState run) {
    return run == v1::STREAM_RUN_STATE_SUCCEEDED;
  });
  if (succeeded) return v1::JOB_STATE_SUCCEEDED;
  return stopped ? v1::JOB_STATE_CANCELLED : v1::JOB_STATE_FAILED;
}

}  // namespace lockstitch::scheduler
