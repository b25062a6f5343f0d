#include "services/extractor/range_fanout.h"

#include <algorithm>
#include <deque>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "postgres/sqlstate.h"
#include "status/macros.h"
#include "status/reason.h"
#include "telemetry/call_context.h"

namespace lockstitch::extractor {
namespace {

// Keeps the first error of several threads.
class FirstError {
 public:
  // True for the first.
  bool Set(const absl::Status& status) {
    absl::MutexLock lock(&mutex_);
    if (!status_.ok()) return false;
    status_ = status;
    return true;
  }
  absl::Status Get() {
    absl::MutexLock lock(&mutex_);
    return status_;
  }

 private:
  absl::Mutex mutex_;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
};

// The ranges that wait for a session.
class RangeQueue {
 public:
  explicit RangeQueue(const std::vector<const RangeRead*>& reads)
      : waiting_(reads.begin(), reads.end()) {}

  // nullptr if none waits.
  const RangeRead* Take() {
    absl::MutexLock lock(&mutex_);
    if (waiting_.empty()) return nullptr;
    const RangeRead* read = waiting_.front();
    waiting_.pop_front();
    return read;
  }
  void PutBack(const RangeRead* read) {
    absl::MutexLock lock(&mutex_);
    waiting_.push_front(read);
  }

 private:
  absl::Mutex mutex_;
  std::deque<const RangeRead*> waiting_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

absl::StatusOr<Extents> SendByAll(const RangeSender& sender, Snapshot& snapshot,
                                  const std::vector<RangeRead>& reads, FanoutOptions options) {
  std::vector<const RangeRead*> any_time, closing;
  Extents extents;  // Each thread writes to places of its own.
  for (const RangeRead& read : reads) {
    (read.closing ? closing : any_time).push_back(&read);
    extents[read.number] = {};
  }
  const auto send = [&](postgres::Connection& source, const RangeRead& read) -> absl::Status {
    ASSIGN_OR_RETURN(extents.at(read.number), sender.Send(source, read));
    return absl::OkStatus();
  };
  RangeQueue queue(any_time);
  FirstError error;
  const auto send_all = [&](postgres::Connection& source) -> absl::Status {
    while (const RangeRead* read = queue.Take()) {
      const absl::Status sent = send(source, *read);
      if (sent.ok()) continue;
      queue.PutBack(read);
      return sent;
    }
    return absl::OkStatus();
  };
  const auto run = [&](const absl::Status& status) {
    if (!status.ok() && error.Set(status)) options.stop.request_stop();
  };
  const auto join_and_send = [&]() -> absl::Status {
    absl::StatusOr<postgres::SessionPool::Lease> source = options.join();
    if (postgres::SqlStateOf(source.status()) == postgres::kLockNotAvailable) {
      options.note("a lock is waited for at the source: fewer sessions read the table");
      return absl::OkStatus();
    }
    RETURN_IF_ERROR(source.status());
    const absl::Status sent = send_all(**source);
    if (sent.ok() || !(*source)->gone()) return sent;
    const std::string reason = Explain(sent).reason;
    options.metrics->Add(telemetry::Metric::kExtractorRangeRetries, {reason}, 1);
    options.note(absl::StrCat("fewer sessions read the table: ", reason, ": ", sent.message()));
    return absl::OkStatus();
  };

  const size_t sessions = std::min<size_t>(any_time.size(), options.sessions);
  if (sessions > 1) RETURN_IF_ERROR(snapshot.Share());
  std::vector<std::thread> others;
  for (size_t i = 1; i < sessions; ++i)
    others.emplace_back(telemetry::InContext([&] { run(join_and_send()); }));
  run(send_all(snapshot.connection()));
  for (std::thread& other : others) other.join();
  RETURN_IF_ERROR(error.Get());
  RETURN_IF_ERROR(send_all(snapshot.connection()));
  for (const RangeRead* read : closing) RETURN_IF_ERROR(send(snapshot.connection(), *read));
  return extents;
}

}  // namespace lockstitch::extractor
