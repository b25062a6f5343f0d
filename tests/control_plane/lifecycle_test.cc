// Integrations are paused, resumed and deleted over gRPC, also while their jobs run.

#include "gmock/gmock.h"
#include "tests/control_plane/api_test.h"

namespace lockstitch::tests {
namespace {

using ::lockstitch::testing::HasReason;
using ::lockstitch::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class LifecycleTest : public ApiTest {
 protected:
  v1::IntegrationRecord Pause() {
    v1::PauseIntegrationRequest request;
    request.set_name(name_);
    return Call(&IntegrationApi::PauseIntegration, request)->integration();
  }
  v1::IntegrationRecord Resume() {
    v1::ResumeIntegrationRequest request;
    request.set_name(name_);
    return Call(&IntegrationApi::ResumeIntegration, request)->integration();
  }
  absl::StatusOr<v1::DeleteIntegrationResponse> Delete(v1::DeleteIntegrationRequest request = {}) {
    request.set_name(name_);
    return Call(&IntegrationApi::DeleteIntegration, request);
  }
  absl::Status TryToRun() {
    v1::RunJobRequest request;
    request.set_parent(name_);
    return Call(&JobApi::RunJob, request).status();
  }

  std::vector<v1::Job> Jobs() {
    v1::ListJobsRequest request;
    request.set_parent(name_);
    const auto jobs = Call(&JobApi::ListJobs, request);
    EXPECT_THAT(jobs, IsOk());
    return {jobs->jobs().begin(), jobs->jobs().end()};
  }
  // Blocks until a job of it has been made.
  void AwaitJobOf(const std::string& id) {
    catalog_.Await(
        "SELECT EXISTS (SELECT FROM lockstitch.jobs j JOIN lockstitch.integrations i ON i.key = "
        "j.integration_key WHERE i.id = '" +
        id + "')");
  }
};

TEST_F(LifecycleTest, APausedOneRunsByHandAlone) {
  MakeTable(10);
  v1::CreateIntegrationRequest request = Wanted(), other = Other("_other");
  for (v1::CreateIntegrationRequest* each : {&request, &other})
    each->mutable_integration()->mutable_schedule()->Clear();
  request.set_paused(true);
  const v1::IntegrationRecord created = Create(request);
  EXPECT_EQ(created.state(), v1::INTEGRATION_STATE_PAUSED);
  EXPECT_FALSE(created.has_next_run_at());
  // Both are due at once: who makes the other's job has passed by this one.
  Create(other);
  AwaitJobOf(id_ + "_other");
  EXPECT_THAT(Jobs(), IsEmpty());

  const v1::Job by_hand = Run().job();
  EXPECT_EQ(by_hand.state(), v1::JOB_STATE_SUCCEEDED);
  EXPECT_EQ(by_hand.trigger(), v1::JOB_TRIGGER_MANUAL);
  const v1::IntegrationRecord paused = Pause();
  EXPECT_EQ(paused.state(), v1::INTEGRATION_STATE_PAUSED);
  EXPECT_EQ(paused.paused_at().SerializeAsString(), created.paused_at().SerializeAsString());
  EXPECT_FALSE(Resume().has_paused_at());
  EXPECT_FALSE(Resume().has_paused_at());
  EXPECT_EQ(Get(name_)->state(), v1::INTEGRATION_STATE_PENDING);
}

TEST_F(LifecycleTest, AResumedOneRunsByItselfAgain) {
  MakeTable(10);
  v1::CreateIntegrationRequest request = Wanted();
  request.mutable_integration()->mutable_schedule()->Clear();
  request.set_paused(true);
  Create(request);
  Resume();
  AwaitJobOf(id_);
  const v1::Job job = Await(Jobs().at(0)).job();
  EXPECT_EQ(job.trigger(), v1::JOB_TRIGGER_SCHEDULE);
  EXPECT_EQ(job.state(), v1::JOB_STATE_SUCCEEDED);
  EXPECT_TRUE(Get(name_)->has_next_run_at());
}

TEST_F(LifecycleTest, APauseLetsTheRunningJobGoOn) {
  MakeTable(10);
  ClosedGate gate(source_url_, "t");
  Create({"public.held"});
  const v1::Job job = StartJob();
  gate.AwaitReader();
  const v1::IntegrationRecord paused = Pause();
  EXPECT_TRUE(paused.has_paused_at());
  EXPECT_EQ(paused.state(), v1::INTEGRATION_STATE_IN_PROGRESS);
  gate.Open();
  EXPECT_EQ(Await(job).job().state(), v1::JOB_STATE_SUCCEEDED);
  EXPECT_EQ(Get(name_)->state(), v1::INTEGRATION_STATE_PAUSED);
}

TEST_F(LifecycleTest, ADeletionStopsTheJobAndLeavesItsHistory) {
  MakeTable(10);
  ClosedGate gate(source_url_, "t");
  const v1::IntegrationRecord created = Create({"public.held"});
  const v1::Job job = StartJob();
  gate.AwaitReader();
  ASSERT_THAT(Delete(), IsOk());
  EXPECT_EQ(Await(job).job().state(), v1::JOB_STATE_CANCELLED);
  EXPECT_THAT(Get(name_), HasReason(Reason::kIntegrationNotFound));
  EXPECT_THAT(Delete(), HasReason(Reason::kIntegrationNotFound));
  EXPECT_THAT(TryToRun(), HasReason(Reason::kIntegrationNotFound));
  EXPECT_THAT(Jobs(), SizeIs(1));
  // Its name is free again.
  EXPECT_NE(Create().uid(), created.uid());
  EXPECT_THAT(Jobs(), IsEmpty());
}

TEST_F(LifecycleTest, ADeletionDropsTablesWhereItIsTold) {
  MakeTable(10);
  const v1::IntegrationRecord created = Create();
  Run();
  v1::DeleteIntegrationRequest request;
  request.set_drop_tables(true);
  request.set_etag("1" + created.etag());
  EXPECT_THAT(Delete(request), HasReason(Reason::kEtagMismatch));
  EXPECT_EQ(Get(name_)->state(), v1::INTEGRATION_STATE_PENDING);
  request.set_etag(created.etag());
  const auto deleted = Delete(request);
  ASSERT_THAT(deleted, IsOk());
  EXPECT_THAT(deleted->forgotten().dropped(), ElementsAre(id_ + ".t"));
  EXPECT_EQ(destination_->Text("SELECT to_regclass('" + id_ + ".t') IS NULL"), "t");
}

TEST_F(LifecycleTest, ADeletionThatCanNotReachItsDestinationGoesOnWhenItIsRepeated) {
  v1::CreateIntegrationRequest request = Wanted();
  *request.mutable_integration()->mutable_destination()->mutable_postgres() = Unreachable();
  request.set_skip_checks(true);
  Create(request);
  const absl::Status refused = Delete().status();
  EXPECT_THAT(refused, HasReason(Reason::kHostUnreachable));
  EXPECT_THAT(std::string(refused.message()), HasSubstr("its deletion has begun"));
  EXPECT_THAT(Get(name_)->state_reason(), HasSubstr("being deleted"));
  EXPECT_THAT(TryToRun(), HasReason(Reason::kIntegrationNotFound));
  v1::DeleteIntegrationRequest abandon;
  abandon.set_abandon_destination(true);
  EXPECT_THAT(Delete(abandon), IsOk());
  EXPECT_THAT(Get(name_), HasReason(Reason::kIntegrationNotFound));
}

}  // namespace
}  // namespace lockstitch::tests
