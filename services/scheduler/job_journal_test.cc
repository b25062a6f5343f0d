#include "services/scheduler/job_journal.h"

#include <thread>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/scheduler/log_line.h"
#include "status/reason.h"
#include "testing/status_matchers.h"

namespace lockstitch::scheduler {
namespace {

using ::testing::ElementsAre;
using testing::HasReason;
using ::testing::IsEmpty;
using testing::IsOk;

// A line that the catalog doesn't take.
constexpr char kRefused[] = "refused";

// A catalog that a test can take away.
class FakeCatalog {
 public:
  absl::Status Write(const std::vector<v1::StreamRun>& runs,
                     const std::vector<JobLogEntry>& entries) {
    absl::MutexLock lock(&mutex_);
    ++writes_;
    mutex_.Await(absl::Condition(this, &FakeCatalog::Answers));
    if (!failure_.ok()) return std::exchange(failure_, absl::OkStatus());
    for (const JobLogEntry& entry : entries) {
      if (entry.entry.message() == kRefused) return Error(Reason::kCatalogWriteFailed, "22021");
    }
    for (const v1::StreamRun& run : runs)
      rows_.push_back({run.run_id(), run.progress().rows_loaded()});
    for (const JobLogEntry& entry : entries) lines_.push_back(entry.entry.message());
    return absl::OkStatus();
  }
  JobJournal::Write AsWrite() {
    return [this](const auto& runs, const auto& entries) { return Write(runs, entries); };
  }

  void SetAway(bool away) {
    absl::MutexLock lock(&mutex_);
    away_ = away;
  }
  // The next write fails so.
  void Fail(const absl::Status& failure) {
    absl::MutexLock lock(&mutex_);
    failure_ = failure;
  }
  void AwaitWrites(int writes) {
    absl::MutexLock lock(&mutex_);
    const auto made = [&] { return writes_ >= writes; };
    mutex_.Await(absl::Condition(&made));
  }
  std::vector<std::string> lines() {
    absl::MutexLock lock(&mutex_);
    return lines_;
  }
  std::vector<std::pair<std::string, int64_t>> rows() {
    absl::MutexLock lock(&mutex_);
    return rows_;
  }

 private:
  bool Answers() const { return !away_; }

  absl::Mutex mutex_;
  bool away_ = false;
  int writes_ = 0;
  absl::Status failure_;
  std::vector<std::string> lines_;
  std::vector<std::pair<std::string, int64_t>> rows_;
};

v1::LogEntry Line(const std::string& text) { return LogLine(v1::SEVERITY_INFO, "", text); }

v1::StreamRun RunOf(const std::string& id, int64_t rows) {
  v1::StreamRun run;
  run.set_run_id(id);
  run.mutable_progress()->set_rows_loaded(rows);
  return run;
}

TEST(JobJournalTest, AFlushWritesWhatWaitsAtOnce) {
  FakeCatalog catalog;
  JobJournal journal(catalog.AsWrite(), {.interval = absl::Hours(1)});
  journal.Log("a", Line("one"));
  journal.Log("b", Line("two"));
  EXPECT_THAT(journal.Flush("a"), IsOk());
  EXPECT_THAT(catalog.lines(), ElementsAre("one", "two"));
  EXPECT_THAT(journal.Flush("unknown"), IsOk());
}

TEST(JobJournalTest, OnlyTheLastProgressOfARunIsWritten) {
  FakeCatalog catalog;
  JobJournal journal(catalog.AsWrite(), {.interval = absl::Hours(1)});
  for (int64_t rows = 1; rows <= 3; ++rows) journal.TellProgress(RunOf("r", rows));
  journal.TellProgress(RunOf("ended", 9));
  journal.Forget("ended");
  journal.Log("a", Line("one"));
  EXPECT_THAT(journal.Flush("a"), IsOk());
  EXPECT_THAT(catalog.rows(), ElementsAre(std::pair("r", 3)));
}

TEST(JobJournalTest, AWriteThatFailsIsRepeated) {
  FakeCatalog catalog;
  catalog.Fail(Error(Reason::kConnectionLost, "restarting"));
  JobJournal journal(catalog.AsWrite(), {.interval = absl::ZeroDuration()});
  journal.Log("a", Line("one"));
  EXPECT_THAT(journal.Flush("a"), IsOk());
  EXPECT_THAT(catalog.lines(), ElementsAre("one"));
}

TEST(JobJournalTest, ALineThatIsRefusedIsLostAlone) {
  FakeCatalog catalog;
  JobJournal journal(catalog.AsWrite(), {.interval = absl::Hours(1)});
  for (const char* text : {"one", "two", kRefused, "four", "five"}) journal.Log("a", Line(text));
  journal.Log("b", Line("six"));
  journal.TellProgress(RunOf("r", 3));
  EXPECT_THAT(journal.Flush("a"), IsOk());
  EXPECT_THAT(journal.Flush("b"), IsOk());
  EXPECT_THAT(catalog.lines(), ElementsAre("one", "two", "four", "five", "six"));
  EXPECT_THAT(catalog.rows(), ElementsAre(std::pair("r", 3)));
}

TEST(JobJournalTest, LinesPastTheMostAreLeftOutAndCounted) {
  FakeCatalog catalog;
  catalog.SetAway(true);
  JobJournal journal(catalog.AsWrite(), {.interval = absl::ZeroDuration(), .most_lines = 2});
  journal.Log("a", Line("one"));
  catalog.AwaitWrites(1);
  for (const char* text : {"two", "three", "four", "five"}) journal.Log("a", Line(text));
  catalog.SetAway(false);
  EXPECT_THAT(journal.Flush("a"), IsOk());
  EXPECT_THAT(
      catalog.lines(),
      ElementsAre("one", "two", "three", "2 lines are left out: the catalog could not be written"));
}

TEST(JobJournalTest, NothingIsWrittenOnceAnotherSchedulerLeads) {
  FakeCatalog catalog;
  catalog.Fail(Error(Reason::kLeadershipLost, "term 2"));
  JobJournal journal(catalog.AsWrite(), {.interval = absl::ZeroDuration()});
  journal.Log("a", Line("one"));
  EXPECT_THAT(journal.Flush("a"), HasReason(Reason::kLeadershipLost));
  journal.Log("a", Line("two"));
  EXPECT_THAT(journal.Flush("a"), HasReason(Reason::kLeadershipLost));
  EXPECT_THAT(catalog.lines(), IsEmpty());
}

TEST(JobJournalTest, WhatWaitsAtTheEndIsWritten) {
  FakeCatalog catalog;
  std::stop_source leave;
  {
    JobJournal journal(catalog.AsWrite(), {.interval = absl::Hours(1), .leave = leave.get_token()});
    leave.request_stop();
    journal.Log("a", Line("one"));
  }
  EXPECT_THAT(catalog.lines(), ElementsAre("one"));
}

TEST(JobJournalTest, LeavingEndsAFlushWhileTheCatalogIsAway) {
  FakeCatalog catalog;
  std::stop_source leave;
  catalog.SetAway(true);
  JobJournal journal(catalog.AsWrite(),
                     {.interval = absl::ZeroDuration(), .leave = leave.get_token()});
  journal.Log("a", Line("one"));
  catalog.AwaitWrites(1);
  std::thread flush([&] { EXPECT_THAT(journal.Flush("a"), HasReason(Reason::kLeadershipLost)); });
  leave.request_stop();
  flush.join();
  catalog.SetAway(false);
}

}  // namespace
}  // namespace lockstitch::scheduler
