#include "services/scheduler/store/job_store.h"

#include <atomic>
#include <set>
#include <thread>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "gmock/gmock.h"
#include "rpc/timestamp.h"
#include "services/scheduler/store/test_catalog.h"
#include "testing/status_matchers.h"

namespace lockstitch::scheduler {
namespace {

using ::lockstitch::testing::HasReason;
using ::lockstitch::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class JobStoreTest : public ::testing::Test {
 protected:
  void End(const v1::Job& job, v1::JobState state = v1::JOB_STATE_SUCCEEDED) {
    ASSERT_THAT(leader_.EndJob(TestCatalog::EndedJob(job, state, absl::Now()), {}), IsOk());
  }
  void Log(const v1::Job& job, const std::string& message,
           v1::Severity severity = v1::SEVERITY_INFO, const std::string& stream = "",
           absl::Time time = absl::Now()) {
    JobLogEntry entry = {.job_id = job.job_id()};
    entry.entry.set_message(message);
    entry.entry.set_severity(severity);
    entry.entry.set_stream(stream);
    entry.entry.set_origin("scheduler");
    *entry.entry.mutable_time() = rpc::ToTimestamp(time);
    ASSERT_THAT(leader_.WriteProgress({}, {entry}), IsOk());
  }
  std::vector<std::string> Messages(const LogFilter& filter, int64_t after = 0, int limit = 100) {
    std::vector<std::string> messages;
    for (const KeptLogEntry& entry : OrDie(jobs_.ListLogEntries(filter, after, limit)))
      messages.push_back(entry.entry.message());
    return messages;
  }

  TestCatalog catalog_;
  const JobStore& jobs_ = catalog_.jobs;
  const LeaderStore leader_ = catalog_.Lead();
};

TEST_F(JobStoreTest, ARequestMakesAJob) {
  catalog_.Create("shop");
  const RequestedJob requested = *jobs_.Request("shop", "");
  EXPECT_FALSE(requested.attached);
  EXPECT_EQ(requested.job.state(), v1::JOB_STATE_PENDING);
  EXPECT_EQ(requested.job.trigger(), v1::JOB_TRIGGER_MANUAL);
  EXPECT_EQ(requested.job.integration(), "shop");
  EXPECT_EQ(requested.job.name(), "integrations/shop/jobs/" + requested.job.job_id());
  EXPECT_TRUE(requested.job.has_created_at());
  EXPECT_FALSE(requested.job.has_started_at());
  EXPECT_EQ(catalog_.integrations.Get("shop")->last_job->job_id(), requested.job.job_id());
}

TEST_F(JobStoreTest, ARequestWhileOneIsOpenAttachesToIt) {
  catalog_.Create("shop");
  const v1::Job open = catalog_.Start(leader_, "shop");
  const RequestedJob attached = *jobs_.Request("shop", "");
  EXPECT_TRUE(attached.attached);
  EXPECT_EQ(attached.job.job_id(), open.job_id());
  End(open);
  EXPECT_NE(jobs_.Request("shop", "")->job.job_id(), open.job_id());
}

TEST_F(JobStoreTest, ARepeatedRequestGivesTheSameJobThoughItHasEnded) {
  catalog_.Create("shop");
  const RequestedJob first = *jobs_.Request("shop", "r1");
  const RequestedJob attached = *jobs_.Request("shop", "r2");
  End(first.job);
  const v1::Job later = catalog_.Request("shop");
  for (const auto& [request_id, before] : {std::pair("r1", first), std::pair("r2", attached)}) {
    const RequestedJob again = *jobs_.Request("shop", request_id);
    EXPECT_EQ(again.job.job_id(), first.job.job_id());
    EXPECT_EQ(again.attached, before.attached);
  }
  EXPECT_NE(later.job_id(), first.job.job_id());
  // Another integration's request ids are its own.
  catalog_.Create("other");
  EXPECT_NE(jobs_.Request("other", "r1")->job.job_id(), first.job.job_id());
}

TEST_F(JobStoreTest, ConcurrentRequestsMakeOneJob) {
  catalog_.Create("shop");
  absl::Mutex mutex;
  std::set<std::string> ids;
  int made = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      const absl::StatusOr<RequestedJob> requested =
          jobs_.Request("shop", i % 2 == 0 ? absl::StrCat(i) : "");
      ASSERT_THAT(requested, IsOk());
      absl::MutexLock lock(&mutex);
      ids.insert(requested->job.job_id());
      made += !requested->attached;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(ids, SizeIs(1));
  EXPECT_EQ(made, 1);
}

TEST_F(JobStoreTest, AnIntervalCountsAnewFromAManualRunAndOthersGoOn) {
  catalog_.Create("shop");
  const v1::Job job = catalog_.Request("shop");
  const absl::Time slot = rpc::FromTimestamp(job.created_at()) + absl::Hours(1);
  EXPECT_EQ(catalog_.integrations.Get("shop")->next_slot, slot);
  // One that it attaches to has set it before.
  catalog_.Request("shop");
  EXPECT_EQ(catalog_.integrations.Get("shop")->next_slot, slot);
  End(job);

  v1::Integration cron = TestCatalog::Settings("shop");
  cron.mutable_schedule()->set_cron("0 0 12 ? * *");
  ASSERT_THAT(catalog_.integrations.Update("shop", 1, cron, false), IsOk());
  End(catalog_.Request("shop"));
  EXPECT_EQ(catalog_.integrations.Get("shop")->next_slot, slot);
  // What has to be planned anew still has to be.
  ASSERT_THAT(catalog_.integrations.Update("shop", 2, cron, true), IsOk());
  catalog_.Request("shop");
  EXPECT_FALSE(catalog_.integrations.Get("shop")->next_slot);
  EXPECT_THAT(*leader_.ReadDue(absl::Now(), 10), SizeIs(1));
}

TEST_F(JobStoreTest, AManualRunGoesByTheScheduleThatAnEditHasJustLeft) {
  catalog_.Create("shop");
  v1::Schedule edited;
  edited.mutable_every()->set_seconds(7200);
  testing::Database editor(catalog_.url);
  editor.Run("BEGIN");
  editor.Run(absl::StrCat("UPDATE lockstitch.integrations SET schedule = '\\x",
                          absl::BytesToHexString(edited.SerializeAsString()), "'"));
  v1::Job job;
  std::thread requesting([&] { job = catalog_.Request("shop"); });
  catalog_.database.Await(absl::StrCat("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND ",
                                       editor.backend_pid(), " = ANY (pg_blocking_pids(pid)))"));
  editor.Run("COMMIT");
  requesting.join();
  EXPECT_EQ(catalog_.integrations.Get("shop")->next_slot,
            rpc::FromTimestamp(job.created_at()) + absl::Hours(2));
}

TEST_F(JobStoreTest, AScheduleThatCannotBeReadKeepsNoJobFromBeingMade) {
  catalog_.Create("shop");
  v1::Integration settings = TestCatalog::Settings("shop");
  settings.mutable_schedule()->set_time_zone("Mars");
  ASSERT_THAT(catalog_.integrations.Update("shop", 1, settings, true), IsOk());
  EXPECT_THAT(jobs_.Request("shop", ""), IsOk());
  EXPECT_FALSE(catalog_.integrations.Get("shop")->next_slot);
}

TEST_F(JobStoreTest, AStopIsAskedForOnce) {
  catalog_.Create("shop");
  EXPECT_THAT(jobs_.RequestStop("shop", ""), HasReason(Reason::kJobNotFound));
  const v1::Job job = catalog_.Request("shop");
  const v1::Job asked = *jobs_.RequestStop("shop", "");
  EXPECT_EQ(asked.job_id(), job.job_id());
  EXPECT_TRUE(asked.has_stop_requested_at());
  EXPECT_EQ(jobs_.RequestStop("shop", job.job_id())->SerializeAsString(),
            asked.SerializeAsString());
  const std::vector<v1::Job> requests = *leader_.ReadStopRequests();
  ASSERT_THAT(requests, SizeIs(1));
  EXPECT_EQ(requests[0].SerializeAsString(), asked.SerializeAsString());
  End(job, v1::JOB_STATE_CANCELLED);
  EXPECT_THAT(*leader_.ReadStopRequests(), IsEmpty());
  EXPECT_THAT(jobs_.RequestStop("shop", ""), HasReason(Reason::kJobNotRunning));
  EXPECT_THAT(jobs_.RequestStop("shop", job.job_id()), HasReason(Reason::kJobNotRunning));
  EXPECT_THAT(jobs_.RequestStop("shop", "other"), HasReason(Reason::kJobNotFound));
}

TEST_F(JobStoreTest, AJobComesWithItsRunsOrderedByStream) {
  catalog_.Create("shop");
  EXPECT_THAT(jobs_.Get("shop", ""), HasReason(Reason::kJobNotFound));
  const v1::Job job = catalog_.Start(leader_, "shop", {"public.b", "public.B", "public.a"});
  const KeptJob kept = *jobs_.Get("shop", "");
  EXPECT_EQ(kept.job.SerializeAsString(), job.SerializeAsString());
  EXPECT_EQ(kept.job.streams(), 3);
  std::vector<std::string> streams;
  for (const v1::StreamRun& run : kept.runs) streams.push_back(run.stream());
  EXPECT_THAT(streams, ElementsAre("public.B", "public.a", "public.b"));
  EXPECT_THAT(jobs_.Get("shop", "none"), HasReason(Reason::kJobNotFound));
  EXPECT_THAT(jobs_.Get("none", ""), HasReason(Reason::kIntegrationNotFound));
  catalog_.Create("other");
  EXPECT_THAT(jobs_.Get("other", job.job_id()), HasReason(Reason::kJobNotFound));
}

TEST_F(JobStoreTest, JobsAreListedTheLatestFirstPageByPage) {
  catalog_.Create("shop");
  catalog_.Create("other");
  std::vector<std::string> made;
  for (int i = 0; i < 3; ++i) {
    const v1::Job job = catalog_.Start(leader_, "shop");
    made.insert(made.begin(), job.job_id());
    End(job, i == 1 ? v1::JOB_STATE_FAILED : v1::JOB_STATE_SUCCEEDED);
  }
  const std::string open = catalog_.Request("other").job_id();
  const auto ids = [&](const JobFilter& filter, const std::string& before = "", int limit = 100) {
    std::vector<std::string> listed;
    for (const v1::Job& job : OrDie(jobs_.List(filter, before, limit)))
      listed.push_back(job.job_id());
    return listed;
  };
  EXPECT_THAT(ids({}), ElementsAre(open, made[0], made[1], made[2]));
  EXPECT_THAT(ids({.integration = "shop"}), ElementsAre(made[0], made[1], made[2]));
  EXPECT_THAT(ids({.integration = "shop"}, "", 2), ElementsAre(made[0], made[1]));
  EXPECT_THAT(ids({.integration = "shop"}, made[1], 2), ElementsAre(made[2]));
  EXPECT_THAT(ids({.integration = "shop"}, made[2]), IsEmpty());
  EXPECT_THAT(ids({.integration = "shop", .state = v1::JOB_STATE_FAILED}), ElementsAre(made[1]));
  EXPECT_THAT(ids({.state = v1::JOB_STATE_PENDING}), ElementsAre(open));
  EXPECT_THAT(jobs_.List({.integration = "none"}, "", 9), HasReason(Reason::kIntegrationNotFound));
}

TEST_F(JobStoreTest, TheFewThatFailedAreFoundWithoutReadingAllOthers) {
  catalog_.Create("shop");
  End(catalog_.Request("shop"), v1::JOB_STATE_FAILED);
  catalog_.database.Run(
      "CREATE EXTENSION pg_stat_statements;"
      "INSERT INTO lockstitch.jobs (integration_key, revision, trigger, state, ended_at) "
      "SELECT key, 1, 1, 3, now() FROM lockstitch.integrations, generate_series(1, 20000);"
      "ANALYZE lockstitch.jobs");
  catalog_.database.Run("SELECT pg_stat_statements_reset()");
  EXPECT_THAT(*jobs_.List({.state = v1::JOB_STATE_FAILED}, "", 10), SizeIs(1));
  const int64_t pages = catalog_.database.Int(
      "SELECT sum(s.shared_blks_hit + s.shared_blks_read) FROM pg_stat_statements s JOIN "
      "pg_database "
      "d ON d.oid = s.dbid WHERE d.datname = current_database() AND s.query LIKE '%j.state = %'");
  EXPECT_GT(pages, 0);
  EXPECT_LE(pages, 20);
}

TEST_F(JobStoreTest, ALogIsReadInTheOrderOfWritingAndGoesOn) {
  catalog_.Create("shop");
  const v1::Job first = catalog_.Start(leader_, "shop");
  const absl::Time start = absl::FromUnixSeconds(1'700'000'000);
  Log(first, "one", v1::SEVERITY_INFO, "public.t", start);
  Log(first, "two \"quoted\" \\ {line}\nnext", v1::SEVERITY_ERROR, "public.u",
      start + absl::Seconds(1));
  Log(first, "three", v1::SEVERITY_DEBUG, "", start + absl::Seconds(2));
  End(first);
  const v1::Job second = catalog_.Start(leader_, "shop");
  Log(second, "four", v1::SEVERITY_WARNING, "public.t", start + absl::Seconds(3));

  const std::string two = "two \"quoted\" \\ {line}\nnext";
  EXPECT_THAT(Messages({.integration = "shop"}), ElementsAre("one", two, "four"));
  EXPECT_THAT(Messages({.integration = "shop", .min_severity = v1::SEVERITY_DEBUG}),
              ElementsAre("one", two, "three", "four"));
  EXPECT_THAT(Messages({.integration = "shop", .min_severity = v1::SEVERITY_WARNING}),
              ElementsAre(two, "four"));
  EXPECT_THAT(Messages({.integration = "shop", .stream = "public.t"}), ElementsAre("one", "four"));
  EXPECT_THAT(Messages({.integration = "shop", .job_id = first.job_id()}), ElementsAre("one", two));
  EXPECT_THAT(Messages({.integration = "shop", .start = start + absl::Seconds(1)}),
              ElementsAre(two, "four"));
  EXPECT_THAT(jobs_.ListLogEntries({.integration = "none"}, 0, 9),
              HasReason(Reason::kIntegrationNotFound));
  EXPECT_THAT(jobs_.ListLogEntries({.integration = "shop", .job_id = "none"}, 0, 9),
              HasReason(Reason::kJobNotFound));

  const std::vector<KeptLogEntry> page = *jobs_.ListLogEntries({.integration = "shop"}, 0, 1);
  ASSERT_THAT(page, SizeIs(1));
  EXPECT_EQ(page[0].job_id, first.job_id());
  EXPECT_EQ(page[0].entry.origin(), "scheduler");
  EXPECT_EQ(rpc::FromTimestamp(page[0].entry.time()), start);
  EXPECT_THAT(Messages({.integration = "shop"}, page[0].number), ElementsAre(two, "four"));
  Log(second, "five");
  const std::vector<KeptLogEntry> last = *jobs_.ListLogEntries({.integration = "shop"}, 0, 100);
  EXPECT_THAT(Messages({.integration = "shop"}, last.back().number), IsEmpty());
}

TEST_F(JobStoreTest, WhoTailsALogMissesNothingOfConcurrentWriters) {
  catalog_.Create("shop");
  const v1::Job job = catalog_.Start(leader_, "shop");
  constexpr int kWriters = 4, kEach = 40;
  std::vector<std::thread> writers;
  for (int i = 0; i < kWriters; ++i) {
    writers.emplace_back([&] {
      for (int n = 0; n < kEach; ++n) Log(job, "line");
    });
  }
  std::atomic<bool> written = false;
  std::thread ending([&] {
    for (std::thread& writer : writers) writer.join();
    written = true;
  });
  int64_t after = 0;
  int read = 0;
  for (bool last = false; !last;) {
    last = written;
    for (const KeptLogEntry& entry :
         OrDie(jobs_.ListLogEntries({.integration = "shop"}, after, 1000))) {
      after = entry.number;
      ++read;
    }
  }
  ending.join();
  EXPECT_EQ(read, kWriters * kEach);
}

}  // namespace
}  // namespace lockstitch::scheduler
