#include "services/scheduler/store/report_store.h"

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
using ::testing::SizeIs;

// A day of the middle of a month.
const absl::Time kNow = absl::FromCivil(absl::CivilHour(2026, 3, 15, 12), absl::UTCTimeZone());

class ReportStoreTest : public ::testing::Test {
 protected:
  // A job of one run that came to this.
  void Run(EndedRun ended) {
    const v1::Job job = catalog_.Start(leader_, "shop", {ended.run.stream()});
    ended.run.set_run_id(job.job_id() + "-" + ended.run.stream());
    ASSERT_THAT(leader_.EndRun(job.job_id(), ended), IsOk());
    ASSERT_THAT(leader_.EndJob(TestCatalog::EndedJob(job, v1::JOB_STATE_SUCCEEDED, kNow), {}),
                IsOk());
  }
  EndedRun Succeeded(const std::string& stream, int64_t rows, absl::Time at) {
    return TestCatalog::Ended(v1::Job(), stream, v1::STREAM_RUN_STATE_SUCCEEDED, rows, at);
  }
  EndedRun Ended(const std::string& stream, v1::StreamRunState state) {
    return TestCatalog::Ended(v1::Job(), stream, state, 0, kNow);
  }
  v1::LoadReport Report() { return reports_.ListLoadReports("shop", "", 10, kNow)->at(0); }

  TestCatalog catalog_;
  const ReportStore& reports_ = catalog_.reports;
  const LeaderStore leader_ = catalog_.Lead();
  const KeptIntegration shop_ = catalog_.Create("shop");
};

TEST_F(ReportStoreTest, AReportTellsOfTheLastLoadAndOfRowsByTime) {
  EndedRun ended = Succeeded("public.t", 1, kNow - absl::Hours(24 * 40));  // February's third.
  Run(ended);
  Run(Succeeded("public.t", 2, kNow - absl::Hours(24 * 20)));
  Run(Succeeded("public.t", 4, kNow - absl::Hours(25)));
  ended = Succeeded("public.t", 8, kNow - absl::Hours(23));
  ended.rows = 9;
  ended.bookmark = "2026-03-14";
  ended.replication_key = "updated_at";
  ended.table_version = 5;
  ended.run.set_destination_table("shop.t");
  ended.run.add_changes()->set_effect("the column a was added");
  ended.run.add_changes()->set_effect("the column \"b\" was retired");
  Run(ended);
  const v1::LoadReport report = Report();
  EXPECT_EQ(report.stream(), "public.t");
  EXPECT_EQ(rpc::FromTimestamp(report.last_load_at()), kNow - absl::Hours(23));
  EXPECT_EQ(report.last_load_rows(), 8);
  EXPECT_EQ(report.rows_last_day(), 9);
  EXPECT_EQ(report.rows_this_month(), 4 + 9);
  EXPECT_EQ(report.rows_last_month(), 1 + 2);
  EXPECT_EQ(report.bookmark(), "2026-03-14");
  EXPECT_EQ(report.replication_key(), "updated_at");
  EXPECT_EQ(report.destination_table(), "shop.t");
  EXPECT_THAT(report.schema_changes(),
              ElementsAre("the column a was added", "the column \"b\" was retired"));
  EXPECT_FALSE(report.has_error());
  EXPECT_FALSE(report.has_destination_rows());
}

TEST_F(ReportStoreTest, AFailureIsToldBesideWhatWasLoadedBefore) {
  EndedRun loaded = Succeeded("public.t", 8, kNow - absl::Hours(1));
  loaded.bookmark = "7";
  loaded.replication_key = "id";
  loaded.run.set_destination_table("shop.t");
  Run(loaded);
  EndedRun failed = Ended("public.t", v1::STREAM_RUN_STATE_FAILED);
  failed.run.mutable_error()->set_reason("HOST_UNKNOWN");
  Run(failed);
  v1::LoadReport report = Report();
  EXPECT_EQ(report.error().reason(), "HOST_UNKNOWN");
  EXPECT_EQ(report.last_load_rows(), 8);
  EXPECT_EQ(report.bookmark(), "7");
  EXPECT_EQ(report.replication_key(), "id");
  EXPECT_EQ(report.destination_table(), "shop.t");
  EXPECT_EQ(rpc::FromTimestamp(report.last_load_at()), kNow - absl::Hours(1));

  Run(Ended("public.t", v1::STREAM_RUN_STATE_CANCELLED));
  report = Report();
  EXPECT_FALSE(report.has_error());
  EXPECT_EQ(report.bookmark(), "7");

  // A full table knows no bookmark.
  Run(Succeeded("public.t", 3, kNow));
  EXPECT_FALSE(Report().has_bookmark());
}

TEST_F(ReportStoreTest, AStreamThatNeverRanHasNoReport) {
  EXPECT_THAT(*reports_.ListLoadReports("shop", "", 10, kNow), IsEmpty());
  Run(Ended("public.skipped", v1::STREAM_RUN_STATE_SKIPPED));
  EXPECT_THAT(*reports_.ListLoadReports("shop", "", 10, kNow), IsEmpty());
  Run(Ended("public.failed", v1::STREAM_RUN_STATE_FAILED));
  const v1::LoadReport report = Report();
  EXPECT_EQ(report.stream(), "public.failed");
  EXPECT_FALSE(report.has_last_load_at());
  EXPECT_THAT(reports_.ListLoadReports("none", "", 10, kNow),
              HasReason(Reason::kIntegrationNotFound));
}

