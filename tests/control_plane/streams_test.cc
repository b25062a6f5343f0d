// The streams of an integration are listed, edited, reset and set over gRPC.

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

v1::StreamSettings FullTable(const std::string& stream) {
  v1::StreamSettings settings;
  settings.set_stream(stream);
  return settings;
}

v1::StreamSettings Incremental(const std::string& stream, const std::string& key) {
  v1::StreamSettings settings = FullTable(stream);
  settings.set_method(v1::REPLICATION_METHOD_INCREMENTAL);
  settings.set_replication_key(key);
  return settings;
}

class StreamsTest : public ApiTest {
 protected:
  // An integration of public.t, read by its id.
  v1::IntegrationRecord CreateIncremental() {
    v1::CreateIntegrationRequest request = Wanted();
    *request.mutable_integration()->add_streams() = Incremental("public.t", "id");
    return Create(request);
  }

  v1::ListStreamsRequest ListRequest() {
    v1::ListStreamsRequest request;
    request.set_parent(name_);
    return request;
  }
  v1::UpdateStreamsRequest Edit(const std::vector<v1::StreamSettings>& streams) {
    v1::UpdateStreamsRequest request;
    request.set_parent(name_);
    request.mutable_streams()->Add(streams.begin(), streams.end());
    return request;
  }
  absl::StatusOr<v1::UpdateStreamsResponse> TryTo(const v1::UpdateStreamsRequest& request) {
    return Call(&IntegrationApi::UpdateStreams, request);
  }

  absl::StatusOr<v1::StreamBookmark> Bookmark(const std::string& stream) {
    v1::GetBookmarkRequest request;
    request.set_name(name_ + "/streams/" + stream);
    const auto got = Call(&IntegrationApi::GetBookmark, request);
    if (!got.ok()) return got.status();
    return got->bookmark();
  }
  absl::Status SetBookmark(const std::string& stream, const std::string& bookmark,
                           const std::string& etag = "") {
    v1::SetBookmarkRequest request;
    request.set_name(name_ + "/streams/" + stream);
    request.set_bookmark(bookmark);
    request.set_etag(etag);
    return Call(&IntegrationApi::SetBookmark, request).status();
  }

  static std::vector<std::string> StreamsOf(const v1::GetJobResponse& job) {
    std::vector<std::string> streams;
    for (const v1::StreamRun& run : job.stream_runs()) streams.push_back(run.stream());
    return streams;
  }
};

TEST_F(StreamsTest, TheyAreListedWithTheirSettingsStateAndProblems) {
  MakeTable(10);
  source_->Run("CREATE TABLE u (v int)");
  v1::CreateIntegrationRequest wanted = Wanted({"public.gone"});
  *wanted.mutable_integration()->add_streams() = Incremental("public.t", "id");
  Create(wanted);
  Run();

  v1::ListStreamsRequest request = ListRequest();
  request.set_page_size(2);
  const auto first = Call(&IntegrationApi::ListStreams, request);
  ASSERT_THAT(first, IsOk());
  ASSERT_THAT(first->streams(), SizeIs(2));
  const v1::StreamRecord& gone = first->streams(0);
  EXPECT_EQ(gone.name(), name_ + "/streams/public.gone");
  EXPECT_TRUE(gone.selected());
  EXPECT_FALSE(gone.has_table());
  ASSERT_THAT(gone.problems(), SizeIs(1));
  EXPECT_EQ(gone.problems(0).stream(), "public.gone");
  EXPECT_EQ(gone.problems(0).reason(), "STREAM_NOT_FOUND");
  EXPECT_NE(gone.problems(0).remedy(), "");
  EXPECT_EQ(gone.report().error().reason(), "STREAM_NOT_FOUND");
  const v1::StreamRecord& t = first->streams(1);
  EXPECT_TRUE(t.selected());
  EXPECT_THAT(t.problems(), IsEmpty());
  EXPECT_EQ(t.settings().replication_key(), "id");
  EXPECT_THAT(t.table().columns(), SizeIs(2));
  EXPECT_EQ(t.destination_table(), id_ + ".t");
  EXPECT_EQ(t.report().last_load_rows(), 10);

  request.set_page_token(first->next_page_token());
  const auto second = Call(&IntegrationApi::ListStreams, request);
  ASSERT_THAT(second->streams(), SizeIs(1));
  EXPECT_EQ(second->streams(0).stream(), "public.u");
  EXPECT_FALSE(second->streams(0).selected());
  EXPECT_THAT(second->streams(0).table().columns(), SizeIs(1));
  EXPECT_EQ(second->next_page_token(), "");

  v1::ListStreamsRequest some = ListRequest();
  some.add_patterns("public.*");
  some.add_patterns("!public.t");
  EXPECT_THAT(Call(&IntegrationApi::ListStreams, some)->streams(), SizeIs(2));
  some.set_page_token(first->next_page_token());
  EXPECT_THAT(Call(&IntegrationApi::ListStreams, some), HasReason(Reason::kUsageInvalid));
}

