#include "schema/stream_name.h"

#include "gtest/gtest.h"
#include "status/reason.h"

namespace lockstitch::schema {
namespace {

v1::TableName Name(const std::string& schema, const std::string& name) {
  v1::TableName table;
  table.set_schema(schema);
  table.set_name(name);
  return table;
}

TEST(StreamNameTest, PlainNamesStandWithoutQuotes) {
  EXPECT_EQ(StreamName(Name("public", "orders")), "public.orders");
  EXPECT_EQ(StreamName(Name("Sales", "order items")), "Sales.order items");
}

TEST(StreamNameTest, EveryNameSurvivesBothWays) {
  for (const std::string schema : {"public", "a.b", "say \"hi\"", " padded ", "größe", "\""}) {
    for (const std::string name : {"t", "..", "\"\"", "select", "a\"b.c", "*", "!t"}) {
      const auto parsed = ParseStreamName(StreamName(Name(schema, name)));
      ASSERT_TRUE(parsed.ok()) << parsed.status();
      EXPECT_EQ(parsed->schema(), schema);
      EXPECT_EQ(parsed->name(), name);
    }
  }
}

TEST(StreamNameTest, WithoutASchemaItIsPublic) {
  EXPECT_EQ(ParseStreamName("orders")->schema(), "public");
}

TEST(StreamNameTest, WhatIsNoNameIsRefused) {
  for (const char* text :
       {"", ".", "a.", ".a", "a.b.c", "\"a", "\"\".b", "a\"b", "\"a\"b", "public.*", "!a"}) {
    EXPECT_EQ(ReasonOf(ParseStreamName(text).status()), Reason::kUsageInvalid) << text;
  }
}

}  // namespace
}  // namespace lockstitch::schema
