#include "services/extractor/source/horizon.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "testing/database.h"
#include "testing/postgres_cluster.h"
#include "testing/status_matchers.h"

namespace lockstitch::extractor {
namespace {

using testing::HasReason;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;
using ::testing::Optional;

class HorizonTest : public ::testing::Test {
 protected:
  HorizonTest() {
    static testing::PostgresCluster cluster;
    static int number = 0;
    const std::string name = absl::StrCat("horizon_", ++number);
    testing::MakeDatabase(cluster.Url("postgres"), name);
    source_ = std::make_unique<testing::Database>(cluster.Url(name));
    postgres::Connection::Options options = {.application_name = "test"};
    options.server.set_url(cluster.Url(name));
    connection_ = std::make_unique<postgres::Connection>(*postgres::Connection::Open(options));
  }

  static ReplicationKey Key(const std::string& type) {
    v1::Table table;
    table.mutable_name()->set_schema("public");
    table.mutable_name()->set_name("t");
    v1::Column* column = table.add_columns();
    column->set_name("k");
    column->mutable_type()->set_name(type);
    return FindReplicationKey(table, "k");
  }

  absl::StatusOr<Horizon> Find(const std::string& type, const std::string& lookback = "",
                               const std::string& zone = "") {
    v1::StreamSettings settings;
    settings.set_lookback(lookback);
    settings.set_time_zone(zone);
    connection_->Execute("BEGIN").IgnoreError();
    const absl::StatusOr<Horizon> horizon = FindHorizon(*connection_, moment_, Key(type), settings);
    connection_->Execute("ROLLBACK").IgnoreError();
    return horizon;
  }
  // "none" where there is none.
  std::string KeyOf(const std::string& type, const std::string& lookback = "",
                    const std::string& zone = "") {
    const absl::StatusOr<Horizon> horizon = Find(type, lookback, zone);
    EXPECT_THAT(horizon, IsOk());
    return horizon.ok() ? horizon->key.value_or("none") : "";
  }
  std::string NoteOf(const std::string& type, const std::string& lookback = "",
                     const std::string& zone = "") {
    const absl::StatusOr<Horizon> horizon = Find(type, lookback, zone);
    return horizon.ok() ? horizon->note : horizon.status().ToString();
  }