TEST_F(StreamsTest, ManyAreEditedTogetherOrNotAtAll) {
  MakeTable(10);
  source_->Run("CREATE TABLE u (v int)");
  const v1::IntegrationRecord created = Create({"public.t"});
  v1::StreamSettings filtered = FullTable("public.t");
  filtered.set_ranges(1);
  filtered.set_filter("id > 5");
  // Each of them alone would do.
  for (const auto& [unfit, reason] :
       {std::pair(Incremental("public.u", "none"), Reason::kColumnNotFound),
        std::pair(FullTable("public.gone"), Reason::kStreamNotFound),
        std::pair(FullTable("a.b.c"), Reason::kUsageInvalid),
        std::pair(FullTable("public.t"), Reason::kUsageInvalid)}) {
    EXPECT_THAT(TryTo(Edit({filtered, unfit})), HasReason(reason)) << unfit.ShortDebugString();
  }
  EXPECT_THAT(TryTo(Edit({})), HasReason(Reason::kUsageInvalid));
  v1::UpdateStreamsRequest request = Edit({filtered, FullTable("public.u")});
  request.set_validate_only(true);
  EXPECT_THAT(TryTo(request)->changes(), SizeIs(2));
  EXPECT_EQ(Get(name_)->SerializeAsString(), created.SerializeAsString());

  request.set_validate_only(false);
  request.set_etag(created.etag());
  const auto edited = TryTo(request);
  ASSERT_THAT(edited, IsOk());
  EXPECT_THAT(edited->changes(), SizeIs(2));
  EXPECT_EQ(edited->integration().etag(), std::to_string(std::stoi(created.etag()) + 1));
  const v1::Integration& integration = edited->integration().integration();
  ASSERT_THAT(integration.streams(), SizeIs(2));
  EXPECT_EQ(integration.streams(0).filter(), "id > 5");
  EXPECT_THAT(TryTo(request), HasReason(Reason::kEtagMismatch));
  EXPECT_THAT(StreamsOf(Run()), ElementsAre("public.t", "public.u"));
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM " + id_ + ".t"), 5);

  // What is only unfit for the source is saved all the same.
  v1::UpdateStreamsRequest gone = Edit({FullTable("public.gone")});
  gone.set_skip_checks(true);
  EXPECT_THAT(TryTo(gone), IsOk());
}

TEST_F(StreamsTest, EditsTakeEffectWithTheNextJob) {
  MakeTable(10);
  ClosedGate gate(source_url_, "t");
  Create({"public.held"});
  const v1::Job job = StartJob();
  gate.AwaitReader();
  v1::StreamSettings deselected = FullTable("public.held");
  deselected.set_selected(false);
  ASSERT_THAT(TryTo(Edit({deselected, FullTable("public.t")})), IsOk());
  gate.Open();
  const v1::GetJobResponse ended = Await(job);
  EXPECT_EQ(ended.job().state(), v1::JOB_STATE_SUCCEEDED);
  EXPECT_THAT(StreamsOf(ended), ElementsAre("public.held"));
  EXPECT_THAT(StreamsOf(Run()), ElementsAre("public.t"));
}

