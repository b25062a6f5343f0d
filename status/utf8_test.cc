#include "status/utf8.h"

#include "gtest/gtest.h"

namespace lockstitch {
namespace {

TEST(ValidUtf8Test, WhatIsValidStaysAsItIs) {
  for (const char* text : {"", "plain", "Größe", "цена", "\xF0\x9F\xA7\xB5", "\xEF\xBF\xBD"})
    EXPECT_EQ(ValidUtf8(text), text);
}

TEST(ValidUtf8Test, EveryOtherByteIsReplaced) {
  EXPECT_EQ(ValidUtf8("Gr\xF6\xDF"
                      "e"),
            "Gr\uFFFD\uFFFDe");
  // Cut off, overlong, a surrogate, past the last character, a lone continuation.
  EXPECT_EQ(ValidUtf8("\xD1"), "\uFFFD");
  EXPECT_EQ(ValidUtf8("\xC0\xAF"), "\uFFFD\uFFFD");
  EXPECT_EQ(ValidUtf8("\xED\xA0\x80"), "\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(ValidUtf8("\xF4\x90\x80\x80"), "\uFFFD\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(ValidUtf8("a\x80z"), "a\uFFFDz");
}

}  // namespace
}  // namespace lockstitch