  SourceMoment moment_ = {.clock = "2026-07-01 12:00:00.000005+00",
                          .horizon = "2026-07-01 11:59:00+00"};
  std::unique_ptr<testing::Database> source_;
  std::unique_ptr<postgres::Connection> connection_;
};

TEST_F(HorizonTest, InstantsEndAtTheHorizonOrTheLookbackWhicheverIsEarlier) {
  EXPECT_EQ(KeyOf("timestamptz"), "2026-07-01 11:59:00+00");
  EXPECT_EQ(KeyOf("timestamptz", "10 s"), "2026-07-01 11:59:00+00");
  EXPECT_EQ(KeyOf("timestamptz", "1 hour"), "2026-07-01 11:00:00.000005+00");
  EXPECT_THAT(NoteOf("timestamptz"), IsEmpty());
}

TEST_F(HorizonTest, UnknownHorizonsAreFiveMinutesAndSaidSo) {
  moment_.horizon.reset();
  moment_.unknown = "the source is a standby";
  EXPECT_EQ(KeyOf("timestamptz"), "2026-07-01 11:55:00.000005+00");
  EXPECT_THAT(NoteOf("timestamptz"), ::testing::AllOf(HasSubstr("5 minutes"), HasSubstr("standby"),
                                                      HasSubstr("lookback")));
  EXPECT_EQ(KeyOf("timestamptz", "PT2H"), "2026-07-01 10:00:00.000005+00");
  EXPECT_THAT(NoteOf("timestamptz", "PT2H"), HasSubstr("PT2H"));
  EXPECT_EQ(KeyOf("timestamp", "", "Europe/Berlin"), "2026-07-01 13:55:00.000005");
}

TEST_F(HorizonTest, LocalTimesOfAKnownZone) {
  EXPECT_EQ(KeyOf("timestamp", "", "UTC"), "2026-07-01 11:59:00");
  EXPECT_EQ(KeyOf("timestamp", "", "America/New_York"), "2026-07-01 07:59:00");
  EXPECT_THAT(NoteOf("timestamp", "", "UTC"), IsEmpty());
}

TEST_F(HorizonTest, AClockThatIsTurnedBackShowsLess) {
  // At 01:00 UTC Berlin's clock goes from 03:00 back to 02:00.
  moment_ = {.clock = "2026-10-25 00:59:50+00", .horizon = "2026-10-25 00:59:00+00"};
  EXPECT_EQ(KeyOf("timestamp", "", "Europe/Berlin"), "2026-10-25 02:00:00");
  moment_ = {.clock = "2026-10-25 00:45:10+00", .horizon = "2026-10-25 00:45:00+00"};
  EXPECT_EQ(KeyOf("timestamp", "", "Europe/Berlin"), "2026-10-25 02:00:00");
  moment_ = {.clock = "2026-10-25 01:30:10+00", .horizon = "2026-10-25 01:30:00+00"};
  EXPECT_EQ(KeyOf("timestamp", "", "Europe/Berlin"), "2026-10-25 02:30:00");
}

TEST_F(HorizonTest, LocalTimesAndDatesOfUnknownZonesAreADay) {
  EXPECT_EQ(KeyOf("timestamp"), "2026-06-30 12:00:00.000005");
  EXPECT_EQ(KeyOf("timestamp", "2 hours"), "2026-07-01 10:00:00.000005");
  EXPECT_EQ(KeyOf("date"), "2026-06-30");
  EXPECT_EQ(KeyOf("date", "3 days"), "2026-06-28");
  EXPECT_THAT(NoteOf("timestamp"), ::testing::AllOf(HasSubstr("1 day"), HasSubstr("time_zone")));
  EXPECT_THAT(NoteOf("date"), ::testing::Not(HasSubstr("time_zone")));
}

TEST_F(HorizonTest, WhatTheSourceDoesNotUnderstandIsRefused) {
  for (const char* lookback : {"soon", "5 minutes ago", "PT1H or so"}) {
    EXPECT_THAT(Find("timestamptz", lookback), HasReason(Reason::kSelectionInvalid)) << lookback;
    EXPECT_THAT(Find("date", lookback), HasReason(Reason::kSelectionInvalid)) << lookback;
  }
  EXPECT_THAT(Find("timestamp", "", "Mars/Olympus"), HasReason(Reason::kSelectionInvalid));
  source_->Run("CREATE TABLE t (k int)");
  EXPECT_THAT(Find("int4", "many"), HasReason(Reason::kSelectionInvalid));
}

TEST_F(HorizonTest, NumbersEndAtTheGreatestFiniteKeyLessTheLookback) {
  source_->Run("CREATE TABLE t (k numeric); INSERT INTO t VALUES (1.50), (20), ('NaN'), (NULL)");
  EXPECT_EQ(KeyOf("numeric", "0.25"), "19.75");
  EXPECT_EQ(KeyOf("numeric"), "none");  // It would read all rows for nothing.
  source_->Run("CREATE INDEX ON t (k)");
  EXPECT_EQ(KeyOf("numeric"), "20");
  source_->Run("UPDATE t SET k = 'NaN'");
  EXPECT_EQ(KeyOf("numeric", "1"), "none");
}

TEST_F(HorizonTest, IntegersStayWithinTheirType) {
  source_->Run("CREATE TABLE t (k int2); INSERT INTO t VALUES (-32760), (NULL)");
  EXPECT_EQ(KeyOf("int2", "5"), "-32765");
  EXPECT_EQ(KeyOf("int2", "100"), "-32768");
  source_->Run("ALTER TABLE t ALTER k TYPE int8; UPDATE t SET k = 9223372036854775807");
  EXPECT_EQ(KeyOf("int8", "7"), "9223372036854775800");
}

TEST_F(HorizonTest, TextEndsAtTheGreatestByItsBytes) {
  source_->Run("CREATE TABLE t (k text COLLATE \"C\"); INSERT INTO t VALUES ('a'), ('B'), (NULL)");
  source_->Run("CREATE INDEX ON t (k)");
  EXPECT_EQ(KeyOf("text"), "a");
  EXPECT_THAT(NoteOf("text"), ::testing::Not(HasSubstr("lookback")));
}

}  // namespace
}  // namespace lockstitch::extractor
