#include "postgres/server_questions.h"

#include "gmock/gmock.h"

namespace lockstitch::postgres {
namespace {

using ::testing::HasSubstr;

TEST(ClockAnswerTest, WarnsAboveFiveSecondsEitherWay) {
  EXPECT_EQ(ClockAnswer(absl::Seconds(4), absl::Milliseconds(1)).result, v1::CHECK_RESULT_PASSED);
  EXPECT_EQ(ClockAnswer(-absl::Seconds(4), absl::Milliseconds(1)).result, v1::CHECK_RESULT_PASSED);
  const CheckAnswer ahead = ClockAnswer(absl::Seconds(6), absl::Milliseconds(1));
  EXPECT_EQ(ahead.result, v1::CHECK_RESULT_WARNING);
  EXPECT_THAT(ahead.message, HasSubstr("6s ahead of"));
  EXPECT_NE(ahead.remedy, "");
  const CheckAnswer behind = ClockAnswer(-absl::Seconds(6), absl::Milliseconds(1));
  EXPECT_EQ(behind.result, v1::CHECK_RESULT_WARNING);
  EXPECT_THAT(behind.message, HasSubstr("6s behind"));
}

TEST(ClockAnswerTest, WhatARoundTripExplainsIsNotASkew) {
  EXPECT_EQ(ClockAnswer(absl::Seconds(6), absl::Seconds(3)).result, v1::CHECK_RESULT_PASSED);
}

}  // namespace
}  // namespace lockstitch::postgres
