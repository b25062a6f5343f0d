#include "services/scheduler/store/leader_store.h"

#include <functional>
#include <map>
#include <thread>

#include "absl/strings/str_cat.h"
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
using ::testing::Pair;
using ::testing::SizeIs;

const absl::Time kSlot = absl::FromUnixSeconds(1'700'000'000);

class LeaderStoreTest : public ::testing::Test {
 protected:
  DueIntegration Due(const std::string& id) {
    for (DueIntegration& due : OrDie(leader_.ReadDue(absl::Now(), 100))) {
      if (due.id == id) return due;
    }
    ADD_FAILURE() << id << " is not due";
    return {};
  }
  std::vector<std::string> DueIds(absl::Time now, int limit = 100) {
    std::vector<std::string> ids;
    for (const DueIntegration& due : OrDie(leader_.ReadDue(now, limit))) ids.push_back(due.id);
    return ids;
  }
  // Plans no job.
  void SetNextSlot(const std::string& id, std::optional<absl::Time> slot) {
    const DueIntegration due = Due(id);
    ASSERT_THAT(leader_.Apply({{.key = due.key, .version = due.version, .next_slot = slot}}),
                IsOk());
  }
  int Jobs() {
    return static_cast<int>(catalog_.database.Int("SELECT count(*) FROM lockstitch.jobs"));
  }

  TestCatalog catalog_;
  LeaderStore leader_ = catalog_.Lead();
};

TEST_F(LeaderStoreTest, WhatIsNewOrDueIsReadTheLongestDueFirst) {
  for (const char* id : {"a", "b", "c", "d"}) catalog_.Create(id);
  const DueIntegration due = Due("a");
  EXPECT_EQ(due.uid, "uid-a");
  EXPECT_EQ(due.schedule.every().seconds(), 3600);
  EXPECT_FALSE(due.last_slot);
  EXPECT_FALSE(due.paused || due.held || due.job_open);
  EXPECT_FALSE(due.next_slot);
  EXPECT_EQ(due.changed_at, catalog_.integrations.Get("a")->schedule_changed_at);
  SetNextSlot("a", kSlot + absl::Seconds(2));
  SetNextSlot("b", kSlot);
  SetNextSlot("c", std::nullopt);
  EXPECT_THAT(DueIds(kSlot), ElementsAre("d", "b"));
  EXPECT_THAT(DueIds(kSlot + absl::Seconds(2)), ElementsAre("d", "b", "a"));
  EXPECT_THAT(DueIds(kSlot + absl::Seconds(2), 2), ElementsAre("d", "b"));
  EXPECT_EQ(Due("b").next_slot, kSlot);
  const std::vector<DueIntegration> others = *leader_.ReadDue(kSlot, 100, {Due("d").key});
  ASSERT_THAT(others, SizeIs(1));
  EXPECT_EQ(others[0].id, "b");
}

TEST_F(LeaderStoreTest, AScheduleThatIsNoneKeepsNoOtherFromBeingRead) {
  catalog_.Create("a");
  catalog_.Create("b");
  catalog_.database.Run("UPDATE lockstitch.integrations SET schedule = '\\xff' WHERE id = 'a'");
  EXPECT_THAT(Due("a").readable, HasReason(Reason::kInternal));
  EXPECT_THAT(Due("b").readable, IsOk());
}

TEST_F(LeaderStoreTest, APlanMakesJobsAndRecordsWhatItSkips) {
  catalog_.Create("shop");
  PlannedSlot plan = {.key = Due("shop").key,
                      .version = Due("shop").version,
                      .job = kSlot,
                      .skipped = v1::SkippedSlots(),
                      .next_slot = kSlot + absl::Hours(1)};
  *plan.skipped->mutable_first() = rpc::ToTimestamp(kSlot - absl::Hours(3));
  *plan.skipped->mutable_last() = rpc::ToTimestamp(kSlot - absl::Hours(1));
  *plan.skipped->mutable_recorded_at() = rpc::ToTimestamp(kSlot + absl::Seconds(1));
  plan.skipped->set_count(3);
  plan.skipped->set_reason("no scheduler ran");
  ASSERT_THAT(leader_.Apply({plan}), IsOk());
  const v1::Job job = catalog_.jobs.Get("shop", "")->job;
  EXPECT_EQ(job.state(), v1::JOB_STATE_PENDING);
  EXPECT_EQ(job.trigger(), v1::JOB_TRIGGER_SCHEDULE);
  EXPECT_EQ(rpc::FromTimestamp(job.slot()), kSlot);
  EXPECT_EQ(catalog_.integrations.Get("shop")->next_slot, kSlot + absl::Hours(1));
  const std::vector<NumberedSlots> skipped = *catalog_.reports.ListSkippedSlots("shop", 0, 10);
  ASSERT_THAT(skipped, SizeIs(1));
  EXPECT_EQ(skipped[0].slots.SerializeAsString(), plan.skipped->SerializeAsString());
  EXPECT_TRUE(Due("shop").job_open);
  EXPECT_TRUE(Due("shop").last_slot);

  // Repeated it changes nothing.
  ASSERT_THAT(leader_.EndJob(TestCatalog::EndedJob(job, v1::JOB_STATE_SUCCEEDED, absl::Now()), {}),
              IsOk());
  ASSERT_THAT(leader_.Apply({plan}), IsOk());
  EXPECT_EQ(Jobs(), 1);
  EXPECT_THAT(*catalog_.reports.ListSkippedSlots("shop", 0, 10), SizeIs(1));
}

TEST_F(LeaderStoreTest, WhatHasChangedSinceItWasReadIsLeftForTheNextPlan) {
  const std::map<std::string, std::function<absl::Status()>> changes = {
      {"edited",
       [&] {
         return catalog_.integrations.Update("edited", 1, TestCatalog::Settings("edited"), true)
             .status();
       }},
      {"paused", [&] { return catalog_.integrations.SetPaused("paused", true).status(); }},
      {"deleting", [&] { return catalog_.integrations.BeginDeletion("deleting").status(); }},
      {"deleted",
       [&] {
         return catalog_.integrations.FinishDeletion(catalog_.integrations.Get("deleted")->key);
       }},
      {"run", [&] { return catalog_.jobs.Request("run", "").status(); }}};
  std::vector<PlannedSlot> plans;
  for (const auto& [id, change] : changes) {
    catalog_.Create(id);
    const DueIntegration due = Due(id);
    plans.push_back({.key = due.key, .version = due.version, .job = kSlot, .next_slot = kSlot});
    ASSERT_THAT(change(), IsOk()) << id;
  }
  ASSERT_THAT(leader_.Apply(plans), IsOk());
  EXPECT_EQ(Jobs(), 1);  // The one that was asked for.
  EXPECT_THAT(DueIds(absl::Now()), ElementsAre("edited", "paused"));
}

TEST_F(LeaderStoreTest, AQuotaThatHoldsCountsThisMonthsRowsThatAreNotHistorical) {
  const absl::Time now = absl::Now();
  NewIntegration created = catalog_.New("shop");
  created.integration.mutable_quota()->set_rows_per_month(10);
  created.integration.mutable_quota()->set_hold(true);
  const KeptIntegration kept = *catalog_.integrations.Create(created);
  const auto use = [&](const std::string& day, int rows, int historical) {
    catalog_.database.Run(absl::StrCat("INSERT INTO lockstitch.usage VALUES (", kept.key, ", 's', ",
                                       day, ", ", rows, ", ", historical, ")"));
  };
  const std::string month = "date_trunc('month', now() AT TIME ZONE 'UTC')::date";
  use(month + " - 1", 100, 0);
  use(month, 109, 100);
  EXPECT_FALSE(Due("shop").held);
  EXPECT_THAT(*catalog_.reports.RowsThisMonth({kept.key, kept.key + 1}, now),
              ElementsAre(Pair(kept.key, 9)));
  catalog_.database.Run("UPDATE lockstitch.usage SET rows = rows + 1 WHERE historical_rows > 0");
  EXPECT_TRUE(Due("shop").held);
  created.integration.mutable_quota()->set_hold(false);
  ASSERT_THAT(catalog_.integrations.Update("shop", 1, created.integration, false), IsOk());
  EXPECT_FALSE(Due("shop").held);
}

TEST_F(LeaderStoreTest, OneThatSelectsNothingIsAsPausedUntilItSelectsAnything) {
  NewIntegration created = catalog_.New("shop");
  created.integration.mutable_selection()->add_patterns("!*.*");
  ASSERT_THAT(catalog_.integrations.Create(created), IsOk());
  EXPECT_TRUE(Due("shop").paused);
  SetNextSlot("shop", std::nullopt);
  EXPECT_THAT(DueIds(absl::Now()), IsEmpty());

  const absl::Time changed_at = catalog_.integrations.Get("shop")->schedule_changed_at;
  ASSERT_THAT(catalog_.integrations.Update("shop", 1, TestCatalog::Settings("shop"), false),
              IsOk());
  EXPECT_FALSE(Due("shop").paused);
  EXPECT_GT(Due("shop").changed_at, changed_at);
  // A slot that is to come outlasts a time without any stream.
  const absl::Time slot = absl::Now() + absl::Hours(1);
  SetNextSlot("shop", slot);
  ASSERT_THAT(catalog_.integrations.Update("shop", 2, created.integration, false), IsOk());
  ASSERT_THAT(catalog_.integrations.Update("shop", 3, TestCatalog::Settings("shop"), false),
              IsOk());
  EXPECT_THAT(DueIds(absl::Now()), IsEmpty());
  EXPECT_THAT(DueIds(slot + absl::Seconds(1)), ElementsAre("shop"));
}

TEST_F(LeaderStoreTest, OpenJobsAreTakenOverWithAllThatRunningThemNeeds) {
  catalog_.Create("a");
  catalog_.Create("b");
  const v1::Job running = catalog_.Start(leader_, "a", {"public.u", "public.t"});
  const v1::Job pending = catalog_.Request("b");
  const std::string run_id = running.job_id() + "-public.t";
  ASSERT_THAT(leader_.RecordDispatch(run_id, {.fence = 7, .draws = 2, .extractor = "e:1"}), IsOk());

  const LeaderStore next = catalog_.Lead();
  const std::vector<OpenJob> taken = *next.TakeOpenJobs({}, 10);
  ASSERT_THAT(taken, SizeIs(2));
  EXPECT_EQ(taken[0].job.SerializeAsString(), running.SerializeAsString());
  EXPECT_EQ(taken[0].integration_id, "a");
  EXPECT_THAT(taken[0].readable, IsOk());
  v1::Integration expected = TestCatalog::Settings("a");
  expected.set_uid("uid-a");
  EXPECT_EQ(taken[0].integration.SerializeAsString(), expected.SerializeAsString());
  ASSERT_THAT(taken[0].runs, SizeIs(2));
  EXPECT_EQ(taken[0].runs[0].run.run_id(), run_id);
  EXPECT_EQ(taken[0].runs[0].run.state(), v1::STREAM_RUN_STATE_QUEUED);
  EXPECT_EQ(taken[0].runs[0].dispatched.fence, 7);
  EXPECT_EQ(taken[0].runs[0].dispatched.draws, 2);
  EXPECT_EQ(taken[0].runs[0].dispatched.extractor, "e:1");
  EXPECT_EQ(taken[0].runs[1].dispatched.fence, 0);
  EXPECT_EQ(taken[1].job.job_id(), pending.job_id());
  EXPECT_THAT(taken[1].runs, IsEmpty());

  EXPECT_EQ(next.TakeOpenJobs({}, 1)->front().job.job_id(), running.job_id());
  EXPECT_EQ(next.TakeOpenJobs({running.job_id()}, 10)->front().job.job_id(), pending.job_id());
  EXPECT_THAT(*next.TakeOpenJobs({running.job_id(), pending.job_id()}, 10), IsEmpty());
}

TEST_F(LeaderStoreTest, AJobWhoseSecretsCannotBeDecryptedKeepsNoOtherFromBeingTaken) {
  catalog_.Create("a");
  catalog_.Create("b");
  catalog_.Request("a");
  catalog_.Request("b");
  catalog_.database.Run(
      "UPDATE lockstitch.revisions SET secrets = 'gone:AAAA' WHERE integration_key = "
      "(SELECT key FROM lockstitch.integrations WHERE id = 'a')");
  const std::vector<OpenJob> taken = *leader_.TakeOpenJobs({}, 10);
  ASSERT_THAT(taken, SizeIs(2));
  EXPECT_THAT(taken[0].readable, HasReason(Reason::kSecretKeyUnknown));
  EXPECT_THAT(taken[1].readable, IsOk());
}

TEST_F(LeaderStoreTest, ARunThatCannotBeReadIsTakenAsItsColumnsTell) {
  catalog_.Create("a");
  const v1::Job job = catalog_.Start(leader_, "a", {"public.t", "public.u"});
  ASSERT_THAT(
      leader_.EndRun(job.job_id(),
                     TestCatalog::Ended(job, "public.u", v1::STREAM_RUN_STATE_FAILED, 5, kSlot)),
      IsOk());
  catalog_.database.Run("UPDATE lockstitch.runs SET run = '\\xff'");
  const std::vector<OpenJob> taken = *leader_.TakeOpenJobs({}, 10);
  ASSERT_THAT(taken, SizeIs(1));
  ASSERT_THAT(taken[0].runs, SizeIs(2));
  EXPECT_EQ(taken[0].runs[0].run.run_id(), job.job_id() + "-public.t");
  EXPECT_EQ(taken[0].runs[0].run.stream(), "public.t");
  EXPECT_EQ(taken[0].runs[0].run.state(), v1::STREAM_RUN_STATE_QUEUED);
  EXPECT_EQ(taken[0].runs[1].run.state(), v1::STREAM_RUN_STATE_FAILED);
}

TEST_F(LeaderStoreTest, AJobGoesItsWayOnceAndTellsWhatItCameTo) {
  catalog_.Create("shop");
  v1::Job job = catalog_.Request("shop");
  *job.mutable_started_at() = rpc::ToTimestamp(kSlot);
  ASSERT_THAT(leader_.StartJob(job), IsOk());
  *job.mutable_started_at() = rpc::ToTimestamp(kSlot + absl::Hours(1));
  EXPECT_THAT(leader_.StartJob(job), IsOk());
  v1::Job kept = catalog_.jobs.Get("shop", "")->job;
  EXPECT_EQ(kept.state(), v1::JOB_STATE_RUNNING);
  EXPECT_EQ(rpc::FromTimestamp(kept.started_at()), kSlot);

  job = TestCatalog::EndedJob(job, v1::JOB_STATE_FAILED, kSlot + absl::Hours(2));
  job.mutable_error()->set_reason("HOST_UNKNOWN");
  ASSERT_THAT(leader_.EndJob(job, {}), IsOk());
  EXPECT_THAT(leader_.EndJob(job, {}), IsOk());
  kept = catalog_.jobs.Get("shop", "")->job;
  EXPECT_EQ(kept.state(), v1::JOB_STATE_FAILED);
  EXPECT_EQ(kept.error().reason(), "HOST_UNKNOWN");
  EXPECT_EQ(rpc::FromTimestamp(kept.ended_at()), kSlot + absl::Hours(2));

  // An ended job takes no other way.
  EXPECT_THAT(leader_.StartJob(job), HasReason(Reason::kLeadershipLost));
  job.set_state(v1::JOB_STATE_SUCCEEDED);
  EXPECT_THAT(leader_.EndJob(job, {}), HasReason(Reason::kLeadershipLost));
  EXPECT_THAT(leader_.AddRuns(job.job_id(), {v1::StreamRun()}), HasReason(Reason::kLeadershipLost));
}

TEST_F(LeaderStoreTest, ProgressIsWrittenOfOpenRunsAlone) {
  catalog_.Create("shop");
  const v1::Job job = catalog_.Start(leader_, "shop", {"public.t", "public.u"});
  ASSERT_THAT(
      leader_.EndRun(job.job_id(),
                     TestCatalog::Ended(job, "public.u", v1::STREAM_RUN_STATE_SUCCEEDED, 5, kSlot)),
      IsOk());
  std::vector<v1::StreamRun> runs = catalog_.jobs.Get("shop", "")->runs;
  for (v1::StreamRun& run : runs) {
    run.set_state(v1::STREAM_RUN_STATE_RUNNING);
    run.mutable_progress()->set_rows_loaded(3);
  }
  ASSERT_THAT(leader_.WriteProgress(runs, {}), IsOk());
  const KeptJob kept = *catalog_.jobs.Get("shop", "");
  EXPECT_EQ(kept.runs[0].state(), v1::STREAM_RUN_STATE_RUNNING);
  EXPECT_EQ(kept.runs[1].state(), v1::STREAM_RUN_STATE_SUCCEEDED);
  EXPECT_EQ(kept.job.rows_loaded(), 3 + 5);
  EXPECT_EQ(kept.job.streams_succeeded(), 1);
  // An end needs EndRun.
  runs[0].set_state(v1::STREAM_RUN_STATE_SUCCEEDED);
  ASSERT_THAT(leader_.WriteProgress(runs, {}), IsOk());
  EXPECT_EQ(catalog_.jobs.Get("shop", "")->runs[0].state(), v1::STREAM_RUN_STATE_RUNNING);
  EXPECT_THAT(leader_.RecordDispatch(runs[1].run_id(), {}), HasReason(Reason::kLeadershipLost));
}

TEST_F(LeaderStoreTest, ARunsEndIsCountedOnce) {
  catalog_.Create("shop");
  const v1::Job job = catalog_.Start(leader_, "shop", {"public.t", "public.u"});
  EndedRun ended = TestCatalog::Ended(job, "public.t", v1::STREAM_RUN_STATE_SUCCEEDED, 5, kSlot);
  ended.rows = 8;  // Some of an extraction before.
  for (int i = 0; i < 3; ++i) ASSERT_THAT(leader_.EndRun(job.job_id(), ended), IsOk());
  // Rows that were durable before it failed count as well.
  const EndedRun failed =
      TestCatalog::Ended(job, "public.u", v1::STREAM_RUN_STATE_FAILED, 2, kSlot);
  for (int i = 0; i < 3; ++i) ASSERT_THAT(leader_.EndRun(job.job_id(), failed), IsOk());
  const std::vector<v1::UsageDay> usage = *catalog_.reports.ListUsage(
      "shop", absl::CivilDay(2023, 11, 1), absl::CivilDay(2023, 11, 30), "", 100);
  ASSERT_THAT(usage, SizeIs(1));
  EXPECT_EQ(usage[0].rows(), 10);
  EXPECT_EQ(usage[0].day(), "2023-11-14");
  EXPECT_EQ(usage[0].integration(), "integrations/shop");
  const KeptJob kept = *catalog_.jobs.Get("shop", "");
  EXPECT_EQ(kept.job.rows_loaded(), 7);
  EXPECT_EQ(kept.job.streams_succeeded(), 1);
  EXPECT_EQ(kept.job.streams_failed(), 1);
  EXPECT_EQ(kept.runs[0].state(), v1::STREAM_RUN_STATE_SUCCEEDED);
  EXPECT_EQ(rpc::FromTimestamp(kept.runs[0].ended_at()), kSlot);
  EXPECT_EQ(catalog_.integrations.Get("shop")->first_load_at, kSlot);
}

TEST_F(LeaderStoreTest, RowsAreHistoricalForSevenDaysFromTheFirstLoad) {
  catalog_.Create("shop");
  const auto run = [&](v1::StreamRunState state, int64_t rows, absl::Time at) {
    const v1::Job job = catalog_.Start(leader_, "shop");
    ASSERT_THAT(leader_.EndRun(job.job_id(), TestCatalog::Ended(job, "public.t", state, rows, at)),
                IsOk());
    ASSERT_THAT(leader_.EndJob(TestCatalog::EndedJob(job, v1::JOB_STATE_SUCCEEDED, at), {}),
                IsOk());
  };
  run(v1::STREAM_RUN_STATE_FAILED, 1, kSlot - absl::Hours(240));
  EXPECT_FALSE(catalog_.integrations.Get("shop")->first_load_at);
  run(v1::STREAM_RUN_STATE_SUCCEEDED, 2, kSlot);
  run(v1::STREAM_RUN_STATE_SUCCEEDED, 4, kSlot + absl::Hours(7 * 24) - absl::Seconds(1));
  run(v1::STREAM_RUN_STATE_SUCCEEDED, 8, kSlot + absl::Hours(7 * 24));
  int64_t rows = 0, historical = 0;
  for (const v1::UsageDay& day : OrDie(catalog_.reports.ListUsage(
           "shop", absl::CivilDay(2023, 1, 1), absl::CivilDay(2023, 12, 31), "", 100))) {
    rows += day.rows();
    historical += day.historical_rows();
  }
  EXPECT_EQ(rows, 15);
  EXPECT_EQ(historical, 7);
}

TEST_F(LeaderStoreTest, NotificationsAreKeptUntilTheyAreAcceptedOrGivenUp) {
  catalog_.Create("shop");
  const v1::Job job = catalog_.Start(leader_, "shop");
  const v1::Webhook webhook = TestCatalog::Settings("shop").webhooks(0);
  const std::vector<Notification> notifications = {{webhook, "{\"n\":1}"}, {webhook, "{\"n\":2}"}};
  const v1::Job ended = TestCatalog::EndedJob(job, v1::JOB_STATE_FAILED, absl::Now());
  ASSERT_THAT(leader_.EndJob(ended, notifications), IsOk());
  ASSERT_THAT(leader_.EndJob(ended, notifications), IsOk());
  EXPECT_FALSE(catalog_.Holds(TestCatalog::kPassword));
  const absl::Time now = absl::Now() + absl::Minutes(1);
  std::vector<DueNotification> due = *leader_.ReadDueNotifications(now, 10);
  ASSERT_THAT(due, SizeIs(2));
  EXPECT_EQ(due[0].webhook.SerializeAsString(), webhook.SerializeAsString());
  EXPECT_EQ(due[0].body, "{\"n\":1}");
  EXPECT_EQ(due[0].integration, "shop");
  EXPECT_EQ(due[0].attempts, 0);
  ASSERT_THAT(leader_.EndAttempt(due[0].number, std::nullopt, ""), IsOk());
  ASSERT_THAT(leader_.EndAttempt(due[1].number, now + absl::Minutes(5), "503"), IsOk());
  EXPECT_THAT(*leader_.ReadDueNotifications(now, 10), IsEmpty());
  due = *leader_.ReadDueNotifications(now + absl::Minutes(5), 10);
  ASSERT_THAT(due, SizeIs(1));
  EXPECT_EQ(due[0].attempts, 1);
  ASSERT_THAT(leader_.EndAttempt(due[0].number, std::nullopt, "503"), IsOk());
  EXPECT_THAT(*leader_.ReadDueNotifications(absl::InfiniteFuture(), 10), IsEmpty());
  EXPECT_EQ(catalog_.database.Text("SELECT failure || webhook FROM lockstitch.notifications"),
            "503");
}

TEST_F(LeaderStoreTest, OldJobsGoInSmallStepsAndReportsStay) {
  catalog_.Create("shop");
  for (int day = 0; day < 5; ++day) {
    const absl::Time at = kSlot + absl::Hours(24 * day);
    const v1::Job job = catalog_.Start(leader_, "shop");
    JobLogEntry entry = {.job_id = job.job_id()};
    ASSERT_THAT(leader_.WriteProgress({}, {entry, entry}), IsOk());
    ASSERT_THAT(
        leader_.EndRun(job.job_id(),
                       TestCatalog::Ended(job, "public.t", v1::STREAM_RUN_STATE_SUCCEEDED, 1, at)),
        IsOk());
    ASSERT_THAT(leader_.EndJob(TestCatalog::EndedJob(job, v1::JOB_STATE_SUCCEEDED, at), {}),
                IsOk());
  }
  const v1::Job open = catalog_.Start(leader_, "shop");
  const absl::Time before = kSlot + absl::Hours(24 * 3) + absl::Seconds(1);
  // Eight lines, four runs, four jobs.
  const auto left = [&] {
    return catalog_.database.Text(
        "SELECT concat_ws(' ', (SELECT count(*) FROM lockstitch.log_entries), (SELECT count(*) "
        "FROM lockstitch.runs), (SELECT count(*) FROM lockstitch.jobs))");
  };
  EXPECT_EQ(left(), "10 6 6");
  EXPECT_EQ(*leader_.Prune(before, 3), 3 + 3);
  EXPECT_EQ(left(), "7 3 6");
  // Jobs go once nothing of them is left.
  int rows = 3 + 3;
  for (int steps = 1; const int pruned = *leader_.Prune(before, 3); ++steps) {
    rows += pruned;
    ASSERT_LT(steps, 16);
  }
  EXPECT_EQ(rows, 8 + 4 + 4);
  EXPECT_EQ(left(), "2 2 2");
  EXPECT_THAT(*catalog_.jobs.List({}, "", 10), SizeIs(2));
  EXPECT_EQ(catalog_.database.Int("SELECT count(*) FROM lockstitch.runs"), 2);
  EXPECT_EQ(catalog_.database.Int("SELECT count(*) FROM lockstitch.log_entries"), 2);
  EXPECT_EQ(*leader_.Prune(absl::Now() + absl::Hours(1), 10), 2 + 1);
  EXPECT_EQ(*leader_.Prune(absl::Now() + absl::Hours(1), 10), 1);
  EXPECT_EQ(catalog_.jobs.Get("shop", "")->job.job_id(), open.job_id());
  EXPECT_THAT(*catalog_.reports.ListLoadReports("shop", "", 10, kSlot), SizeIs(1));
  EXPECT_THAT(*catalog_.reports.ListUsage("", absl::CivilDay(2023, 1, 1),
                                          absl::CivilDay(2023, 12, 31), "", 100),
              SizeIs(5));
}

TEST_F(LeaderStoreTest, AStaleLeaderWritesNothing) {
  catalog_.Create("shop");
  catalog_.Create("other");
  const DueIntegration due = Due("other");
  const v1::Job job = catalog_.Start(leader_, "shop");
  const std::string run_id = job.job_id() + "-public.t";
  v1::StreamRun run;
  run.set_run_id(run_id);
  run.set_state(v1::STREAM_RUN_STATE_RUNNING);
  ASSERT_THAT(catalog_.Lead().WriteProgress({}, {}), IsOk());
  // Every table, but for what Lead changes.
  const auto all = [&] {
    std::string content;
    for (const std::string& table : catalog_.database.List(
             "SELECT tablename FROM pg_tables WHERE schemaname = 'lockstitch' ORDER BY 1")) {
      absl::StrAppend(&content,
                      catalog_.database.Text(absl::StrCat(
                          "SELECT string_agg(t::text, ',') FROM lockstitch.", table, " t")));
    }
    return content;
  };
  const std::string before = all();
  const std::map<std::string, absl::Status> writes = {
      {"Apply", leader_.Apply({{.key = due.key, .version = due.version, .job = kSlot}})},
      {"TakeOpenJobs", leader_.TakeOpenJobs({}, 10).status()},
      {"StartJob", leader_.StartJob(job)},
      {"AddRuns", leader_.AddRuns(job.job_id(), {run})},
      {"RecordDispatch", leader_.RecordDispatch(run_id, {.fence = 9})},
      {"WriteProgress", leader_.WriteProgress({run}, {{.job_id = job.job_id()}})},
      {"EndRun",
       leader_.EndRun(job.job_id(), TestCatalog::Ended(job, "public.t",
                                                       v1::STREAM_RUN_STATE_SUCCEEDED, 5, kSlot))},
      {"EndJob", leader_.EndJob(TestCatalog::EndedJob(job, v1::JOB_STATE_SUCCEEDED, kSlot),
                                {{.body = "{}"}})},
      {"EndAttempt", leader_.EndAttempt(1, std::nullopt, "")},
      {"Prune", leader_.Prune(absl::Now() + absl::Hours(1), 10).status()}};
  for (const auto& [name, status] : writes)
    EXPECT_THAT(status, HasReason(Reason::kLeadershipLost)) << name;
  EXPECT_EQ(all(), before);
}

TEST_F(LeaderStoreTest, AWriteOfTheOldTermIsDoneBeforeTheNextBegins) {
  catalog_.Create("shop");
  const v1::Job job = catalog_.Start(leader_, "shop");
  testing::Database holder(catalog_.url);
  holder.Run("BEGIN; SELECT FROM lockstitch.jobs FOR UPDATE");
  absl::Status written;
  std::thread writing([&] {
    written = leader_.EndJob(TestCatalog::EndedJob(job, v1::JOB_STATE_SUCCEEDED, kSlot), {});
  });
  catalog_.database.Await(
      "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock')");
  std::thread leading([&] { catalog_.Lead(); });
  testing::Database(catalog_.url)
      .Await("SELECT count(*) = 2 FROM pg_stat_activity WHERE wait_event_type = 'Lock'");
  holder.Run("COMMIT");
  writing.join();
  leading.join();
  EXPECT_THAT(written, IsOk());
  EXPECT_EQ(catalog_.jobs.Get("shop", "")->job.state(), v1::JOB_STATE_SUCCEEDED);
}

// Of one job of one stream, from its slot to its end, told to three batches of progress.
TEST_F(LeaderStoreTest, AJobOfOneStreamTakesFewStatements) {
  catalog_.Create("shop");
  catalog_.database.Run("CREATE EXTENSION pg_stat_statements; SELECT pg_stat_statements_reset()");
  const DueIntegration due = Due("shop");
  ASSERT_THAT(leader_.Apply({{.key = due.key, .version = due.version, .job = kSlot}}), IsOk());
  const v1::Job job = leader_.TakeOpenJobs({}, 10)->front().job;
  ASSERT_THAT(leader_.StartJob(job), IsOk());
  v1::StreamRun run;
  run.set_run_id(job.job_id() + "-public.t");
  run.set_stream("public.t");
  ASSERT_THAT(leader_.AddRuns(job.job_id(), {run}), IsOk());
  ASSERT_THAT(leader_.RecordDispatch(run.run_id(), {.fence = 1, .draws = 1}), IsOk());
  run.set_state(v1::STREAM_RUN_STATE_RUNNING);
  for (int i = 0; i < 3; ++i) {
    ASSERT_THAT(leader_.ReadStopRequests(), IsOk());
    ASSERT_THAT(leader_.WriteProgress({run}, {{.job_id = job.job_id()}}), IsOk());
  }
  ASSERT_THAT(
      leader_.EndRun(job.job_id(),
                     TestCatalog::Ended(job, "public.t", v1::STREAM_RUN_STATE_SUCCEEDED, 5, kSlot)),
      IsOk());
  ASSERT_THAT(leader_.EndJob(TestCatalog::EndedJob(job, v1::JOB_STATE_SUCCEEDED, kSlot), {}),
              IsOk());
  // Those of functions and settings counted as well, but for this test's own session.
  EXPECT_EQ(catalog_.database.Int(
                "SELECT sum(calls) FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid "
                "WHERE d.datname = current_database() AND query !~ 'pg_stat_statements'"),
            15);
}

}  // namespace
}  // namespace lockstitch::scheduler
