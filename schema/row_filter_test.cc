#include "schema/row_filter.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "status/reason.h"

namespace lockstitch::schema {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(RowFilterTest, OneExpressionStandsInParentheses) {
  const auto filter = ParseRowFilter("a > 1 OR t.\"B c\" IS NULL -- why not");
  ASSERT_TRUE(filter.ok()) << filter.status();
  EXPECT_EQ(filter->sql, "(\na > 1 OR t.\"B c\" IS NULL -- why not\n)");
  EXPECT_THAT(filter->columns, ElementsAre("B c", "a"));
}

TEST(RowFilterTest, WhatTakesAColumnByItsOwnTypeIsTold) {
  const auto bare = [](const std::string& text) {
    const auto filter = ParseRowFilter(text);
    EXPECT_TRUE(filter.ok()) << filter.status();
    return filter->bare_columns;
  };
  EXPECT_THAT(bare("email = 'x' AND lower(name) = 'y' AND active"),
              ElementsAre("active", "email", "name"));
  EXPECT_THAT(bare("email::text = 'x' AND tag IS NULL AND a OPERATOR(ext.=) 'b' AND ext.f(c)"),
              IsEmpty());
  EXPECT_THAT(bare("email IN ('x', 'y')"), ElementsAre("email"));
  EXPECT_THAT(ParseRowFilter("pg_catalog.random() < 0.5 AND lower(a) = 'x'")->functions,
              ElementsAre("lower", "random"));
}

TEST(RowFilterTest, WhatCouldExhaustTheStackIsRefused) {
  std::string text = "id";
  while (text.size() < 8190) text += "+1";
  EXPECT_TRUE(ParseRowFilter(text + ">").status().message().find("does not parse") !=
              std::string::npos);
  EXPECT_TRUE(ParseRowFilter(text).ok());
  EXPECT_THAT(std::string(ParseRowFilter(text + "+100").status().message()),
              ::testing::HasSubstr("more than 8192 bytes"));
}

TEST(RowFilterTest, WhatIsNotUtf8IsRefused) {
  const absl::Status status = ParseRowFilter("a = 'gr\xFC\xDF'").status();
  EXPECT_EQ(ReasonOf(status), Reason::kFilterInvalid);
  EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr("is not UTF-8"));
  EXPECT_TRUE(ParseRowFilter("a = 'grüß' AND \"😀\" = 1").ok());
}

TEST(RowFilterTest, ExpressionsOfAllSorts) {
  for (const char* text :
       {"true", "active", "created_at >= now() - interval '30 days'", "lower(name) = 'x;y--z'",
        "state IN ('a', 'b')", "note LIKE E'it\\'s%'", "id % 2 = 0 AND NOT (b OR c)",
        "tags @> ARRAY['x']", "$$a)$$ = b", "x::text ~ '^(a|b)$'", "CASE WHEN a THEN b ELSE c END",
        "data->>'kind' = 'x' /* a ) comment */", "(a, b) = (1, 2)",
        "extract(year from d) = 2024"}) {
    EXPECT_TRUE(ParseRowFilter(text).ok()) << text << ParseRowFilter(text).status();
  }
}

TEST(RowFilterTest, WhatEndsTheExpressionIsRefused) {
  for (const char* text : {"",
                           " ",
                           "true) to program 'id' --",
                           "true) TO STDOUT; DROP TABLE t; --",
                           "true) and (false",
                           "true; SELECT 1",
                           "true;",
                           "true UNION SELECT 1",
                           "true ORDER BY 1",
                           "true LIMIT 1",
                           "true FOR UPDATE",
                           "true GROUP BY a",
                           "true HAVING b",
                           "a, b",
                           "/* open",
                           "'open",
                           "true WINDOW w AS ()",
                           "true) /*",
                           "a b",
                           "SELECT 1",
                           "$1 > 2",
                           "id IN (SELECT 1)",
                           "EXISTS (SELECT FROM t)",
                           "count(*) OVER () > 1",
                           "t.* IS NULL",
                           "true INTO x",
                           "count(*) > 1",
                           "grouping(id) = 1",
                           "id = DEFAULT",
                           "sum(DISTINCT a) > 1"}) {
    EXPECT_EQ(ReasonOf(ParseRowFilter(text).status()), Reason::kFilterInvalid) << text;
  }
  EXPECT_EQ(ReasonOf(ParseRowFilter(absl::string_view("true\0) x", 8)).status()),
            Reason::kFilterInvalid);
}

}  // namespace
}  // namespace lockstitch::schema
