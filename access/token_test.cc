#include "access/token.h"

#include <fstream>
#include <string>

#include "gtest/gtest.h"
#include "status/reason.h"
#include "testing/temporary_folder.h"

namespace lockstitch::access {
namespace {

TEST(TokenTest, EachTokenIsAnotherOneOfTheForm) {
  const std::string one = MakeToken(), other = MakeToken();
  EXPECT_NE(one, other);
  EXPECT_TRUE(IsToken(one)) << one;
  EXPECT_EQ(one.substr(0, 4), "lst_");
  EXPECT_EQ(one.size(), 4 + 43u);
}

TEST(TokenTest, OtherTextIsNoToken) {
  EXPECT_TRUE(IsToken("made-by-hand-0123456789+/._~abc=="));
  for (const std::string& other :
       {std::string(), std::string(31, 'x'), std::string(257, 'x'), MakeToken() + "\n",
        MakeToken() + " x", MakeToken() + "\xc3\xa4"}) {
    EXPECT_FALSE(IsToken(other)) << other;
  }
}

TEST(TokenTest, AFileHoldsATokenAlone) {
  const testing::TemporaryFolder folder;
  const std::string path = folder.path() + "/token", token = MakeToken();
  EXPECT_EQ(ReasonOf(ReadTokenFile(path).status()), Reason::kTokenFileUnreadable);
  EXPECT_EQ(ReasonOf(ReadTokenFile(folder.path()).status()), Reason::kTokenFileUnreadable);
  std::ofstream(path) << token << "\n";
  ASSERT_TRUE(ReadTokenFile(path).ok());
  EXPECT_EQ(*ReadTokenFile(path), token);
  std::ofstream(path) << token << "\n" << token << "\n";
  const absl::Status refused = ReadTokenFile(path).status();
  EXPECT_EQ(ReasonOf(refused), Reason::kTokenFileUnreadable);
  EXPECT_EQ(refused.message().find("lst_"), absl::string_view::npos);
}

// SHA-256 as FIPS 180-2 gives it for "abc".
TEST(TokenTest, AHashIsSha256) {
  EXPECT_EQ(HashOf("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(TokenTest, ATokenIsReadFromItsHeader) {
  const std::string token = MakeToken();
  EXPECT_EQ(TokenOf("Bearer " + token), token);
  EXPECT_EQ(TokenOf("bearer  " + token + " "), token);
  for (const std::string& other :
       {token, "Basic " + token, std::string("Bearer "), "Bearer x x" + token, std::string()}) {
    EXPECT_EQ(TokenOf(other), std::nullopt) << other;
  }
}

}  // namespace
}  // namespace lockstitch::access