TEST_F(ReportStoreTest, ReportsArePagedByStream) {
  for (const char* stream : {"public.c", "public.a", "public.b"}) Run(Succeeded(stream, 1, kNow));
  const auto streams = [&](const std::string& after, int limit) {
    std::vector<std::string> listed;
    for (const v1::LoadReport& report : OrDie(reports_.ListLoadReports("shop", after, limit, kNow)))
      listed.push_back(report.stream());
    return listed;
  };
  EXPECT_THAT(streams("", 10), ElementsAre("public.a", "public.b", "public.c"));
  EXPECT_THAT(streams("public.a", 1), ElementsAre("public.b"));
  EXPECT_THAT(streams("public.c", 1), IsEmpty());
}

TEST_F(ReportStoreTest, UsageIsTheSumOfADayOfEachIntegration) {
  Run(Succeeded("public.a", 1, kNow));
  Run(Succeeded("public.b", 2, kNow + absl::Hours(11)));
  Run(Succeeded("public.a", 4, kNow + absl::Hours(12)));
  ASSERT_THAT(catalog_.integrations.FinishDeletion(shop_.key), IsOk());
  const auto usage = [&](const std::string& integration, int first, int last) {
    std::vector<std::string> told;
    for (const v1::UsageDay& day :
         OrDie(reports_.ListUsage(integration, absl::CivilDay(2026, 3, first),
                                  absl::CivilDay(2026, 3, last), "", 100))) {
      told.push_back(absl::StrCat(day.integration(), " ", day.day(), " ", day.rows()));
    }
    return told;
  };
  EXPECT_THAT(usage("", 1, 31),
              ElementsAre("integrations/shop 2026-03-15 3", "integrations/shop 2026-03-16 4"));
  EXPECT_THAT(usage("shop", 15, 15), ElementsAre("integrations/shop 2026-03-15 3"));
  EXPECT_THAT(usage("shop", 17, 31), IsEmpty());
  // The id's next integration has none.
  catalog_.Create("shop");
  EXPECT_THAT(usage("shop", 1, 31), IsEmpty());
  EXPECT_THAT(usage("", 1, 31), SizeIs(2));
  EXPECT_THAT(
      reports_.ListUsage("none", absl::CivilDay(2026, 3, 1), absl::CivilDay(2026, 3, 2), "", 100),
      HasReason(Reason::kIntegrationNotFound));
}

TEST_F(ReportStoreTest, UsageIsPagedByDayAndIntegration) {
  for (const char* id : {"a", "b"}) {
    const KeptIntegration kept = catalog_.Create(id);
    for (const char* day : {"2026-03-15", "2026-03-16"}) {
      for (const char* stream : {"s", "t"}) {
        catalog_.database.Run(absl::StrCat("INSERT INTO lockstitch.usage VALUES (", kept.key, ", '",
                                           stream, "', '", day, "', 3, 0)"));
      }
    }
  }
  const auto page = [&](int first, const std::string& after, int limit) {
    std::vector<std::string> told;
    for (const v1::UsageDay& day : OrDie(reports_.ListUsage(
             "", absl::CivilDay(2026, 3, first), absl::CivilDay(2026, 3, 31), after, limit))) {
      EXPECT_EQ(day.rows(), 6);
      told.push_back(absl::StrCat(day.day(), " ", day.integration()));
    }
    return told;
  };
  EXPECT_THAT(page(1, "", 3), ElementsAre("2026-03-15 integrations/a", "2026-03-15 integrations/b",
                                          "2026-03-16 integrations/a"));
  EXPECT_THAT(page(15, "a", 2),
              ElementsAre("2026-03-15 integrations/b", "2026-03-16 integrations/a"));
  EXPECT_THAT(page(16, "a", 3), ElementsAre("2026-03-16 integrations/b"));
  EXPECT_THAT(page(16, "b", 3), IsEmpty());
}

TEST_F(ReportStoreTest, SkippedSlotsAreListedTheLatestFirst) {
  for (int i = 1; i <= 3; ++i) {
    const DueIntegration due = leader_.ReadDue(kNow + absl::Hours(24 * 3650), 1)->at(0);
    PlannedSlot plan = {
        .key = due.key, .version = due.version, .skipped = v1::SkippedSlots(), .next_slot = kNow};
    plan.skipped->set_count(i);
    ASSERT_THAT(leader_.Apply({plan}), IsOk());
  }
  const std::vector<NumberedSlots> page = *reports_.ListSkippedSlots("shop", 0, 2);
  ASSERT_THAT(page, SizeIs(2));
  EXPECT_EQ(page[0].slots.count(), 3);
  EXPECT_EQ(page[1].slots.count(), 2);
  const std::vector<NumberedSlots> rest = *reports_.ListSkippedSlots("shop", page[1].number, 2);
  ASSERT_THAT(rest, SizeIs(1));
  EXPECT_EQ(rest[0].slots.count(), 1);
  EXPECT_THAT(reports_.ListSkippedSlots("none", 0, 2), HasReason(Reason::kIntegrationNotFound));
}

}  // namespace
}  // namespace lockstitch::scheduler
