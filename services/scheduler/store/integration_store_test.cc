#include "services/scheduler/store/integration_store.h"

#include <atomic>
#include <thread>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "services/scheduler/store/test_catalog.h"
#include "testing/status_matchers.h"

namespace lockstitch::scheduler {
namespace {

using ::lockstitch::testing::HasReason;
using ::lockstitch::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kDigest[] = "digest of a request";

class IntegrationStoreTest : public ::testing::Test {
 protected:
  std::vector<std::string> Ids(v1::IntegrationState state) {
    std::vector<std::string> ids;
    for (const KeptIntegration& kept : OrDie(catalog_.integrations.List("", 100, state)))
      ids.push_back(kept.id);
    return ids;
  }
  // As Get has it.
  v1::Integration KeptSettings(const std::string& id) {
    return catalog_.integrations.Get(id)->integration;
  }
  // Whether a planner has to look at it.
  bool Replans(const std::string& id) {
    return catalog_.database.Int(
               absl::StrCat("SELECT replan::int FROM lockstitch.integrations WHERE id = '", id,
                            "' AND deleted_at IS NULL")) == 1;
  }

  TestCatalog catalog_;
  const IntegrationStore& integrations_ = catalog_.integrations;
};

TEST_F(IntegrationStoreTest, WhatWasCreatedComesBackWhole) {
  const KeptIntegration created = catalog_.Create("shop");
  EXPECT_EQ(created.uid, "uid-shop");
  EXPECT_EQ(created.revision, 1);
  EXPECT_FALSE(created.paused_at);
  EXPECT_FALSE(created.next_slot);
  EXPECT_FALSE(created.last_job);
  const KeptIntegration got = *integrations_.Get("shop");
  EXPECT_EQ(got.key, created.key);
  EXPECT_EQ(got.integration.SerializeAsString(), TestCatalog::Settings("shop").SerializeAsString());
  EXPECT_EQ(got.created_at, created.created_at);
  EXPECT_LE(absl::Now() - got.created_at, absl::Hours(1));
}

TEST_F(IntegrationStoreTest, ItsSecretsAreNowhereInTheDatabase) {
  catalog_.Create("shop");
  EXPECT_TRUE(catalog_.Holds("warehouse"));
  EXPECT_FALSE(catalog_.Holds(TestCatalog::kPassword));
}

TEST_F(IntegrationStoreTest, AnIdAUidAndADestinationSchemaBelongToOne) {
  catalog_.Create("shop");
  NewIntegration id = catalog_.New("shop"), uid = catalog_.New("b"), schema = catalog_.New("c");
  id.uid = "other";
  id.integration.set_name("other");
  uid.uid = "uid-shop";
  schema.integration.set_name("SHOP");
  for (const NewIntegration& taken : {id, uid, schema}) {
    const absl::Status status = integrations_.Create(taken).status();
    EXPECT_THAT(status, HasReason(Reason::kIntegrationExists));
    EXPECT_THAT(std::string(status.message()), HasSubstr("shop"));
    EXPECT_EQ(integrations_.TestFree(taken), status);
  }
  EXPECT_THAT(integrations_.TestFree(catalog_.New("free")), IsOk());
  EXPECT_THAT(Ids(v1::INTEGRATION_STATE_UNSPECIFIED), ElementsAre("shop"));
}

TEST_F(IntegrationStoreTest, ARepeatedRequestGivesWhatItGaveBefore) {
  NewIntegration created = catalog_.New("shop");
  created.request_id = "r1";
  created.request_digest = kDigest;
  EXPECT_FALSE(*integrations_.FindRequested("r1", kDigest));
  const int64_t key = integrations_.Create(created)->key;
  EXPECT_EQ((*integrations_.FindRequested("r1", kDigest))->key, key);
  created.uid = "drawn anew";
  EXPECT_EQ(integrations_.Create(created)->key, key);
  created.request_id = "r2";
  EXPECT_THAT(integrations_.Create(created), HasReason(Reason::kIntegrationExists));
  ASSERT_THAT(integrations_.FinishDeletion(key), IsOk());
  EXPECT_FALSE(*integrations_.FindRequested("r1", kDigest));
}

TEST_F(IntegrationStoreTest, ARequestIdOfAnotherRequestIsRefused) {
  NewIntegration created = catalog_.New("shop"), other = catalog_.New("other");
  created.request_id = other.request_id = "r1";
  created.request_digest = kDigest;
  other.request_digest = "another";
  ASSERT_THAT(integrations_.Create(created), IsOk());
  EXPECT_THAT(integrations_.Create(other), HasReason(Reason::kUsageInvalid));
  EXPECT_THAT(integrations_.FindRequested("r1", "another"), HasReason(Reason::kUsageInvalid));
  EXPECT_FALSE(catalog_.Holds(kDigest));
  // Of an integration that an earlier version has created nothing more is known.
  catalog_.database.Run("UPDATE lockstitch.integrations SET request_digest = NULL");
  EXPECT_THAT(integrations_.FindRequested("r1", "another"), IsOk());
}

TEST_F(IntegrationStoreTest, OfConcurrentRequestsOneCreatesIt) {
  NewIntegration created = catalog_.New("shop");
  created.request_id = "r1";
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] { EXPECT_THAT(integrations_.Create(created), IsOk()); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(catalog_.database.Int("SELECT count(*) FROM lockstitch.integrations"), 1);
}

TEST_F(IntegrationStoreTest, WhatIsNotThereIsNotFound) {
  const v1::Integration settings = TestCatalog::Settings("none");
  EXPECT_THAT(integrations_.Get("none"), HasReason(Reason::kIntegrationNotFound));
  EXPECT_THAT(integrations_.Update("none", 1, settings, false),
              HasReason(Reason::kIntegrationNotFound));
  EXPECT_THAT(integrations_.SetPaused("none", true), HasReason(Reason::kIntegrationNotFound));
  EXPECT_THAT(integrations_.BeginDeletion("none"), HasReason(Reason::kIntegrationNotFound));
}

TEST_F(IntegrationStoreTest, AListIsPagedByIdAndShowsNoSecrets) {
  for (const char* id : {"c", "a", "d", "b"}) catalog_.Create(id);
  EXPECT_THAT(Ids(v1::INTEGRATION_STATE_UNSPECIFIED), ElementsAre("a", "b", "c", "d"));
  const std::vector<KeptIntegration> page =
      *integrations_.List("b", 1, v1::INTEGRATION_STATE_UNSPECIFIED);
  ASSERT_EQ(page.size(), 1);
  EXPECT_EQ(page[0].id, "c");
  EXPECT_EQ(page[0].integration.source().postgres().url(), "postgres://u@source/db");
  EXPECT_THAT(*integrations_.List("d", 9, v1::INTEGRATION_STATE_UNSPECIFIED), IsEmpty());
}

TEST_F(IntegrationStoreTest, AListByStateAgreesWithHowEachStands) {
  const LeaderStore leader = catalog_.Lead();
  for (const char* id : {"failed", "none", "none-paused", "paused", "pending", "running",
                         "running-paused", "succeeded", "waiting", "deleting"}) {
    catalog_.Create(id);
  }
  for (const char* id : {"none", "none-paused"}) {
    v1::Integration none = TestCatalog::Settings(id);
    none.mutable_selection()->add_patterns("!*.*");
    ASSERT_THAT(integrations_.Update(id, 1, none, false), IsOk());
  }
  for (const char* id : {"failed", "succeeded"}) {
    ASSERT_THAT(
        leader.EndJob(TestCatalog::EndedJob(
                          catalog_.Start(leader, id),
                          *id == 'f' ? v1::JOB_STATE_FAILED : v1::JOB_STATE_SUCCEEDED, absl::Now()),
                      {}),
        IsOk());
  }
  for (const char* id : {"running", "running-paused"}) catalog_.Start(leader, id);
  catalog_.Request("waiting");
  for (const char* id : {"none-paused", "paused", "running-paused"})
    ASSERT_THAT(integrations_.SetPaused(id, true), IsOk());
  ASSERT_THAT(integrations_.BeginDeletion("deleting"), IsOk());

  EXPECT_THAT(Ids(v1::INTEGRATION_STATE_PENDING), ElementsAre("pending", "succeeded"));
  EXPECT_THAT(Ids(v1::INTEGRATION_STATE_IN_PROGRESS),
              ElementsAre("running", "running-paused", "waiting"));
  EXPECT_THAT(Ids(v1::INTEGRATION_STATE_PAUSED), ElementsAre("deleting", "paused"));
  EXPECT_THAT(Ids(v1::INTEGRATION_STATE_NOT_CONFIGURED), ElementsAre("none", "none-paused"));
  EXPECT_THAT(Ids(v1::INTEGRATION_STATE_FAILED), ElementsAre("failed"));
  for (int state = v1::INTEGRATION_STATE_PENDING; state <= v1::INTEGRATION_STATE_FAILED; ++state) {
    for (const KeptIntegration& kept :
         OrDie(integrations_.List("", 100, static_cast<v1::IntegrationState>(state)))) {
      EXPECT_EQ(StandingOf(kept).state, state) << kept.id;
      EXPECT_NE(StandingOf(kept).reason, "") << kept.id;
    }
  }
}

TEST_F(IntegrationStoreTest, AnEditNeedsTheRevisionItWasMadeFrom) {
  catalog_.Create("shop");
  v1::Integration edited = TestCatalog::Settings("shop");
  edited.set_max_parallel_streams(3);
  edited.mutable_destination()->mutable_postgres()->set_password("another");
  const KeptIntegration updated = *integrations_.Update("shop", 1, edited, false);
  EXPECT_EQ(updated.revision, 2);
  EXPECT_EQ(KeptSettings("shop").SerializeAsString(), edited.SerializeAsString());
  EXPECT_THAT(integrations_.Update("shop", 1, TestCatalog::Settings("shop"), false),
              HasReason(Reason::kEtagMismatch));
  EXPECT_EQ(KeptSettings("shop").SerializeAsString(), edited.SerializeAsString());
  EXPECT_EQ(catalog_.database.Int("SELECT count(*) FROM lockstitch.revisions"), 1);
}

TEST_F(IntegrationStoreTest, OfConcurrentEditsOneIsMade) {
  catalog_.Create("shop");
  std::atomic<int> made = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      const absl::Status status =
          integrations_.Update("shop", 1, TestCatalog::Settings("shop"), false).status();
      if (status.ok()) {
        ++made;
      } else {
        EXPECT_THAT(status, HasReason(Reason::kEtagMismatch));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(made, 1);
}

TEST_F(IntegrationStoreTest, OnlyWhatTouchesItsScheduleIsPlannedAnew) {
  const LeaderStore leader = catalog_.Lead();
  const KeptIntegration created = catalog_.Create("shop");
  EXPECT_TRUE(Replans("shop"));
  const auto plan = [&] {
    const std::vector<DueIntegration> due = *leader.ReadDue(absl::Now(), 10);
    ASSERT_EQ(due.size(), 1);
    ASSERT_THAT(leader.Apply({{.key = due[0].key,
                               .version = due[0].version,
                               .next_slot = absl::FromUnixSeconds(2'000'000'000)}}),
                IsOk());
    EXPECT_FALSE(Replans("shop"));
  };
  plan();
  const v1::Integration settings = TestCatalog::Settings("shop");
  ASSERT_EQ(integrations_.Update("shop", 1, settings, false)->next_slot,
            absl::FromUnixSeconds(2'000'000'000));
  EXPECT_FALSE(Replans("shop"));
  EXPECT_EQ(integrations_.Get("shop")->schedule_changed_at, created.schedule_changed_at);

  const KeptIntegration rescheduled = *integrations_.Update("shop", 2, settings, true);
  EXPECT_FALSE(rescheduled.next_slot);
  EXPECT_GT(rescheduled.schedule_changed_at, created.schedule_changed_at);
  plan();

  const KeptIntegration paused = *integrations_.SetPaused("shop", true);
  EXPECT_TRUE(paused.paused_at);
  EXPECT_FALSE(Replans("shop"));
  EXPECT_EQ(integrations_.SetPaused("shop", true)->paused_at, paused.paused_at);
  const KeptIntegration resumed = *integrations_.SetPaused("shop", false);
  EXPECT_FALSE(resumed.paused_at);
  EXPECT_GT(resumed.schedule_changed_at, rescheduled.schedule_changed_at);
  EXPECT_EQ(resumed.revision, rescheduled.revision);
  // Its slot is to come.
  EXPECT_FALSE(Replans("shop"));
  EXPECT_EQ(resumed.next_slot, absl::FromUnixSeconds(2'000'000'000));

  for (const char* passed : {"now()", "NULL"}) {
    ASSERT_THAT(integrations_.SetPaused("shop", true), IsOk());
    catalog_.database.Run(absl::StrCat("UPDATE lockstitch.integrations SET next_slot = ", passed));
    ASSERT_THAT(integrations_.SetPaused("shop", false), IsOk());
    EXPECT_TRUE(Replans("shop")) << passed;
    plan();
  }
  ASSERT_THAT(integrations_.SetPaused("shop", false), IsOk());
  EXPECT_FALSE(Replans("shop"));
}

TEST_F(IntegrationStoreTest, AnOpenJobKeepsTheSettingsItWasMadeWith) {
  const LeaderStore leader = catalog_.Lead();
  catalog_.Create("shop");
  const v1::Job job = catalog_.Start(leader, "shop");
  v1::Integration edited = TestCatalog::Settings("shop");
  edited.set_max_parallel_streams(3);
  ASSERT_THAT(integrations_.Update("shop", 1, edited, false), IsOk());
  ASSERT_THAT(integrations_.Update("shop", 2, edited, false), IsOk());
  const std::vector<OpenJob> open = *leader.TakeOpenJobs({}, 10);
  ASSERT_EQ(open.size(), 1);
  EXPECT_EQ(open[0].integration.max_parallel_streams(), 0);
  ASSERT_THAT(leader.EndJob(TestCatalog::EndedJob(job, v1::JOB_STATE_SUCCEEDED, absl::Now()), {}),
              IsOk());
  EXPECT_EQ(catalog_.database.List("SELECT revision FROM lockstitch.revisions"),
            std::vector<std::string>{"3"});
}

TEST_F(IntegrationStoreTest, ADeletedOneLeavesItsHistoryAndNoSecret) {
  const LeaderStore leader = catalog_.Lead();
  NewIntegration created = catalog_.New("shop");
  created.request_id = "r1";
  const int64_t key = integrations_.Create(created)->key;
  const v1::Job job = catalog_.Start(leader, "shop");

  EXPECT_TRUE(integrations_.BeginDeletion("shop")->deleting_at);
  EXPECT_TRUE(catalog_.jobs.Get("shop", "")->job.has_stop_requested_at());
  EXPECT_THAT(catalog_.jobs.Request("shop", ""), HasReason(Reason::kIntegrationNotFound));
  EXPECT_THAT(integrations_.Update("shop", 1, TestCatalog::Settings("shop"), false),
              HasReason(Reason::kIntegrationNotFound));
  EXPECT_THAT(*leader.ReadDue(absl::Now(), 10), IsEmpty());
  EXPECT_THAT(integrations_.FinishDeletion(key), HasReason(Reason::kJobRunning));

  ASSERT_THAT(leader.EndRun(job.job_id(),
                            TestCatalog::Ended(job, "public.t", v1::STREAM_RUN_STATE_SUCCEEDED, 7,
                                               absl::Now())),
              IsOk());
  ASSERT_THAT(leader.EndJob(TestCatalog::EndedJob(job, v1::JOB_STATE_CANCELLED, absl::Now()),
                            {{.webhook = TestCatalog::Settings("shop").webhooks(0), .body = "{}"}}),
              IsOk());
  ASSERT_THAT(integrations_.FinishDeletion(key), IsOk());
  EXPECT_THAT(integrations_.FinishDeletion(key), IsOk());

  EXPECT_EQ(catalog_.database.Int("SELECT count(*) FROM lockstitch.revisions"), 0);
  EXPECT_EQ(
      catalog_.database.Int("SELECT count(*) FROM lockstitch.notifications WHERE webhook <> ''"),
      0);
  EXPECT_THAT(*leader.ReadDueNotifications(absl::Now(), 10), IsEmpty());
  EXPECT_THAT(integrations_.Get("shop"), HasReason(Reason::kIntegrationNotFound));
  EXPECT_THAT(Ids(v1::INTEGRATION_STATE_UNSPECIFIED), IsEmpty());
  EXPECT_EQ(catalog_.jobs.Get("shop", job.job_id())->job.rows_loaded(), 7);
  EXPECT_EQ(catalog_.jobs.List({.integration = "shop"}, "", 10)->size(), 1);
}

TEST_F(IntegrationStoreTest, TheIdOfADeletedOneIsFreeAndFreeRowsAreNotGrantedAgain) {
  const LeaderStore leader = catalog_.Lead();
  const int64_t key = catalog_.Create("shop").key;
  const v1::Job job = catalog_.Start(leader, "shop");
  const absl::Time loaded_at = absl::FromUnixSeconds(1'700'000'000);
  ASSERT_THAT(
      leader.EndRun(job.job_id(), TestCatalog::Ended(job, "public.t",
                                                     v1::STREAM_RUN_STATE_SUCCEEDED, 7, loaded_at)),
      IsOk());
  ASSERT_THAT(leader.EndJob(TestCatalog::EndedJob(job, v1::JOB_STATE_SUCCEEDED, loaded_at), {}),
              IsOk());
  ASSERT_THAT(integrations_.FinishDeletion(key), IsOk());
  const KeptIntegration again = catalog_.Create("shop");
  EXPECT_NE(again.key, key);
  EXPECT_FALSE(again.last_job);
  EXPECT_EQ(again.first_load_at, loaded_at);
}

TEST_F(IntegrationStoreTest, SecretsOfAnotherKeyAreToldAsSuch) {
  catalog_.Create("shop");
  TestCatalog other;
  const IntegrationStore with_other_keys(catalog_.catalog.get(), &other.secrets);
  const KeptIntegration kept = *with_other_keys.Get("shop");
  EXPECT_THAT(kept.readable, HasReason(Reason::kSecretKeyUnknown));
  EXPECT_EQ(kept.integration.source().postgres().url(), "postgres://u@source/db");
  EXPECT_TRUE(with_other_keys.SetPaused("shop", true)->paused_at);
  EXPECT_THAT(with_other_keys.List("", 10, v1::INTEGRATION_STATE_UNSPECIFIED), IsOk());
  // They are replaced by an edit.
  EXPECT_THAT(with_other_keys.Update("shop", 1, TestCatalog::Settings("shop"), false)->readable,
              IsOk());
}

TEST_F(IntegrationStoreTest, SecretsMovedToAnotherRowDoNotOpen) {
  catalog_.Create("shop");
  catalog_.Create("thief");
  catalog_.database.Run(
      "UPDATE lockstitch.revisions SET secrets = (SELECT secrets FROM lockstitch.revisions ORDER "
      "BY integration_key LIMIT 1)");
  EXPECT_THAT(integrations_.Get("shop")->readable, IsOk());
  EXPECT_THAT(integrations_.Get("thief")->readable, HasReason(Reason::kInternal));
}

TEST(IsConfiguredTest, OnlyPatternsThatTakeEverythingAwaySelectNothing) {
  v1::Integration integration;
  EXPECT_TRUE(IsConfigured(integration));
  integration.mutable_selection()->add_patterns("public.*");
  EXPECT_TRUE(IsConfigured(integration));
  integration.mutable_selection()->add_patterns("!*.*");
  EXPECT_FALSE(IsConfigured(integration));
  integration.add_streams()->set_selected(false);
  EXPECT_FALSE(IsConfigured(integration));
  integration.add_streams()->set_stream("public.t");
  EXPECT_TRUE(IsConfigured(integration));
}

}  // namespace
}  // namespace lockstitch::scheduler
