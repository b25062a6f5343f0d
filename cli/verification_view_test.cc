#include "cli/verification_view.h"

#include <nlohmann/json.hpp>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lockstitch::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

v1::VerifyResponse Told(const std::string& stream, v1::VerificationOutcome outcome) {
  v1::VerifyResponse told;
  told.mutable_stream()->set_stream(stream);
  told.mutable_stream()->set_outcome(outcome);
  told.mutable_stream()->set_method(v1::REPLICATION_METHOD_FULL_TABLE);
  told.mutable_stream()->set_source_rows(1234567);
  return told;
}

v1::VerifyResponse Different() {
  v1::VerifyResponse told = Told("public.b", v1::VERIFICATION_OUTCOME_DIFFERENT);
  told.mutable_stream()->set_different(2);
  v1::RowDifference& changed = *told.mutable_stream()->add_differences();
  changed.set_kind(v1::ROW_DIFFERENCE_KIND_CHANGED);
  changed.add_key()->set_column("id");
  changed.mutable_key(0)->set_value("5\n");
  changed.add_columns()->set_column("total");
  told.mutable_stream()->add_incomplete_columns("total");
  return told;
}

TEST(VerificationViewTest, TheLastThatIsToldOfAStreamCounts) {
  VerificationView view;
  view.Add(Told("public.a", v1::VERIFICATION_OUTCOME_RUNNING));
  EXPECT_FALSE(view.IsVerified());
  view.Add(Told("public.a", v1::VERIFICATION_OUTCOME_VERIFIED));
  EXPECT_TRUE(view.IsVerified());
  EXPECT_EQ(view.streams().size(), 1);
}

TEST(VerificationViewTest, TheTableTellsWhatDiffersAndHow) {
  VerificationView view;
  view.Add(Told("public.a", v1::VERIFICATION_OUTCOME_VERIFIED));
  view.Add(Different());
  const std::string text = VerificationAsTable(view);
  EXPECT_THAT(text, HasSubstr("public.a  VERIFIED     1,234,567"));
  EXPECT_THAT(text, HasSubstr("public.b: 2 rows differ\n  changed  id=5\\n: total\n  ...\n"));
  EXPECT_THAT(text, HasSubstr("sync --verify"));
  EXPECT_THAT(text, HasSubstr("\n1 of 2 streams verified\n"));
}

TEST(VerificationViewTest, WhatIsNoDifferenceStandsBesides) {
  v1::VerifyResponse told = Told("public.a", v1::VERIFICATION_OUTCOME_VERIFIED);
  told.mutable_stream()->set_deleted_at_source(3);
  told.mutable_stream()->set_changed_since_load(1);
  VerificationView view;
  view.Add(told);
  EXPECT_THAT(VerificationAsTable(view),
              HasSubstr("1 changed since the load, 3 deleted at the source\n"));
  EXPECT_THAT(VerificationAsTable(view), Not(HasSubstr("differ")));
}

TEST(VerificationViewTest, JsonHasEveryField) {
  VerificationView view;
  view.Add(Different());
  v1::VerifyResponse failed = Told("public.c", v1::VERIFICATION_OUTCOME_FAILED);
  failed.mutable_error()->set_reason("STREAM_NOT_LOADED");
  view.Add(failed);
  const auto json = nlohmann::json::parse(VerificationAsJson(view));
  EXPECT_EQ(json["verified"], false);
  EXPECT_EQ(json["streams"][0]["outcome"], "DIFFERENT");
  EXPECT_EQ(json["streams"][0]["differences"][0]["kind"], "changed");
  EXPECT_EQ(json["streams"][0]["differences"][0]["key"]["id"], "5\n");
  EXPECT_EQ(json["streams"][0]["differences"][0]["columns"][0]["column"], "total");
  EXPECT_EQ(json["streams"][0]["incomplete_columns"][0], "total");
  EXPECT_TRUE(json["streams"][0]["error"].is_null());
  EXPECT_EQ(json["streams"][1]["error"]["reason"], "STREAM_NOT_LOADED");
}

}  // namespace
}  // namespace lockstitch::cli
