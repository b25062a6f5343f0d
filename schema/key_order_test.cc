#include "schema/key_order.h"

#include "gmock/gmock.h"

namespace lockstitch::schema {
namespace {

TEST(KeyOrderTest, TextComparesByItsBytes) {
  EXPECT_EQ(KeyOrder("\"c\"", "varchar").expression(), "\"c\" COLLATE \"C\"");
  EXPECT_EQ(KeyOrder("\"c\"", "int8").expression(), "\"c\"");
}

TEST(KeyOrderTest, ConstantsAreQuoted) {
  EXPECT_EQ(KeyOrder("c", "text").Constant("it's"), "'it''s'::\"pg_catalog\".\"text\"");
}

TEST(KeyOrderTest, NumericsHaveInfinitySince14) {
  const KeyOrder order("c", "numeric");
  EXPECT_THAT(order.IsFinite(130000), ::testing::Not(::testing::HasSubstr("Infinity")));
  EXPECT_THAT(order.IsFinite(140000), ::testing::HasSubstr("Infinity"));
}

TEST(KeyOrderTest, ADomainIsComparedAsItsBase) {
  v1::DataType domain;
  domain.set_name("moment");
  domain.set_kind(v1::TYPE_KIND_DOMAIN);
  domain.mutable_element()->set_name("timestamptz");
  EXPECT_EQ(KeyType(domain), "timestamptz");
}

}  // namespace
}  // namespace lockstitch::schema
