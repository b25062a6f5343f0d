#include "schema/stream_pattern.h"

#include "gtest/gtest.h"
#include "status/reason.h"

namespace lockstitch::schema {
namespace {

bool Fits(const std::string& pattern, const std::string& schema, const std::string& name) {
  const auto parsed = StreamPattern::Parse(pattern);
  EXPECT_TRUE(parsed.ok()) << pattern;
  v1::TableName table;
  table.set_schema(schema);
  table.set_name(name);
  return parsed->Fits(table);
}

TEST(StreamPatternTest, AsterisksStandForAnyCharacters) {
  EXPECT_TRUE(Fits("public.*", "public", "orders"));
  EXPECT_FALSE(Fits("public.*", "sales", "orders"));
  EXPECT_TRUE(Fits("*.*", "sales", "a.b"));
  EXPECT_TRUE(Fits("audit_*", "public", "audit_"));
  EXPECT_FALSE(Fits("audit_*", "public", "my_audit_log"));
  EXPECT_TRUE(Fits("*.*_2024_*_log", "s", "a_2024_2024_b_log"));
  EXPECT_FALSE(Fits("*.aba*ba", "s", "aba"));
  EXPECT_TRUE(Fits("*.a*b*c", "s", "abbc"));
  EXPECT_FALSE(Fits("*.a*b*c", "s", "acb"));
  EXPECT_TRUE(Fits("public.orders", "public", "orders"));
  EXPECT_FALSE(Fits("public.orders", "public", "orders2"));
}

TEST(StreamPatternTest, InQuotesEverythingStandsForItself) {
  EXPECT_TRUE(Fits("\"a.b\".\"c*\"", "a.b", "c*"));
  EXPECT_FALSE(Fits("\"a.b\".\"c*\"", "a.b", "cd"));
  EXPECT_TRUE(Fits("s.\"say \"\"\"*", "s", "say \"hi"));
}

TEST(StreamPatternTest, WhatIsNoPatternIsRefused) {
  for (const char* text : {"", "!", ".", "a.", ".a", "a.b.c", "\"a", "!.x"}) {
    EXPECT_EQ(ReasonOf(StreamPattern::Parse(text).status()), Reason::kUsageInvalid) << text;
  }
}

TEST(SelectsTest, TheLastPatternThatFitsDecides) {
  std::vector<StreamPattern> patterns;
  for (const char* text : {"*.*", "!*.audit_*", "public.audit_orders"})
    patterns.push_back(*StreamPattern::Parse(text));
  const auto selects = [&](const std::string& name) {
    v1::TableName table;
    table.set_schema("public");
    table.set_name(name);
    return Selects(patterns, table);
  };
  EXPECT_TRUE(selects("orders"));
  EXPECT_FALSE(selects("audit_users"));
  EXPECT_TRUE(selects("audit_orders"));
  patterns.erase(patterns.begin());
  EXPECT_TRUE(selects("orders"));
  patterns.erase(patterns.begin());
  EXPECT_FALSE(selects("orders"));
}

}  // namespace
}  // namespace lockstitch::schema
