#include "postgres/quote.h"

#include "gtest/gtest.h"

namespace lockstitch::postgres {
namespace {

TEST(QuoteTest, IdentifiersKeepWhatTheyHold) {
  EXPECT_EQ(QuoteIdentifier("plain"), "\"plain\"");
  EXPECT_EQ(QuoteIdentifier("Say \"hi\""), "\"Say \"\"hi\"\"\"");
  EXPECT_EQ(QuoteQualified("a.b", "c"), "\"a.b\".\"c\"");
}

TEST(QuoteTest, LiteralsCannotEndEarly) {
  EXPECT_EQ(QuoteLiteral("it's"), "'it''s'");
  EXPECT_EQ(QuoteLiteral("\\' OR 1"), "E'\\\\'' OR 1'");
}

TEST(QuoteTest, ArraysKeepEmptyAndAwkwardElements) {
  EXPECT_EQ(ArrayText({}), "{}");
  EXPECT_EQ(ArrayText({"", "a,b", "c\"d\\"}), "{\"\",\"a,b\",\"c\\\"d\\\\\"}");
}

}  // namespace
}  // namespace lockstitch::postgres
