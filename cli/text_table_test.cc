#include "cli/text_table.h"

#include "gtest/gtest.h"

namespace lockstitch::cli {
namespace {

TEST(TextTableTest, ColumnsAreAsWideAsTheirWidestCell) {
  EXPECT_EQ(TextTable({{"stream"}, {"rows", true}}, {{"größe", "1"}, {"a", "1,000"}}),
            "stream   rows\n"
            "größe       1\n"
            "a       1,000\n");
}

TEST(TextTableTest, WhatATerminalWouldObeyIsWritten) {
  EXPECT_EQ(Printable("größe, \xC2\xA0 and a\\b"), "größe, \xC2\xA0 and a\\b");
  EXPECT_EQ(Printable("\x1b[2J\n\t\r\x7f"), "\\x1b[2J\\n\\t\\r\\x7f");
  EXPECT_EQ(Printable("\xC2\x9B"
                      "2J"),
            "\\x9b2J");
  EXPECT_EQ(TextTable({{"a"}, {"b"}}, {{"one\ntwo", "x"}}),
            "a         b\n"
            "one\\ntwo  x\n");
}

TEST(TextTableTest, NumbersReadWell) {
  EXPECT_EQ(GroupedNumber(0), "0");
  EXPECT_EQ(GroupedNumber(999), "999");
  EXPECT_EQ(GroupedNumber(1000), "1,000");
  EXPECT_EQ(GroupedNumber(-1234567), "-1,234,567");
  EXPECT_EQ(ReadableBytes(512), "512 B");
  EXPECT_EQ(ReadableBytes(14'200'000), "14.2 MB");
  EXPECT_EQ(ReadableSeconds(0.421), "0.42 s");
  EXPECT_EQ(ReadableSeconds(200), "3 min 20 s");
}

}  // namespace
}  // namespace lockstitch::cli
