#include "cli/command_line.h"

#include "gtest/gtest.h"

namespace lockstitch::cli {
namespace {

std::string Masked(std::string text) {
  MaskPassword(text.data());
  return text;
}

TEST(MaskPasswordTest, PasswordsOfUrlsGo) {
  EXPECT_EQ(Masked("postgres://u:secret@host:5432/db"), "postgres://u:xxxxxx@host:5432/db");
  EXPECT_EQ(Masked("--source=postgresql://u:s@cret@host/db?sslmode=require"),
            "--source=postgresql://u:xxxxxx@host/db?sslmode=require");
  EXPECT_EQ(Masked("postgres://host/db?user=u&password=secret&x=1"),
            "postgres://host/db?user=u&password=xxxxxx&x=1");
}

TEST(MaskPasswordTest, PasswordsMayHoldWhatEndsOtherParts) {
  EXPECT_EQ(Masked("postgres://u:SEC#R?T@host/db"), "postgres://u:xxxxxxx@host/db");
}

TEST(MaskPasswordTest, PasswordsOfKeywordStringsGo) {
  EXPECT_EQ(Masked("host=h password=secret dbname=d"), "host=h password=xxxxxx dbname=d");
  EXPECT_EQ(Masked("host=h password = 'two words'"), "host=h password = 'xxxxxxxxx'");
  EXPECT_EQ(Masked("sslpassword=secret"), "sslpassword=xxxxxx");
}

TEST(MaskPasswordTest, EverythingElseStays) {
  for (const char* text :
       {"sync", "postgres://u@host:5432/db", "postgres://host:5432/db", "postgres:///db?host=/tmp",
        "host=h user=u", "--stream=public.passwords"}) {
    EXPECT_EQ(Masked(text), text);
  }
}

}  // namespace
}  // namespace lockstitch::cli
