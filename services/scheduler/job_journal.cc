#include "services/scheduler/job_journal.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "rpc/retry.h"
#include "services/scheduler/log_line.h"
#include "status/reason.h"
#include "telemetry/log.h"

namespace lockstitch::scheduler {
namespace {

// Between attempts at a write.
constexpr rpc::RetryPolicy kPolicy = {.first = absl::Milliseconds(100), .most = absl::Seconds(2)};
// What the catalog can be reached for and refuses so often is given up, lest it keep all else from
// being written.
constexpr int kMostRefusals = 5;

absl::Status Lost() {
  return Error(Reason::kLeadershipLost, "another scheduler leads, or this one is shutting down");
}

}  // namespace

JobJournal::JobJournal(Write write, const Options& options)
    : write_(std::move(write)),
      options_(options),
      on_leave_(options.leave,
                [this] {
                  absl::MutexLock lock(&mutex_);
                  left_ = true;
                }),
      thread_([this] { Run(); }) {}

JobJournal::~JobJournal() {
  {
    absl::MutexLock lock(&mutex_);
    ending_ = true;
  }
  thread_.join();
}

void JobJournal::TellProgress(const v1::StreamRun& run) {
  absl::MutexLock lock(&mutex_);
  runs_[run.run_id()] = run;
}

void JobJournal::Forget(const std::string& run_id) {
  absl::MutexLock lock(&mutex_);
  runs_.erase(run_id);
}

void JobJournal::Log(const std::string& job_id, const v1::LogEntry& entry) {
  absl::MutexLock lock(&mutex_);
  Lines& lines = lines_[job_id];
  if (entries_.size() >= options_.most_lines) {
    ++lines.left_out;
    return;
  }
  entries_.push_back({job_id, entry});
  ++lines.waiting;
}

absl::Status JobJournal::Flush(const std::string& job_id) {
  absl::MutexLock lock(&mutex_);
  const auto done = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return lost_ || left_ || lines_.count(job_id) == 0;
  };
  ++flushes_;
  mutex_.Await(absl::Condition(&done));
  --flushes_;
  return !lost_ && lines_.count(job_id) == 0 ? absl::OkStatus() : Lost();
}

void JobJournal::Run() {
  while (true) {
    const Batch batch = Next();
    if (batch.runs.empty() && batch.entries.empty()) return;
    WriteOut(batch);
    absl::MutexLock lock(&mutex_);
    for (const JobLogEntry& entry : batch.entries) {
      const auto lines = lines_.find(entry.job_id);
      if (--lines->second.waiting == 0 && lines->second.left_out == 0) lines_.erase(lines);
    }
  }
}

JobJournal::Batch JobJournal::Next() {
  absl::MutexLock lock(&mutex_);
  const auto idle = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return runs_.empty() && lines_.empty();
  };
  const auto over = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return lost_ || ending_; };
  const auto something = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return over() || !idle(); };
  const auto wanted = [&]()
                          ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return over() || flushes_ > 0; };
  do {
    mutex_.Await(absl::Condition(&something));
    mutex_.AwaitWithTimeout(absl::Condition(&wanted), options_.interval);
  } while (!over() && idle());
  Batch batch;
  if (lost_) return batch;
  for (auto& [id, run] : std::exchange(runs_, {})) batch.runs.push_back(std::move(run));
  batch.entries = std::exchange(entries_, {});
  for (auto& [job_id, lines] : lines_) {
    if (lines.left_out == 0) continue;
    batch.entries.push_back(
        {job_id, LogLine(v1::SEVERITY_WARNING, "",
                         absl::StrCat(lines.left_out,
                                      " lines are left out: the catalog could not be written"))});
    ++lines.waiting;
    lines.left_out = 0;
  }
  return batch;
}

void JobJournal::WriteOut(const Batch& batch) {
  int refusals = 0;
  int attempt = 1;
  do {
    const absl::Status written = write_(batch.runs, batch.entries);
    if (written.ok()) return;
    if (ReasonOf(written) == Reason::kLeadershipLost) return Lose();
    telemetry::LogError("progress and log lines of jobs are not written yet", written);
    if (rpc::IsOutOfReach(written, /*reached=*/true)) continue;
    if (batch.runs.size() + batch.entries.size() > 1) return WriteParts(batch);
    ++refusals;
  } while (refusals < kMostRefusals && rpc::WaitBeforeAttempt(kPolicy, ++attempt, options_.leave));
  telemetry::Log(telemetry::LogSeverity::kError, "log lines of jobs are given up",
                 {{"lines", absl::StrCat(batch.entries.size())}});
}

void JobJournal::WriteParts(const Batch& batch) {
  const auto middle = [](const auto& all) { return all.begin() + (all.size() + 1) / 2; };
  // Where there are both, each kind by itself.
  const bool both = !batch.runs.empty() && !batch.entries.empty();
  const auto runs = both ? batch.runs.end() : middle(batch.runs);
  const auto entries = both ? batch.entries.begin() : middle(batch.entries);
  WriteOut({{batch.runs.begin(), runs}, {batch.entries.begin(), entries}});
  WriteOut({{runs, batch.runs.end()}, {entries, batch.entries.end()}});
}

void JobJournal::Lose() {
  absl::MutexLock lock(&mutex_);
  lost_ = true;
}

}  // namespace lockstitch::scheduler