TEST_F(StreamsTest, AResetLoadsThemAnewOnce) {
  MakeTable(10);
  CreateIncremental();
  Run();
  const int64_t version = Bookmark("public.t")->table_version();
  Run();
  EXPECT_EQ(Bookmark("public.t")->table_version(), version);

  v1::ResetStreamsRequest request;
  request.set_parent(name_);
  request.add_streams("public.gone");
  EXPECT_THAT(Call(&IntegrationApi::ResetStreams, request), HasReason(Reason::kStreamNotFound));
  request.set_streams(0, "public.t");
  request.set_etag("0");
  EXPECT_THAT(Call(&IntegrationApi::ResetStreams, request), HasReason(Reason::kEtagMismatch));
  request.clear_etag();
  ASSERT_THAT(Call(&IntegrationApi::ResetStreams, request), IsOk());
  Run();
  const int64_t anew = Bookmark("public.t")->table_version();
  EXPECT_NE(anew, version);
  Run();
  EXPECT_EQ(Bookmark("public.t")->table_version(), anew);
  request.clear_streams();
  ASSERT_THAT(Call(&IntegrationApi::ResetStreams, request), IsOk());
  Run();
  EXPECT_NE(Bookmark("public.t")->table_version(), anew);
}

TEST_F(StreamsTest, ABookmarkIsReadAndSet) {
  MakeTable(10);
  const v1::IntegrationRecord created = CreateIncremental();
  EXPECT_THAT(Bookmark("public.t"), HasReason(Reason::kStreamNotLoaded));
  EXPECT_THAT(SetBookmark("public.t", "3"), HasReason(Reason::kStreamNotLoaded));
  EXPECT_THAT(Bookmark("public.gone"), HasReason(Reason::kStreamNotFound));
  Run();
  const auto bookmark = Bookmark("public.t");
  ASSERT_THAT(bookmark, IsOk());
  EXPECT_EQ(bookmark->name(), name_ + "/streams/public.t");
  EXPECT_EQ(bookmark->method(), v1::REPLICATION_METHOD_INCREMENTAL);
  EXPECT_EQ(bookmark->replication_key(), "id");
  EXPECT_EQ(bookmark->bookmark(), "10");

  // Changes that no replication key shows: one is behind the bookmark that is set, one is not.
  source_->Run("UPDATE t SET v = 'changed' WHERE id IN (2, 4)");
  Run();
  const std::string changed =
      "SELECT string_agg(id::text, ' ') FROM " + id_ + ".t WHERE v = 'changed'";
  EXPECT_EQ(destination_->Text(changed), "");
  EXPECT_THAT(SetBookmark("public.t", ""), HasReason(Reason::kUsageInvalid));
  EXPECT_THAT(SetBookmark("public.t", "3", "0"), HasReason(Reason::kEtagMismatch));
  ASSERT_THAT(SetBookmark("public.t", "3", created.etag()), IsOk());
  Run();
  EXPECT_EQ(destination_->Text(changed), "4");
  EXPECT_EQ(Bookmark("public.t")->bookmark(), "10");
  EXPECT_EQ(Bookmark("public.t")->table_version(), bookmark->table_version());
}

TEST_F(StreamsTest, AStreamThatIsNotIncrementalHasNoBookmarkToSet) {
  MakeTable(10);
  const v1::IntegrationRecord created = Create({"public.t"});
  Run();
  EXPECT_FALSE(Bookmark("public.t")->has_bookmark());
  const absl::Status unfit = SetBookmark("public.t", "3");
  EXPECT_THAT(unfit, HasReason(Reason::kBookmarkUnfit));
  EXPECT_THAT(Explain(unfit).remedy, HasSubstr("INCREMENTAL"));
  EXPECT_EQ(Get(name_)->etag(), created.etag());
}

}  // namespace
}  // namespace lockstitch::tests
