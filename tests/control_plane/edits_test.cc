// Edits of integrations at a scheduler, and what the next job makes of them.

#include "gmock/gmock.h"
#include "rpc/channel.h"
#include "services/scheduler/control/control_client.h"
#include "testing/status_matchers.h"
#include "tests/control_plane/control_plane_test.h"

namespace lockstitch::tests {
namespace {

using ::lockstitch::testing::HasReason;
using ::lockstitch::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kShop[] = "integrations/shop";

// An integration `shop` that is run by hand. It reads every table of the schema public by a
// pattern, unless a test has it otherwise.
class EditsTest : public ControlPlaneTest {
 protected:
  EditsTest() : settings_(IntegrationOf("shop", source_url_, destination_url_)) {
    settings_.mutable_schedule()->set_manual(true);
    settings_.mutable_selection()->add_patterns("public.*");
    MakeTable(10);
    source_->Run("CREATE TABLE u (id int PRIMARY KEY); CREATE VIEW w AS SELECT id FROM t");
  }

  void Start() {
    StartServices();
    scheduler_ = StartScheduler();
    client_ = std::make_unique<scheduler::ControlClient>(rpc::Connect(scheduler_->address()),
                                                         "scheduler");
  }

  absl::Status Reset(const std::vector<std::string>& streams) {
    v1::ResetStreamsRequest request;
    request.set_parent(kShop);
    request.mutable_streams()->Add(streams.begin(), streams.end());
    return client_->ResetStreams(request).status();
  }
  // As a file that is applied.
  absl::Status Apply(const v1::Integration& integration) { return Edit(integration, "*"); }
  absl::Status Edit(const v1::Integration& integration, const std::string& path) {
    v1::UpdateIntegrationRequest request;
    request.set_name(kShop);
    *request.mutable_integration() = integration;
    request.mutable_update_mask()->add_paths(path);
    return client_->UpdateIntegration(request).status();
  }
  absl::Status Delete(bool abandon) {
    v1::DeleteIntegrationRequest request;
    request.set_name(kShop);
    request.set_abandon_destination(abandon);
    return client_->DeleteIntegration(request).status();
  }
  // Runs a job that succeeds, and answers its streams.
  std::vector<std::string> Run() {
    v1::RunJobRequest request;
    request.set_parent(kShop);
    EXPECT_THAT(client_->RunJob(request), IsOk());
    catalog_database_->Await(
        "SELECT ended_at IS NOT NULL FROM lockstitch.jobs ORDER BY key DESC LIMIT 1");
    const scheduler::KeptJob kept = LastJob("shop");
    EXPECT_EQ(kept.job.state(), v1::JOB_STATE_SUCCEEDED) << kept.job.ShortDebugString();
    std::vector<std::string> streams;
    for (const v1::StreamRun& run : kept.runs) streams.push_back(run.stream());
    return streams;
  }
  // The reset that the destination has applied to a table of public.
  int64_t Applied(const std::string& table) {
    return destination_->Int(
        "SELECT reset_generation FROM _lockstitch.streams WHERE source_table = '" + table + "'");
  }

