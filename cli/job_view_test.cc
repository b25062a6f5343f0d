#include "cli/job_view.h"

#include <nlohmann/json.hpp>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lockstitch::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

v1::JobEvent StreamEvent(const std::string& run_id, v1::StreamRunState state, int64_t rows) {
  v1::JobEvent event;
  v1::StreamRun& run = *event.mutable_stream_run();
  run.set_run_id(run_id);
  run.set_stream("public." + run_id);
  run.set_method(v1::REPLICATION_METHOD_FULL_TABLE);
  run.set_state(state);
  run.mutable_progress()->set_rows_extracted(rows);
  run.mutable_progress()->set_rows_loaded(rows);
  run.mutable_progress()->set_bytes_extracted(10 * rows);
  run.mutable_started_at()->set_seconds(100);
  run.mutable_ended_at()->set_seconds(102);
  run.mutable_ended_at()->set_nanos(500'000'000);
  return event;
}

JobView FailedJob() {
  JobView view;
  view.Add(StreamEvent("good", v1::STREAM_RUN_STATE_RUNNING, 3));
  view.Add(StreamEvent("good", v1::STREAM_RUN_STATE_SUCCEEDED, 1234));
  v1::JobEvent bad = StreamEvent("bad", v1::STREAM_RUN_STATE_FAILED, 0);
  bad.mutable_stream_run()->mutable_error()->set_reason("VALUE_REJECTED");
  bad.mutable_stream_run()->mutable_error()->set_message("what happened");
  bad.mutable_stream_run()->mutable_error()->set_remedy("Do this.");
  view.Add(bad);
  v1::JobEvent job;
  job.mutable_job()->set_integration("shop");
  job.mutable_job()->set_state(v1::JOB_STATE_FAILED);
  view.Add(job);
  return view;
}

TEST(JobViewTest, TheJsonHasTheDocumentedShape) {
  const auto json = nlohmann::json::parse(JobAsJson(FailedJob()));
  EXPECT_EQ(json["job"]["state"], "FAILED");
  ASSERT_EQ(json["streams"].size(), 2u);
  const auto& good = json["streams"][0];
  EXPECT_EQ(good["stream"], "public.good");
  EXPECT_EQ(good["state"], "SUCCEEDED");
  EXPECT_EQ(good["method"], "FULL_TABLE");
  EXPECT_EQ(good["rows_extracted"], 1234);
  EXPECT_EQ(good["rows_loaded"], 1234);
  EXPECT_EQ(good["bytes"], 12340);
  EXPECT_EQ(good["seconds"], 2.5);
  EXPECT_TRUE(good["error"].is_null());
  EXPECT_EQ(json["streams"][1]["error"]["reason"], "VALUE_REJECTED");
  EXPECT_EQ(json["streams"][1]["error"]["remedy"], "Do this.");
}

TEST(JobViewTest, TheTableEndsWithFailuresAndASummary) {
  const std::string table = JobAsTable(FailedJob());
  EXPECT_THAT(table, HasSubstr("public.bad: VALUE_REJECTED: what happened\n  Do this.\n"));
  EXPECT_THAT(table, HasSubstr("shop: FAILED, 1 of 2 streams, 1,234 rows\n"));
}

TEST(JobViewTest, ChangesAndDeletedRowsAreTold) {
  v1::JobEvent event = StreamEvent("t", v1::STREAM_RUN_STATE_SUCCEEDED, 5);
  event.mutable_stream_run()->set_rows_deleted(1200);
  v1::SchemaChange& change = *event.mutable_stream_run()->add_changes();
  change.set_kind(v1::CHANGE_KIND_COLUMN_RETIRED);
  change.set_effect("column note is loaded no more");
  JobView view;
  view.Add(event);
  const auto stream = nlohmann::json::parse(JobAsJson(view))["streams"][0];
  EXPECT_EQ(stream["rows_deleted"], 1200);
  EXPECT_EQ(stream["changes"][0]["kind"], "COLUMN_RETIRED");
  EXPECT_THAT(JobAsTable(view), AllOf(HasSubstr("DELETED ROWS"), HasSubstr("1,200"),
                                      HasSubstr("\npublic.t: column note is loaded no more\n")));
  EXPECT_THAT(JobAsTable(FailedJob()), Not(HasSubstr("DELETED ROWS")));
}

}  // namespace
}  // namespace lockstitch::cli
