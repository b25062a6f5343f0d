#include "services/scheduler/control/page_token.h"

#include "gtest/gtest.h"

namespace lockstitch::scheduler {
namespace {

TEST(PageTokenTest, TellsItsPositionToItsOwnRequest) {
  EXPECT_EQ(*ParsePageToken("jobs of shop", MakePageToken("jobs of shop", "a\nb")), "a\nb");
  EXPECT_EQ(*ParseNumberedPageToken("log", MakePageToken("log", "17")), 17);
  EXPECT_EQ(*ParsePageToken("jobs of shop", ""), "");
  EXPECT_EQ(*ParseNumberedPageToken("log", ""), 0);
}

TEST(PageTokenTest, IsRefusedByAnotherRequest) {
  const std::string token = MakePageToken("jobs of shop", "17");
  EXPECT_FALSE(ParsePageToken("jobs of shops", token).ok());
  EXPECT_FALSE(ParsePageToken("jobs of", token).ok());
  EXPECT_FALSE(ParsePageToken("jobs of shop", "no token").ok());
  EXPECT_FALSE(ParseNumberedPageToken("jobs", MakePageToken("jobs", "x")).ok());
}

TEST(PageTokenTest, ARequestMayHoldAnything) {
  EXPECT_FALSE(ParsePageToken("log of a", MakePageToken("log of a\nb", "17")).ok());
  EXPECT_FALSE(ParsePageToken("log of a\nb", MakePageToken("log of a", "b\n17")).ok());
}

TEST(PageTokenTest, Sizes) {
  EXPECT_EQ(*PageSize(0, 50), 50);
  EXPECT_EQ(*PageSize(7, 50), 7);
  EXPECT_EQ(*PageSize(5'000, 50), 1'000);
  EXPECT_FALSE(PageSize(-1, 50).ok());
}

}  // namespace
}  // namespace lockstitch::scheduler
