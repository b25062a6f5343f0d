// Jobs are made, stopped, watched and reported over gRPC.

#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "rpc/timestamp.h"
#include "tests/control_plane/api_test.h"

namespace lockstitch::tests {
namespace {

using ::lockstitch::testing::HasReason;
using ::lockstitch::testing::IsOk;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class JobsTest : public ApiTest {
 protected:
  v1::RunJobResponse Request(const std::string& request_id) {
    v1::RunJobRequest request;
    request.set_parent(name_);
    request.set_request_id(request_id);
    const auto response = Call(&JobApi::RunJob, request);
    EXPECT_THAT(response, IsOk());
    return response.value_or(v1::RunJobResponse());
  }
  absl::StatusOr<v1::StopJobResponse> Stop(const std::string& name) {
    v1::StopJobRequest request;
    request.set_name(name);
    return Call(&JobApi::StopJob, request);
  }

  absl::StatusOr<v1::ListJobsResponse> List(const v1::ListJobsRequest& request) {
    return Call(&JobApi::ListJobs, request);
  }
  v1::ListLogEntriesRequest LogRequest() {
    v1::ListLogEntriesRequest request;
    request.set_parent(name_);
    return request;
  }
  // From the request's page to what is the last one now; the request is then for what comes next.
  std::vector<v1::KeptLogEntry> ReadLog(v1::ListLogEntriesRequest* request) {
    std::vector<v1::KeptLogEntry> entries;
    bool more = true;
    while (more) {
      const auto page = Call(&JobApi::ListLogEntries, *request);
      EXPECT_THAT(page, IsOk());
      if (!page.ok()) break;
      entries.insert(entries.end(), page->entries().begin(), page->entries().end());
      request->set_page_token(page->next_page_token());
      more = page->more();
    }
    return entries;
  }

  std::vector<v1::LoadReport> Reports() {
    v1::ListLoadReportsRequest request;
    request.set_parent(name_);
    const auto reports = Call(&ReportApi::ListLoadReports, request);
    EXPECT_THAT(reports, IsOk());
    return {reports->reports().begin(), reports->reports().end()};
  }

  // What the catalog has of this integration.
  void Alter(const std::string& assignments) {
    catalog_.Run("UPDATE lockstitch.integrations SET " + assignments + " WHERE id = '" + id_ +
                 "' AND deleted_at IS NULL");
  }
};

TEST_F(JobsTest, ARequestMakesOneJobAndJoinsOneThatIsOpen) {
  MakeTable(10);
  ClosedGate gate(source_url_, "t");
  Create({"public.held"});
  const v1::RunJobResponse made = Request("r1");
  EXPECT_FALSE(made.attached());
  EXPECT_EQ(made.job().trigger(), v1::JOB_TRIGGER_MANUAL);
  EXPECT_EQ(Request("r1").job().job_id(), made.job().job_id());
  EXPECT_FALSE(Request("r1").attached());
  for (const char* other : {"r2", ""}) {
    const v1::RunJobResponse joined = Request(other);
    EXPECT_TRUE(joined.attached());
    EXPECT_EQ(joined.job().job_id(), made.job().job_id());
  }
  gate.Open();
  EXPECT_EQ(Await(made.job()).job().state(), v1::JOB_STATE_SUCCEEDED);
  EXPECT_EQ(Request("r1").job().state(), v1::JOB_STATE_SUCCEEDED);
  const v1::RunJobResponse next = Request("r3");
  EXPECT_FALSE(next.attached());
  EXPECT_NE(next.job().job_id(), made.job().job_id());
  Await(next.job());
}

TEST_F(JobsTest, AStopEndsTheOpenJob) {
  MakeTable(10);
  ClosedGate gate(source_url_, "t");
  Create({"public.held"});
  EXPECT_THAT(Stop(name_), HasReason(Reason::kJobNotFound));
  const v1::Job job = StartJob();
  gate.AwaitReader();
  const auto asked = Stop(name_);
  ASSERT_THAT(asked, IsOk());
  EXPECT_EQ(asked->job().job_id(), job.job_id());
  EXPECT_TRUE(asked->job().has_stop_requested_at());
  const v1::GetJobResponse ended = Await(job);
  EXPECT_EQ(ended.job().state(), v1::JOB_STATE_CANCELLED);
  ASSERT_THAT(ended.stream_runs(), SizeIs(1));
  EXPECT_EQ(ended.stream_runs(0).state(), v1::STREAM_RUN_STATE_CANCELLED);
  EXPECT_EQ(Get(name_)->state(), v1::INTEGRATION_STATE_PENDING);
  EXPECT_THAT(Stop(name_), HasReason(Reason::kJobNotRunning));
  EXPECT_THAT(Stop(job.name()), HasReason(Reason::kJobNotRunning));
  EXPECT_THAT(Stop(name_ + "/jobs/none"), HasReason(Reason::kJobNotFound));
}

TEST_F(JobsTest, AWatchTellsAJobFromHowItStandsToItsEnd) {
  MakeTable(10);
  ClosedGate gate(source_url_, "t");
  Create({"public.held"});
  const v1::Job job = StartJob();
  gate.AwaitReader();
  std::vector<v1::JobEvent> events;
  bool opened = false;
  ASSERT_THAT(Watch(name_,
                    [&](const v1::JobEvent& event) {
                      events.push_back(event);
                      if (opened || event.stream_run().state() != v1::STREAM_RUN_STATE_RUNNING)
                        return;
                      gate.Open();
                      opened = true;
                    }),
              IsOk());
  EXPECT_EQ(events.front().job().state(), v1::JOB_STATE_RUNNING);
  EXPECT_EQ(events.back().job().state(), v1::JOB_STATE_SUCCEEDED);
  std::vector<v1::StreamRunState> states;
  std::vector<std::string> lines;
  for (const v1::JobEvent& event : events) {
    EXPECT_TRUE(!event.has_job() || event.job().name() == job.name());
    if (event.has_stream_run()) states.push_back(event.stream_run().state());
    if (event.has_log()) lines.push_back(event.log().message());
  }
  EXPECT_THAT(states, Contains(v1::STREAM_RUN_STATE_RUNNING));
  EXPECT_EQ(states.back(), v1::STREAM_RUN_STATE_SUCCEEDED);
  EXPECT_THAT(lines, Contains(HasSubstr("the job has ended: 1 of 1 streams succeeded")));

  // Of an ended one the same lines, and the end.
  std::vector<std::string> again;
  v1::JobEvent last;
  ASSERT_THAT(Watch(job.name(),
                    [&](const v1::JobEvent& event) {
                      if (event.has_log()) again.push_back(event.log().message());
                      last = event;
                    }),
              IsOk());
  EXPECT_EQ(again, lines);
  EXPECT_EQ(last.job().state(), v1::JOB_STATE_SUCCEEDED);
}

TEST_F(JobsTest, ListsComeInPagesTheLatestFirstAndByState) {
  MakeTable(10);
  Create({"public.t"});
  std::vector<std::string> made;
  for (int i = 0; i < 2; ++i) made.insert(made.begin(), Run().job().job_id());
  source_->Run("DROP TABLE t");
  const v1::Job failed = Run().job();
  made.insert(made.begin(), failed.job_id());

  v1::ListJobsRequest request;
  request.set_parent(name_);
  request.set_page_size(2);
  const auto first = List(request);
  ASSERT_THAT(first, IsOk());
  request.set_page_token(first->next_page_token());
  const auto second = List(request);
  ASSERT_THAT(second, IsOk());
  std::vector<std::string> listed;
  for (const auto& page : {*first, *second}) {
    for (const v1::Job& job : page.jobs()) listed.push_back(job.job_id());
  }
  EXPECT_EQ(listed, made);
  EXPECT_EQ(second->next_page_token(), "");

  request.clear_page_token();
  request.set_state(v1::JOB_STATE_FAILED);
  const auto failures = List(request);
  ASSERT_THAT(failures->jobs(), SizeIs(1));
  EXPECT_EQ(failures->jobs(0).SerializeAsString(), failed.SerializeAsString());
  request.set_parent("integrations/-");
  std::vector<std::string> names;
  const auto of_all = List(request);
  for (const v1::Job& job : of_all->jobs()) names.push_back(job.name());
  EXPECT_THAT(names, Contains(failed.name()));
  request.set_page_token(first->next_page_token());
  EXPECT_THAT(List(request), HasReason(Reason::kUsageInvalid));
}

TEST_F(JobsTest, ALogComesInPagesAndGoesOnAsATail) {
  MakeTable(10);
  Create({"public.t"});
  const v1::Job first = Run().job();
  v1::ListLogEntriesRequest whole = LogRequest(), pages = LogRequest();
  pages.set_page_size(2);
  const std::vector<v1::KeptLogEntry> entries = ReadLog(&whole);
  const std::vector<v1::KeptLogEntry> paged = ReadLog(&pages);
  EXPECT_THAT(entries, SizeIs(::testing::Gt(2)));
  ASSERT_THAT(paged, SizeIs(entries.size()));
  for (size_t i = 0; i < entries.size(); ++i) {
    EXPECT_EQ(paged[i].SerializeAsString(), entries[i].SerializeAsString());
    EXPECT_EQ(entries[i].job(), first.name());
    EXPECT_NE(entries[i].entry().origin(), "");
    EXPECT_NE(entries[i].entry().message(), "");
    EXPECT_TRUE(entries[i].entry().has_time());
  }

  EXPECT_THAT(ReadLog(&pages), IsEmpty());
  source_->Run("DROP TABLE t");
  const v1::Job second = Run().job();
  const std::vector<v1::KeptLogEntry> tail = ReadLog(&pages);
  EXPECT_THAT(tail, Not(IsEmpty()));
  for (const v1::KeptLogEntry& kept : tail) EXPECT_EQ(kept.job(), second.name());

  v1::ListLogEntriesRequest errors = LogRequest();
  errors.set_min_severity(v1::SEVERITY_ERROR);
  const std::vector<v1::KeptLogEntry> failures = ReadLog(&errors);
  ASSERT_THAT(failures, SizeIs(1));
  EXPECT_THAT(failures[0].entry().message(), HasSubstr("STREAM_NOT_FOUND"));
  v1::ListLogEntriesRequest of_stream = LogRequest();
  of_stream.set_parent(first.name());
  of_stream.set_stream("public.t");
  const std::vector<v1::KeptLogEntry> of_first = ReadLog(&of_stream);
  EXPECT_THAT(of_first, Not(IsEmpty()));
  for (const v1::KeptLogEntry& kept : of_first) {
    EXPECT_EQ(kept.job(), first.name());
    EXPECT_EQ(kept.entry().stream(), "public.t");
  }
  v1::ListLogEntriesRequest late = LogRequest();
  *late.mutable_start_time() = second.created_at();
  EXPECT_THAT(ReadLog(&late), SizeIs(tail.size()));
}

TEST_F(JobsTest, ReportsAndUsageTellWhatWasLoaded) {
  MakeTable(10);
  v1::CreateIntegrationRequest wanted = Wanted({"public.t"});
  v1::StreamSettings* t = wanted.mutable_integration()->mutable_streams(0);
  t->set_method(v1::REPLICATION_METHOD_INCREMENTAL);
  t->set_replication_key("id");
  Create(wanted);
  EXPECT_THAT(Reports(), IsEmpty());
  const v1::Job job = Run().job();
  EXPECT_EQ(job.rows_loaded(), 10);
  const std::vector<v1::LoadReport> reports = Reports();
  ASSERT_THAT(reports, SizeIs(1));
  EXPECT_EQ(reports[0].stream(), "public.t");
  EXPECT_EQ(reports[0].last_load_rows(), 10);
  EXPECT_EQ(reports[0].rows_last_day(), 10);
  EXPECT_EQ(reports[0].rows_this_month(), 10);
  EXPECT_EQ(reports[0].replication_key(), "id");
  EXPECT_EQ(reports[0].bookmark(), "10");
  EXPECT_EQ(reports[0].destination_table(), id_ + ".t");
  EXPECT_FALSE(reports[0].has_error());

  v1::ListUsageRequest usage;
  usage.set_parent(name_);
  const auto days = Call(&ReportApi::ListUsage, usage);
  ASSERT_THAT(days->days(), SizeIs(1));
  EXPECT_EQ(days->days(0).integration(), name_);
  EXPECT_EQ(days->days(0).day(),
            absl::FormatTime("%Y-%m-%d", rpc::FromTimestamp(job.ended_at()), absl::UTCTimeZone()));
  EXPECT_EQ(days->days(0).rows(), 10);
  EXPECT_EQ(days->days(0).historical_rows(), 10);
  usage.set_first_day("2026-02-30");
  EXPECT_THAT(Call(&ReportApi::ListUsage, usage), HasReason(Reason::kUsageInvalid));
  usage.set_first_day("2026-02-02");
  usage.set_last_day("2026-02-01");
  EXPECT_THAT(Call(&ReportApi::ListUsage, usage), HasReason(Reason::kUsageInvalid));

  // A failure leaves what was loaded before.
  source_->Run("DROP TABLE t");
  EXPECT_EQ(Run().job().state(), v1::JOB_STATE_FAILED);
  EXPECT_EQ(Get(name_)->state(), v1::INTEGRATION_STATE_FAILED);
  EXPECT_EQ(Reports().at(0).error().reason(), "STREAM_NOT_FOUND");
  EXPECT_EQ(Reports().at(0).last_load_rows(), 10);
}

TEST_F(JobsTest, ASlotThatFindsAJobOpenIsSkippedAndTold) {
  MakeTable(10);
  ClosedGate gate(source_url_, "t");
  v1::CreateIntegrationRequest wanted = Wanted({"public.held"});
  wanted.mutable_integration()->mutable_schedule()->Clear();
  wanted.set_paused(true);
  Create(wanted);
  const v1::Job job = StartJob();
  gate.AwaitReader();
  v1::ListSkippedSlotsRequest request;
  request.set_parent(name_);
  EXPECT_THAT(Call(&ReportApi::ListSkippedSlots, request)->slots(), IsEmpty());
  // As it is an hour after its last slot.
  Alter(
      "paused_at = NULL, version = version + 1, schedule_changed_at = now() - interval '1 day', "
      "next_slot = now() - interval '1 second'");
  catalog_.Await(
      "SELECT count(*) > 0 FROM lockstitch.skipped_slots s JOIN lockstitch.integrations i ON i.key "
      "= s.integration_key WHERE i.id = '" +
      id_ + "'");
  const auto skipped = Call(&ReportApi::ListSkippedSlots, request);
  ASSERT_THAT(skipped->slots(), SizeIs(1));
  EXPECT_EQ(skipped->slots(0).count(), 1u);
  EXPECT_EQ(skipped->slots(0).reason(), "a job was still open");
  EXPECT_LE(rpc::FromTimestamp(skipped->slots(0).first()), absl::Now());
  EXPECT_GT(rpc::FromTimestamp(Get(name_)->next_run_at()), absl::Now() + absl::Minutes(50));
  gate.Open();
  EXPECT_EQ(Await(job).job().state(), v1::JOB_STATE_SUCCEEDED);
}

TEST_F(JobsTest, AQuotaThatIsNearlyUsedUpIsWarnedOf) {
  MakeTable(10);
  v1::CreateIntegrationRequest wanted = Wanted();
  wanted.mutable_integration()->mutable_quota()->set_rows_per_month(14);
  wanted.mutable_integration()->mutable_quota()->set_hold(true);
  Create(wanted);
  // The days in which rows are free are over.
  Alter("first_load_at = now() - interval '8 days'");
  EXPECT_THAT(Get(name_)->warnings(), IsEmpty());
  Run();
  EXPECT_THAT(Get(name_)->warnings(), ElementsAre(HasSubstr("70 % of the month's quota of 14")));
  v1::ListLogEntriesRequest log = LogRequest();
  log.set_min_severity(v1::SEVERITY_WARNING);
  const std::vector<v1::KeptLogEntry> warned = ReadLog(&log);
  ASSERT_THAT(warned, SizeIs(1));
  EXPECT_EQ(warned[0].entry().message(), Get(name_)->warnings(0));
  Run();
  EXPECT_THAT(Get(name_)->warnings(), ElementsAre(HasSubstr("no job starts by itself")));
  v1::ListIntegrationsRequest list;
  list.set_page_size(1'000);
  const auto listed = Call(&IntegrationApi::ListIntegrations, list);
  ASSERT_THAT(listed, IsOk());
  for (const v1::IntegrationRecord& record : listed->integrations())
    EXPECT_THAT(record.warnings(), SizeIs(record.name() == name_ ? 1 : 0)) << record.name();
}

}  // namespace
}  // namespace lockstitch::tests