  v1::Integration settings_;
  std::unique_ptr<ServiceProcess> scheduler_;
  std::unique_ptr<scheduler::ControlClient> client_;
};

TEST_F(EditsTest, AResetIsAppliedThoughAFileHasTakenItsCounterAway) {
  Start();
  Keep(settings_);
  ASSERT_THAT(Reset({"public.t"}), IsOk());
  EXPECT_THAT(Run(), ElementsAre("public.t", "public.u"));
  EXPECT_EQ(Applied("t"), 1);
  ASSERT_THAT(Apply(settings_), IsOk());
  EXPECT_THAT(integrations_->Get("shop")->integration.streams(), IsEmpty());
  ASSERT_THAT(Reset({"public.t"}), IsOk());
  Run();
  EXPECT_EQ(Applied("t"), 2);
  EXPECT_EQ(Applied("u"), 0);
  ASSERT_THAT(Apply(settings_), IsOk());
  ASSERT_THAT(Reset({}), IsOk());
  Run();
  EXPECT_EQ(Applied("t"), 3);
  EXPECT_GT(Applied("u"), 0);
}

TEST_F(EditsTest, ABookmarkIsSetThoughTheDestinationHasAppliedMoreThanTheCatalogKnows) {
  v1::StreamSettings* stream = settings_.add_streams();
  stream->set_stream("public.t");
  stream->set_method(v1::REPLICATION_METHOD_INCREMENTAL);
  stream->set_replication_key("id");
  Start();
  Keep(settings_);
  Run();
  destination_->Run("UPDATE _lockstitch.streams SET reset_generation = 7");
  v1::SetBookmarkRequest request;
  request.set_name("integrations/shop/streams/public.t");
  request.set_bookmark("3");
  ASSERT_THAT(client_->SetBookmark(request), IsOk());
  Run();
  EXPECT_EQ(Applied("t"), 8);
  EXPECT_THAT(LogOf("shop"), ::testing::Contains(HasSubstr("the bookmark is set from 10 to 3")));
}

TEST_F(EditsTest, OnlyWhatIsSelectedIsReset) {
  Start();
  Keep(settings_);
  for (const char* stream : {"public.tt", "public.w", "other.t"})
    EXPECT_THAT(Reset({"public.t", stream}), HasReason(Reason::kStreamNotFound)) << stream;
  EXPECT_EQ(integrations_->Get("shop")->revision, 1);
  EXPECT_THAT(Reset({"t"}), IsOk());
  EXPECT_THAT(Run(), ElementsAre("public.t", "public.u"));
}

TEST_F(EditsTest, AResetOfOneOfAllButSomeLeavesTheOthers) {
  settings_.clear_selection();
  settings_.add_streams()->set_stream("public.u");
  settings_.mutable_streams(0)->set_selected(false);
  source_->Run("CREATE TABLE v (id int)");
  Start();
  Keep(settings_);
  ASSERT_THAT(Reset({"public.t"}), IsOk());
  EXPECT_THAT(Run(), ElementsAre("public.t", "public.v"));
}

TEST_F(EditsTest, SecretsWhoseKeyIsLostAreGivenAnewOrDeleted) {
  const testing::TemporaryFolder folder;
  const std::string keys = folder.path() + "/keys";
  ASSERT_THAT(scheduler::SecretBox::CreateFile(keys), IsOk());
  const scheduler::SecretBox lost = *scheduler::SecretBox::Open(keys);
  const scheduler::IntegrationStore store(catalog_.get(), &lost);
  Start();
  ASSERT_THAT(store.Create({.id = "shop", .uid = "uid-shop", .integration = settings_}), IsOk());
  v1::GetIntegrationRequest get;
  get.set_name(kShop);
  EXPECT_THAT(client_->GetIntegration(get), IsOk());
  v1::CheckIntegrationRequest check;
  check.set_name(kShop);
  EXPECT_THAT(client_->CheckIntegration(check), HasReason(Reason::kSecretKeyUnknown));
  EXPECT_THAT(Reset({}), HasReason(Reason::kSecretKeyUnknown));
  // Nothing of it may be saved without its secrets.
  for (const char* path : {"schedule", "source"})
    EXPECT_THAT(Edit(settings_, path), HasReason(Reason::kSecretKeyUnknown)) << path;
  EXPECT_THAT(Delete(/*abandon=*/false), HasReason(Reason::kSecretKeyUnknown));
  EXPECT_FALSE(integrations_->Get("shop")->deleting_at);

  ASSERT_THAT(Apply(settings_), IsOk());
  EXPECT_THAT(integrations_->Get("shop")->readable, IsOk());
  EXPECT_THAT(Run(), ElementsAre("public.t", "public.u"));

  ASSERT_THAT(store.Update("shop", 2, settings_, false), IsOk());
  EXPECT_THAT(Delete(/*abandon=*/true), IsOk());
  EXPECT_THAT(client_->GetIntegration(get), HasReason(Reason::kIntegrationNotFound));
}

TEST_F(EditsTest, OneThatIsBeingDeletedIsNotEdited) {
  Start();
  Keep(settings_);
  ASSERT_THAT(integrations_->BeginDeletion("shop"), IsOk());
  v1::Integration edited = settings_;
  edited.set_max_parallel_streams(3);
  const absl::Status refused = Apply(edited);
  EXPECT_THAT(refused, HasReason(Reason::kIntegrationNotFound));
  EXPECT_THAT(std::string(refused.message()), HasSubstr("is being deleted"));
  EXPECT_THAT(Delete(/*abandon=*/false), IsOk());
}

TEST_F(EditsTest, PagesEndBeforeTheyAreTooLargeForClients) {
  Start();
  for (int i = 0; i < 5; ++i) {
    v1::Integration large = settings_;
    large.set_name("large_" + std::to_string(i));
    large.add_streams()->set_stream("public.t");
    large.mutable_streams(0)->set_filter("v <> '" + std::string(1'500'000, 'x') + "'");
    Keep(large);
  }
  v1::ListIntegrationsRequest request;
  request.set_page_size(1000);
  std::vector<int> sizes;
  do {
    const auto page = client_->ListIntegrations(request);
    ASSERT_THAT(page, IsOk());
    sizes.push_back(page->integrations_size());
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  EXPECT_THAT(sizes, ElementsAre(2, 2, 1));
}

TEST_F(EditsTest, UsageComesInPages) {
  Start();
  for (const char* id : {"a", "b"}) {
    v1::Integration integration = settings_;
    integration.set_name(id);
    Keep(integration);
  }
  catalog_database_->Run(
      "INSERT INTO lockstitch.usage SELECT key, 's', day, 5, 0 FROM lockstitch.integrations, "
      "(VALUES (date '2026-01-31'), ('2026-02-01')) d (day)");
  v1::ListUsageRequest request;
  request.set_parent("integrations/-");
  request.set_first_day("2026-01-01");
  request.set_last_day("2026-02-28");
  request.set_page_size(1);
  std::vector<std::string> told;
  do {
    const auto page = client_->ListUsage(request);
    ASSERT_THAT(page, IsOk());
    for (const v1::UsageDay& day : page->days())
      told.push_back(day.day() + " " + day.integration());
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  EXPECT_THAT(told, ElementsAre("2026-01-31 integrations/a", "2026-01-31 integrations/b",
                                "2026-02-01 integrations/a", "2026-02-01 integrations/b"));
  request.clear_page_size();
  EXPECT_THAT(client_->ListUsage(request)->days(), SizeIs(4));
}

}  // namespace
}  // namespace lockstitch::tests
