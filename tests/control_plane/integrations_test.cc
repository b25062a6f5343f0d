// Integrations are created, checked, listed and edited over gRPC.

#include <algorithm>

#include "absl/time/civil_time.h"
#include "gmock/gmock.h"
#include "rpc/timestamp.h"
#include "tests/control_plane/api_test.h"

namespace lockstitch::tests {
namespace {

using ::lockstitch::testing::HasReason;
using ::lockstitch::testing::IsOk;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::PostgresCluster;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class IntegrationsTest : public ApiTest {
 protected:
  absl::StatusOr<v1::CreateIntegrationResponse> TryToCreate(
      const v1::CreateIntegrationRequest& request) {
    return Call(&IntegrationApi::CreateIntegration, request);
  }
  v1::UpdateIntegrationRequest Edit(const v1::Integration& integration,
                                    const std::vector<std::string>& mask) {
    v1::UpdateIntegrationRequest request;
    request.set_name(name_);
    *request.mutable_integration() = integration;
    for (const std::string& path : mask) request.mutable_update_mask()->add_paths(path);
    return request;
  }
  absl::StatusOr<v1::UpdateIntegrationResponse> TryTo(const v1::UpdateIntegrationRequest& request) {
    return Call(&IntegrationApi::UpdateIntegration, request);
  }
};

TEST_F(IntegrationsTest, WhatDoesNotConnectIsNotSavedAndEveryFailureIsTold) {
  v1::CreateIntegrationRequest request = Wanted();
  *request.mutable_integration()->mutable_source()->mutable_postgres() = Unreachable();
  *request.mutable_integration()->mutable_destination()->mutable_postgres() = Unreachable();
  const absl::Status refused = TryToCreate(request).status();
  EXPECT_THAT(refused, HasReason(Reason::kIntegrationCheckFailed));
  EXPECT_THAT(std::string(refused.message()),
              AllOf(HasSubstr("source, connect: HOST_UNREACHABLE"),
                    HasSubstr("destination, connect: HOST_UNREACHABLE"),
                    HasSubstr(std::string(InfoOf(Reason::kHostUnreachable).remedy))));
  EXPECT_THAT(Get(name_), HasReason(Reason::kIntegrationNotFound));

  request.set_skip_checks(true);
  const auto saved = TryToCreate(request);
  ASSERT_THAT(saved, IsOk());
  EXPECT_THAT(saved->steps(), IsEmpty());
  EXPECT_THAT(Get(name_), IsOk());

  v1::CheckIntegrationRequest check;
  check.set_name(name_);
  const auto checked = Call(&IntegrationApi::CheckIntegration, check);
  ASSERT_THAT(checked, IsOk());
  std::vector<std::string> failed;
  for (const v1::IntegrationCheckStep& each : checked->steps()) {
    if (each.step().result() != v1::CHECK_RESULT_FAILED) continue;
    failed.push_back(each.end() + " " + each.step().name() + " " + each.step().reason());
    EXPECT_NE(each.step().remedy(), "");
  }
  EXPECT_THAT(failed, UnorderedElementsAre("source connect HOST_UNREACHABLE",
                                           "destination connect HOST_UNREACHABLE"));
}

TEST_F(IntegrationsTest, WhatIsWrongInItselfIsNeverSaved) {
  v1::CreateIntegrationRequest request = Wanted();
  request.set_skip_checks(true);
  request.mutable_integration()->clear_destination();
  request.mutable_integration()->mutable_schedule()->set_cron("0 3 * * *");
  request.mutable_integration()->add_webhooks()->set_url("http://localhost/hook");
  const absl::Status refused = TryToCreate(request).status();
  EXPECT_THAT(refused, HasReason(Reason::kIntegrationInvalid));
  EXPECT_THAT(std::string(refused.message()),
              AllOf(HasSubstr("destination"), HasSubstr("cron"), HasSubstr("webhooks[0].url")));
  EXPECT_THAT(Get(name_), HasReason(Reason::kIntegrationNotFound));
}

TEST_F(IntegrationsTest, WhatIsOnlyValidatedIsNotSaved) {
  v1::CreateIntegrationRequest request = Wanted();
  request.set_validate_only(true);
  const auto would_be = TryToCreate(request);
  ASSERT_THAT(would_be, IsOk());
  EXPECT_EQ(would_be->integration().name(), name_);
  EXPECT_EQ(would_be->integration().etag(), "");
  EXPECT_THAT(would_be->steps(), Not(IsEmpty()));
  EXPECT_THAT(Get(name_), HasReason(Reason::kIntegrationNotFound));

  const v1::IntegrationRecord created = Create();
  EXPECT_THAT(TryToCreate(request), HasReason(Reason::kIntegrationExists));
  v1::Integration integration;
  integration.set_max_parallel_streams(7);
  v1::UpdateIntegrationRequest edit = Edit(integration, {"max_parallel_streams"});
  edit.set_validate_only(true);
  const auto edited = TryTo(edit);
  ASSERT_THAT(edited, IsOk());
  EXPECT_EQ(edited->integration().integration().max_parallel_streams(), 7u);
  EXPECT_THAT(edited->changes(), SizeIs(1));
  EXPECT_EQ(Get(name_)->SerializeAsString(), created.SerializeAsString());
}

TEST_F(IntegrationsTest, ARepeatedRequestCreatesOneIntegration) {
  v1::CreateIntegrationRequest request = Wanted();
  request.set_request_id("request of " + id_);
  const v1::IntegrationRecord created = Create(request);
  EXPECT_EQ(Create(request).SerializeAsString(), created.SerializeAsString());
  // Its connections need not pass any more, nor its settings be what they were.
  v1::Integration away;
  *away.mutable_source()->mutable_postgres() = Unreachable();
  v1::UpdateIntegrationRequest edit = Edit(away, {"source"});
  edit.set_skip_checks(true);
  ASSERT_THAT(TryTo(edit), IsOk());
  EXPECT_EQ(Create(request).uid(), created.uid());

  v1::CreateIntegrationRequest settings = request, password = request, id = request;
  settings.mutable_integration()->set_max_parallel_streams(3);
  password.mutable_integration()->mutable_source()->mutable_postgres()->set_password("another");
  id.set_integration_id(id_ + "_other");
  for (const v1::CreateIntegrationRequest& other : {settings, password, id}) {
    const absl::Status refused = TryToCreate(other).status();
    EXPECT_THAT(refused, HasReason(Reason::kUsageInvalid));
    EXPECT_THAT(std::string(refused.message()), AllOf(HasSubstr("request_id"), HasSubstr(id_)));
  }
  EXPECT_THAT(Get(name_ + "_other"), HasReason(Reason::kIntegrationNotFound));
}

TEST_F(IntegrationsTest, AnIdIsTheCallersOrMadeFromTheNameAndBelongsToOne) {
  EXPECT_EQ(Create().name(), name_);
  v1::CreateIntegrationRequest other = Other("_other");
  other.set_integration_id(id_);
  const absl::Status taken = TryToCreate(other).status();
  EXPECT_THAT(taken, HasReason(Reason::kIntegrationExists));
  EXPECT_EQ(taken.code(), absl::StatusCode::kAlreadyExists);
  other.set_integration_id(id_ + "-chosen");
  EXPECT_EQ(Create(other).name(), name_ + "-chosen");
  other.set_integration_id("Not an id");
  EXPECT_THAT(TryToCreate(other), HasReason(Reason::kUsageInvalid));
}

TEST_F(IntegrationsTest, ListsComeInPagesAndByState) {
  for (const char* suffix : {"_a", "_b", "_c"}) {
    v1::CreateIntegrationRequest request = Other(suffix);
    request.set_paused(suffix != std::string("_b"));
    request.set_skip_checks(true);
    Create(request);
  }
  // Those of this test, of all that there are.
  const auto list = [&](v1::IntegrationState state) {
    v1::ListIntegrationsRequest request;
    request.set_page_size(2);
    request.set_state(state);
    std::vector<std::string> names, all;
    do {
      const auto page = Call(&IntegrationApi::ListIntegrations, request);
      EXPECT_THAT(page, IsOk());
      EXPECT_THAT(page->integrations(), SizeIs(::testing::Le(2)));
      for (const v1::IntegrationRecord& record : page->integrations()) {
        all.push_back(record.name());
        if (record.name().find(name_ + "_") == 0) names.push_back(record.name());
        EXPECT_TRUE(state == v1::INTEGRATION_STATE_UNSPECIFIED || record.state() == state);
      }
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    EXPECT_TRUE(std::is_sorted(all.begin(), all.end()));
    return names;
  };
  EXPECT_THAT(list(v1::INTEGRATION_STATE_UNSPECIFIED),
              ElementsAre(name_ + "_a", name_ + "_b", name_ + "_c"));
  EXPECT_THAT(list(v1::INTEGRATION_STATE_PAUSED), ElementsAre(name_ + "_a", name_ + "_c"));
  EXPECT_THAT(list(v1::INTEGRATION_STATE_PENDING), ElementsAre(name_ + "_b"));

  v1::ListIntegrationsRequest request;
  request.set_page_size(1);
  request.set_page_token(Call(&IntegrationApi::ListIntegrations, request)->next_page_token());
  request.set_state(v1::INTEGRATION_STATE_PAUSED);
  EXPECT_THAT(Call(&IntegrationApi::ListIntegrations, request), HasReason(Reason::kUsageInvalid));
  request.clear_page_token();
  request.set_page_size(-1);
  EXPECT_THAT(Call(&IntegrationApi::ListIntegrations, request), HasReason(Reason::kUsageInvalid));
}

TEST_F(IntegrationsTest, AnEditChangesTheFieldsOfItsMaskAlone) {
  const v1::IntegrationRecord created = Create();
  v1::Integration integration;
  integration.set_max_parallel_streams(7);
  integration.mutable_quota()->set_rows_per_month(1);
  v1::UpdateIntegrationRequest request = Edit(integration, {"max_parallel_streams"});
  request.set_etag(created.etag());
  const auto edited = TryTo(request);
  ASSERT_THAT(edited, IsOk());
  ASSERT_THAT(edited->changes(), SizeIs(1));
  EXPECT_EQ(edited->changes(0).path(), "max_parallel_streams");
  EXPECT_EQ(edited->changes(0).after(), "7");
  EXPECT_NE(edited->integration().etag(), created.etag());
  v1::Integration expected = created.integration();
  expected.set_max_parallel_streams(7);
  EXPECT_EQ(Get(name_)->integration().SerializeAsString(), expected.SerializeAsString());
  // Once more it changes nothing, and one that was made from what is no longer there is refused.
  request.set_etag(edited->integration().etag());
  EXPECT_EQ(TryTo(request)->integration().etag(), edited->integration().etag());
  request.mutable_integration()->set_max_parallel_streams(8);
  for (const std::string& etag : {created.etag(), std::string("none")}) {
    request.set_etag(etag);
    EXPECT_THAT(TryTo(request), HasReason(Reason::kEtagMismatch));
  }
  EXPECT_EQ(Get(name_)->integration().max_parallel_streams(), 7u);
}

TEST_F(IntegrationsTest, UnknownFieldsAndThoseThatNeverChangeAreRefused) {
  const v1::IntegrationRecord created = Create();
  v1::Integration integration = created.integration();
  integration.set_name("another");
  integration.mutable_naming()->set_include_schema_names(true);
  const absl::Status unchanging = TryTo(Edit(integration, {"*"})).status();
  EXPECT_THAT(unchanging, HasReason(Reason::kIntegrationInvalid));
  EXPECT_THAT(std::string(unchanging.message()), AllOf(HasSubstr("name"), HasSubstr("naming")));
  for (const char* path : {"name", "naming", "naming.include_schema_names"})
    EXPECT_THAT(TryTo(Edit(integration, {path})), HasReason(Reason::kIntegrationInvalid));
  const absl::Status unknown = TryTo(Edit(integration, {"quota", "colour"})).status();
  EXPECT_THAT(unknown, HasReason(Reason::kUsageInvalid));
  EXPECT_THAT(std::string(unknown.message()), HasSubstr("colour"));
  EXPECT_THAT(TryTo(Edit(integration, {})), HasReason(Reason::kUsageInvalid));
  EXPECT_EQ(Get(name_)->SerializeAsString(), created.SerializeAsString());
}

TEST_F(IntegrationsTest, ConnectionsThatAnEditChangesAreCheckedFirst) {
  const v1::IntegrationRecord created = Create();
  v1::Integration integration;
  *integration.mutable_source()->mutable_postgres() = Unreachable();
  v1::UpdateIntegrationRequest request = Edit(integration, {"source"});
  EXPECT_THAT(TryTo(request), HasReason(Reason::kIntegrationCheckFailed));
  EXPECT_EQ(Get(name_)->SerializeAsString(), created.SerializeAsString());
  request.set_skip_checks(true);
  EXPECT_THAT(TryTo(request), IsOk());
  EXPECT_EQ(Get(name_)->integration().source().postgres().port(), 1u);
}

// Every answer and log is searched for them besides.
TEST_F(IntegrationsTest, SecretsNeverComeBackAndStayWhereTheyAreLeftOut) {
  const std::string secret = PostgresCluster::kPassword;
  v1::CreateIntegrationRequest request = Wanted({"public.gone"});
  v1::Integration& integration = *request.mutable_integration();
  v1::PostgresConnection* source = integration.mutable_source()->mutable_postgres();
  const std::string url = source->url();
  source->set_url(url.substr(0, url.find("&password=")));
  source->set_password(secret);
  v1::Webhook* webhook = integration.add_webhooks();
  webhook->set_url("https://user:" + secret + "@localhost:1/hook?token=" + secret);
  webhook->set_signing_key(secret);
  const v1::Integration shown = Create(request).integration();
  EXPECT_EQ(shown.source().postgres().password(), "");
  EXPECT_THAT(shown.destination().postgres().url(), HasSubstr("lockstitch@"));
  EXPECT_EQ(shown.webhooks(0).url(), "https://localhost:1/hook");
  EXPECT_EQ(shown.webhooks(0).signing_key(), "");

  // What was read is written back: nothing is lost.
  EXPECT_THAT(TryTo(Edit(shown, {"*"}))->changes(), IsEmpty());
  v1::Integration edited = shown;
  edited.mutable_source()->mutable_postgres()->set_password("another-" + secret);
  const auto changed = TryTo(Edit(edited, {"source.postgres.password"}));
  ASSERT_THAT(changed, IsOk());
  ASSERT_THAT(changed->changes(), SizeIs(1));
  EXPECT_EQ(changed->changes(0).before(), "***");
  EXPECT_EQ(changed->changes(0).after(), "***");

  // Nor do they in what a job that fails leaves behind.
  EXPECT_EQ(Run().job().state(), v1::JOB_STATE_FAILED);
  v1::ListLogEntriesRequest log;
  log.set_parent(name_);
  EXPECT_THAT(Call(&JobApi::ListLogEntries, log)->entries(), Not(IsEmpty()));
}

TEST_F(IntegrationsTest, SchedulesArePreviewedOrRefused) {
  v1::PreviewScheduleRequest request;
  request.mutable_schedule()->set_cron("0 30 2 ? * MON-FRI");
  request.mutable_schedule()->set_time_zone("Europe/Berlin");
  const absl::Time friday = absl::FromCivil(absl::CivilHour(2026, 1, 30, 12), absl::UTCTimeZone());
  *request.mutable_from() = rpc::ToTimestamp(friday);
  request.set_count(2);
  const auto previewed = Call(&IntegrationApi::PreviewSchedule, request);
  ASSERT_THAT(previewed, IsOk());
  ASSERT_THAT(previewed->slots(), SizeIs(2));
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(rpc::FromTimestamp(previewed->slots(i).time()),
              absl::FromCivil(absl::CivilMinute(2026, 2, 2 + i, 1, 30), absl::UTCTimeZone()));
    EXPECT_NE(previewed->slots(i).reason(), "");
  }
  request.set_count(1'001);
  EXPECT_THAT(Call(&IntegrationApi::PreviewSchedule, request), HasReason(Reason::kUsageInvalid));
  request.clear_count();
  EXPECT_THAT(Call(&IntegrationApi::PreviewSchedule, request)->slots(), SizeIs(10));
  request.mutable_schedule()->set_cron("0 30 2 * * MON-FRI");
  EXPECT_THAT(Call(&IntegrationApi::PreviewSchedule, request), HasReason(Reason::kScheduleInvalid));
}

}  // namespace
}  // namespace lockstitch::tests
