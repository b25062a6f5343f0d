#include "status/reason.h"

#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lockstitch {
namespace {

TEST(ReasonTest, TheTableHasEveryReasonAtItsPlaceOnce) {
  std::set<absl::string_view> codes;
  int place = 0;
  for (const ReasonInfo& info : AllReasons()) {
    EXPECT_EQ(static_cast<int>(info.reason), place++) << info.code;
    EXPECT_TRUE(codes.insert(info.code).second) << info.code;
    EXPECT_FALSE(info.meaning.empty()) << info.code;
    EXPECT_FALSE(info.remedy.empty()) << info.code;
    EXPECT_EQ(info.attempts > 1, info.owner == Owner::kRetried) << info.code;
  }
  EXPECT_EQ(place, static_cast<int>(Reason::kInternal) + 1);
}

TEST(ReasonTest, AnErrorTellsItsReasonMessageAndRemedy) {
  const absl::Status error = Error(Reason::kHostUnknown, "no such host: db.example");
  const Explanation explanation = Explain(error);
  EXPECT_EQ(explanation.reason, "HOST_UNKNOWN");
  EXPECT_EQ(explanation.message, "no such host: db.example");
  EXPECT_EQ(explanation.remedy, InfoOf(Reason::kHostUnknown).remedy);
  EXPECT_EQ(ReasonOf(error), Reason::kHostUnknown);
}

TEST(ReasonTest, ARemedyMayBeMoreParticular) {
  EXPECT_EQ(Explain(Error(Reason::kStreamNotFound, "no", "Choose public.a.")).remedy,
            "Choose public.a.");
}

TEST(ReasonTest, ErrorsMadeElsewhereAreInternal) {
  EXPECT_EQ(Explain(absl::UnknownError("what")).reason, "INTERNAL_ERROR");
  EXPECT_EQ(ReasonOf(absl::UnknownError("what")), std::nullopt);
}

TEST(WithMessageTest, KeepsReasonAndRemedy) {
  const absl::Status told = WithMessage(Error(Reason::kSuperseded, "old", "Rest."), "new");
  EXPECT_EQ(ReasonOf(told), Reason::kSuperseded);
  EXPECT_EQ(told.message(), "new");
  EXPECT_EQ(Explain(told).remedy, "Rest.");
}

}  // namespace
}  // namespace lockstitch
