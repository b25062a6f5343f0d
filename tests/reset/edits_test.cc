// Edits of a stream's settings: what a run makes of each, told before it does.

#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "lockstitch/v1/scheduler.pb.h"
#include "rpc/channel.h"
#include "services/scheduler/scheduler_client.h"
#include "testing/child_process.h"
#include "tests/incremental/stream_test.h"

namespace lockstitch::tests {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class EditsTest : public StreamTest {
 protected:
  EditsTest() {
    source_->Run(
        "CREATE TABLE t (id int PRIMARY KEY, k int NOT NULL, k2 int NOT NULL, a text, b int, at "
        "timestamp NOT NULL); INSERT INTO t SELECT n, n, n, 'a' || n, n, now() FROM "
        "generate_series(1, 20) n; "
        "CREATE VIEW v AS SELECT * FROM t");
  }

  v1::ValidateIntegrationResponse Validate(const v1::Integration& job) {
    const auto answer = Client().ValidateIntegration(job);
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.value_or(v1::ValidateIntegrationResponse());
  }

  // What a job says of edited settings before any of its runs begins.
  std::vector<v1::StreamPreview> PreviewsOf(const v1::Integration& job) {
    v1::RunOnceRequest request;
    *request.mutable_integration() = job;
    std::vector<v1::StreamPreview> previews;
    bool begun = false;
    const absl::Status status = Client().RunOnce(
        request,
        [&](const v1::JobEvent& event) {
          if (event.has_stream_run() && event.stream_run().state() != v1::STREAM_RUN_STATE_QUEUED)
            begun = true;
          if (!event.has_preview()) return;
          EXPECT_FALSE(begun);
          previews.push_back(event.preview());
        },
        {});
    EXPECT_TRUE(status.ok()) << status;
    return previews;
  }

  static const scheduler::SchedulerClient& Client() {
    static const scheduler::SchedulerClient client(rpc::Connect(SharedStack().scheduler.address()),
                                                   "scheduler");
    return client;
  }
};

// What is to become of an incremental stream of 20 rows when its settings are edited.
struct Edit {
  const char* name;
  std::function<void(v1::Integration&, v1::StreamSettings&)> before = [](auto&, auto&) {};
  std::function<void(v1::Integration&, v1::StreamSettings&)> edit;
  std::vector<v1::ChangeKind> kinds;
  bool anew = false;
  // What the next run reads, if it goes on: the row at the bookmark.
  int64_t rows = 1;
  bool told = true;  // By the job, before it begins.
};

void ReadWhole(v1::StreamSettings& stream) {
  stream.set_method(v1::REPLICATION_METHOD_FULL_TABLE);
  stream.clear_replication_key();
}

class EditTest : public EditsTest, public ::testing::WithParamInterface<Edit> {};

std::vector<v1::ChangeKind> KindsOf(
    const google::protobuf::RepeatedPtrField<v1::SchemaChange>& changes) {
  std::vector<v1::ChangeKind> kinds;
  for (const v1::SchemaChange& change : changes) kinds.push_back(change.kind());
  return kinds;
}

TEST_P(EditTest, ComesToWhatIsTold) {
  const Edit& edit = GetParam();
  v1::Integration job = Job();
  job.mutable_source()->mutable_postgres()->set_max_connections(1);
  edit.before(job, Stream(job));
  EXPECT_FALSE(Validate(job).streams(0).loaded());
  Run(job);
  const v1::SelectedStream unedited = Validate(job).streams(0);
  EXPECT_TRUE(unedited.loaded());
  EXPECT_THAT(unedited.changes(), IsEmpty());
  EXPECT_EQ(unedited.why_anew(), "");
  EXPECT_THAT(PreviewsOf(job), IsEmpty());

  edit.edit(job, Stream(job));
  const v1::ValidateIntegrationResponse answer = Validate(job);
  ASSERT_EQ(answer.streams_size(), 1) << answer.ShortDebugString();
  EXPECT_EQ(KindsOf(answer.streams(0).changes()), edit.kinds) << answer.ShortDebugString();
  EXPECT_EQ(!answer.streams(0).why_anew().empty(), edit.anew) << answer.ShortDebugString();
  for (const v1::SchemaChange& change : answer.streams(0).changes()) EXPECT_NE(change.effect(), "");

  v1::RunOnceRequest request;
  *request.mutable_integration() = job;
  std::vector<v1::StreamPreview> previews;
  v1::StreamRun run;
  const absl::Status status = Client().RunOnce(request,
                                               [&](const v1::JobEvent& event) {
                                                 if (event.has_preview())
                                                   previews.push_back(event.preview());
                                                 if (event.has_stream_run())
                                                   run = event.stream_run();
                                               },
                                               {});
  ASSERT_TRUE(status.ok()) << status;
  ASSERT_EQ(run.state(), v1::STREAM_RUN_STATE_SUCCEEDED) << run.ShortDebugString();
  EXPECT_EQ(KindsOf(run.changes()), edit.kinds) << run.ShortDebugString();
  const bool whole = edit.anew || Stream(job).method() != v1::REPLICATION_METHOD_INCREMENTAL;
  const int64_t selected =
      source_->Int("SELECT count(*) FROM t" +
                   (Stream(job).filter().empty() ? "" : " WHERE " + Stream(job).filter()));
  EXPECT_EQ(run.progress().rows_extracted(), whole ? selected : edit.rows);
  ASSERT_EQ(previews.size(), edit.told ? 1u : 0u);
  if (edit.told) {
    EXPECT_EQ(KindsOf(previews[0].changes()), edit.kinds);
    EXPECT_EQ(previews[0].why_anew(), answer.streams(0).why_anew());
  }
  // Once.
  const v1::SelectedStream after = Validate(job).streams(0);
  EXPECT_THAT(after.changes(), IsEmpty()) << after.ShortDebugString();
  EXPECT_EQ(after.why_anew(), "");
  EXPECT_THAT(PreviewsOf(job), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    Each, EditTest,
    ::testing::Values(
        Edit{.name = "MethodToFullTable",
             .edit = [](auto&, auto& stream) { ReadWhole(stream); },
             .kinds = {v1::CHANGE_KIND_METHOD}},
        Edit{.name = "MethodToIncremental",
             .before = [](auto&, auto& stream) { ReadWhole(stream); },
             .edit =
                 [](auto&, auto& stream) {
                   stream.set_method(v1::REPLICATION_METHOD_INCREMENTAL);
                   stream.set_replication_key("k");
                 },
             .kinds = {v1::CHANGE_KIND_METHOD},
             .anew = true},
        Edit{.name = "ReplicationKey",
             .edit = [](auto&, auto& stream) { stream.set_replication_key("k2"); },
             .kinds = {v1::CHANGE_KIND_METHOD},
             .anew = true},
        Edit{.name = "KeyColumns",
             .before =
                 [](auto&, auto& stream) {
                   stream.set_stream("v");
                   stream.add_key_columns("id");
                 },
             .edit = [](auto&, auto& stream) { stream.set_key_columns(0, "k2"); },
             .kinds = {v1::CHANGE_KIND_KEY},
             .anew = true},
        Edit{.name = "ColumnSelected",
             .before = [](auto&, auto& stream) { stream.add_exclude_columns("b"); },
             .edit = [](auto&, auto& stream) { stream.clear_exclude_columns(); },
             .kinds = {v1::CHANGE_KIND_COLUMN_ADDED}},
        Edit{.name = "ColumnSelectedAndFilled",
             .before = [](auto&, auto& stream) { stream.add_exclude_columns("b"); },
             .edit =
                 [](auto&, auto& stream) {
                   stream.clear_exclude_columns();
                   stream.set_backfill(v1::BACKFILL_RELOAD);
                 },
             .kinds = {v1::CHANGE_KIND_COLUMN_ADDED},
             .anew = true},
        Edit{.name = "ColumnDeselected",
             .edit = [](auto&, auto& stream) { stream.add_exclude_columns("b"); },
             .kinds = {v1::CHANGE_KIND_COLUMN_RETIRED}},
        Edit{.name = "Filter",
             .edit = [](auto&, auto& stream) { stream.set_filter("id > 5"); },
             .kinds = {v1::CHANGE_KIND_FILTER},
             .anew = true},
        Edit{.name = "FilterWithoutBackfill",
             .edit =
                 [](auto&, auto& stream) {
                   stream.set_filter("id > 5");
                   stream.set_backfill(v1::BACKFILL_NONE);
                 },
             .kinds = {v1::CHANGE_KIND_FILTER}},
        Edit{.name = "SystemColumnsOn",
             .edit = [](auto& job, auto&) { job.set_system_columns(v1::SYSTEM_COLUMNS_STITCH); },
             .kinds = {v1::CHANGE_KIND_SYSTEM_COLUMNS}},
        Edit{.name = "SystemColumnsOff",
             .before = [](auto& job, auto&) { job.set_system_columns(v1::SYSTEM_COLUMNS_STITCH); },
             .edit = [](auto& job, auto&) { job.set_system_columns(v1::SYSTEM_COLUMNS_NONE); },
             .kinds = {v1::CHANGE_KIND_SYSTEM_COLUMNS}},
        Edit{.name = "FilterWidened",
             .before = [](auto&, auto& stream) { stream.set_filter("id > 5"); },
             .edit = [](auto&, auto& stream) { stream.set_filter("id > 2"); },
             .kinds = {v1::CHANGE_KIND_FILTER},
             .anew = true},
        Edit{.name = "TimeZone",
             .before = [](auto&, auto& stream) { stream.set_replication_key("at"); },
             .edit = [](auto&, auto& stream) { stream.set_time_zone("Etc/GMT+12"); },
             .rows = 20},
        Edit{.name = "FilterOfAFullTable",
             .before = [](auto&, auto& stream) { ReadWhole(stream); },
             .edit = [](auto&, auto& stream) { stream.set_filter("id > 5"); },
             .kinds = {v1::CHANGE_KIND_FILTER}},
        Edit{.name = "FilterOfAFullTableWidened",
             .before =
                 [](auto&, auto& stream) {
                   ReadWhole(stream);
                   stream.set_filter("id > 5");
                 },
             .edit = [](auto&, auto& stream) { stream.set_filter("id > 2"); },
             .kinds = {v1::CHANGE_KIND_FILTER}},
        Edit{.name = "KeyColumnsOfAFullTable",
             .before =
                 [](auto&, auto& stream) {
                   ReadWhole(stream);
                   stream.set_stream("v");
                   stream.add_key_columns("id");
                 },
             .edit = [](auto&, auto& stream) { stream.set_key_columns(0, "k2"); },
             .kinds = {v1::CHANGE_KIND_KEY}},
        Edit{.name = "ColumnOfAFullTableSelected",
             .before =
                 [](auto&, auto& stream) {
                   ReadWhole(stream);
                   stream.add_exclude_columns("b");
                 },
             .edit = [](auto&, auto& stream) { stream.clear_exclude_columns(); },
             .kinds = {v1::CHANGE_KIND_COLUMN_ADDED}},
        Edit{.name = "ColumnOfAFullTableDeselected",
             .before = [](auto&, auto& stream) { ReadWhole(stream); },
             .edit = [](auto&, auto& stream) { stream.add_exclude_columns("b"); },
             .kinds = {v1::CHANGE_KIND_COLUMN_RETIRED}},
        Edit{.name = "SystemColumnsOfAFullTableOn",
             .before = [](auto&, auto& stream) { ReadWhole(stream); },
             .edit = [](auto& job, auto&) { job.set_system_columns(v1::SYSTEM_COLUMNS_STITCH); },
             .kinds = {v1::CHANGE_KIND_SYSTEM_COLUMNS}},
        Edit{.name = "SystemColumnsOfAFullTableOff",
             .before =
                 [](auto& job, auto& stream) {
                   ReadWhole(stream);
                   job.set_system_columns(v1::SYSTEM_COLUMNS_STITCH);
                 },
             .edit = [](auto& job, auto&) { job.set_system_columns(v1::SYSTEM_COLUMNS_NONE); },
             .kinds = {v1::CHANGE_KIND_SYSTEM_COLUMNS}},
        Edit{.name = "Lookback", .edit = [](auto&, auto& stream) { stream.set_lookback("3"); }},
        Edit{.name = "DeletesMarked",
             .edit = [](auto&, auto& stream) { stream.mutable_deletes()->mutable_every(); },
             .kinds = {v1::CHANGE_KIND_SYSTEM_COLUMNS}},
        Edit{.name = "DeletesDeleted",
             .edit =
                 [](auto&, auto& stream) {
                   stream.mutable_deletes()->mutable_every()->set_seconds(60);
                   stream.mutable_deletes()->set_action(v1::DELETE_ACTION_DELETE);
                 }},
        Edit{.name = "Ranges",
             .edit = [](auto&, auto& stream) { stream.set_ranges(2); },
             .told = false},
        Edit{.name = "Reset",
             .edit = [](auto&, auto& stream) { stream.set_reset(1); },
             .anew = true},
        Edit{.name = "ResetOfTheIntegration",
             .edit = [](auto& job, auto&) { job.set_reset(1); },
             .anew = true}),
    [](const auto& info) { return info.param.name; });

TEST_F(EditsTest, ANewlySelectedStreamIsAFirstLoadAndADeselectedOneStays) {
  source_->Run("CREATE TABLE u (id int PRIMARY KEY); INSERT INTO u VALUES (1)");
  Run(Job());
  v1::Integration both = Job();
  both.add_streams()->set_stream("u");
  EXPECT_FALSE(Validate(both).streams(1).loaded());
  Run(both);
  EXPECT_TRUE(Validate(both).streams(1).loaded());
  source_->Run("INSERT INTO u VALUES (2)");
  const JobOutcome without = Run(Job());
  EXPECT_EQ(without.streams.size(), 1u);
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM s.u"), 1);
}

TEST_F(EditsTest, AStreamThatIsSelectedAgainGoesOn) {
  source_->Run("CREATE TABLE u (id int PRIMARY KEY); INSERT INTO u VALUES (1)");
  v1::Integration both = Job();
  both.add_streams()->set_stream("u");
  Run(both);
  v1::Integration without = both;
  Stream(without).set_selected(false);
  EXPECT_EQ(Run(without).streams.size(), 1u);
  source_->Run("INSERT INTO t SELECT 21, 21, 21, 'a', 21, now()");
  const v1::SelectedStream again = Validate(both).streams(0);
  EXPECT_TRUE(again.loaded());
  EXPECT_EQ(again.why_anew(), "");
  EXPECT_THAT(PreviewsOf(both), IsEmpty());
  ExpectExact();
  EXPECT_EQ(RowsRead(Run(both)), 1);
}

// Which is nothing of the stream's own settings.
TEST_F(EditsTest, ThatNewColumnsAreIncludedIsToldBeforeTheJobBegins) {
  v1::Integration job = Job();
  job.mutable_selection()->set_new_columns(v1::NEW_POLICY_IGNORE);
  Run(job);
  source_->Run("ALTER TABLE t ADD w int");
  EXPECT_THAT(PreviewsOf(job), IsEmpty());
  job.mutable_selection()->set_new_columns(v1::NEW_POLICY_INCLUDE);
  const std::vector<v1::StreamPreview> previews = PreviewsOf(job);
  ASSERT_EQ(previews.size(), 1u);
  EXPECT_EQ(KindsOf(previews[0].changes()),
            std::vector<v1::ChangeKind>{v1::CHANGE_KIND_COLUMN_ADDED});
  EXPECT_THAT(PreviewsOf(job), IsEmpty());
}

TEST_F(EditsTest, NamingIsRefused) {
  Run(Job());
  v1::Integration job = Job();
  job.mutable_naming()->set_include_schema_names(true);
  EXPECT_EQ(Validate(job).problems(0).reason(), "DESTINATION_NAMING_CHANGED");
  EXPECT_EQ(RunJob(SharedStack(), job).stream("public.t").error().reason(),
            "DESTINATION_NAMING_CHANGED");
}

TEST_F(EditsTest, AFilterThatKeepsRowsIsRefusedWhereDeletesAreLookedFor) {
  v1::Integration job = Job();
  Stream(job).mutable_deletes()->mutable_every();
  Run(job);
  Stream(job).set_filter("id > 5");
  Stream(job).set_backfill(v1::BACKFILL_NONE);
  const v1::ValidateIntegrationResponse answer = Validate(job);
  ASSERT_EQ(answer.problems_size(), 1) << answer.ShortDebugString();
  EXPECT_EQ(answer.problems(0).reason(), "SELECTION_INVALID");
}

TEST_F(EditsTest, TheCommandTellsBeforeItRuns) {
  const std::string file = ::testing::TempDir() + "/edits.yaml";
  const auto with = [&](const std::string& settings) {
    std::ofstream(file) << "name: s\nsource: {postgres: '" << source_url_
                        << "'}\ndestination: {postgres: '" << destination_url_
                        << "'}\nstreams:\n  - {stream: public.t, method: INCREMENTAL, "
                           "replication_key: k"
                        << settings << "}\n";
  };
  const auto lockstitch = [&](const std::string& command, const std::string& output) {
    const testing::CommandResult result = testing::RunCommand(
        {.command = {"cli/lockstitch", command, "--file", file, "--output", output}});
    EXPECT_EQ(result.status, 0) << result.out << result.err;
    return result;
  };
  with("");
  EXPECT_THAT(lockstitch("check", "table").out, HasSubstr("first load"));
  lockstitch("sync", "table");
  EXPECT_THAT(lockstitch("check", "table").out, HasSubstr("goes on"));

  with(", exclude_columns: [b]");
  const std::string altered = lockstitch("check", "table").out;
  EXPECT_THAT(altered, HasSubstr("altered in place"));
  EXPECT_THAT(altered, HasSubstr("\npublic.t: "));
  const auto stream =
      nlohmann::json::parse(lockstitch("check", "json").out)["selection"]["streams"][0];
  EXPECT_EQ(stream["next_run"], "altered in place");
  EXPECT_TRUE(stream["why_anew"].is_null());
  EXPECT_EQ(stream["changes"][0]["kind"], "COLUMN_RETIRED");
  EXPECT_EQ(stream["changes"][0]["column"], "b");
  const testing::CommandResult sync = lockstitch("sync", "table");
  EXPECT_THAT(sync.err, HasSubstr("public.t: its settings were edited:\npublic.t: "));
  EXPECT_THAT(sync.out, HasSubstr("\npublic.t: "));

  with(", exclude_columns: [b], filter: id > 5, deletes: {every: 24h}");
  EXPECT_THAT(lockstitch("check", "table").out, HasSubstr("loaded anew"));
  EXPECT_THAT(lockstitch("sync", "json").err, HasSubstr("settings were edited"));
}

}  // namespace
}  // namespace lockstitch::tests
