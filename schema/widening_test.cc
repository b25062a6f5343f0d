#include "schema/widening.h"

#include <string>
#include <utility>

#include "gtest/gtest.h"

namespace lockstitch::schema {
namespace {

TEST(WideningTest, WiderTypesHoldEveryValueAsItIs) {
  const std::pair<const char*, const char*> kWider[] = {
      {"smallint", "integer"},
      {"smallint", "numeric"},
      {"integer", "bigint"},
      {"bigint", "numeric"},
      {"real", "double precision"},
      {"numeric(10,2)", "numeric"},
      {"numeric(10,2)", "numeric(12,2)"},
      {"numeric(10,2)", "numeric(12,4)"},
      {"numeric(3,-2)", "numeric(5,0)"},
      {"character varying(20)", "character varying(21)"},
      {"character varying(20)", "character varying"},
      {"character varying(20)", "text"},
      {"character varying", "text"},
      {"bit varying(3)", "bit varying(4)"},
      {"bit varying(3)", "bit varying"},
      {"timestamp(0) with time zone", "timestamp(3) with time zone"},
      {"timestamp(3) without time zone", "timestamp without time zone"},
      {"time(1) with time zone", "time with time zone"},
      {"time(1) without time zone", "time(2) without time zone"},
      {"interval(2)", "interval"},
  };
  for (const auto& [from, to] : kWider) {
    EXPECT_TRUE(IsWidening(from, to)) << from << " -> " << to;
    EXPECT_FALSE(IsWidening(to, from)) << to << " -> " << from;
  }
}

TEST(WideningTest, OthersAreOtherTypes) {
  const std::pair<const char*, const char*> kOther[] = {
      {"integer", "integer"},
      {"integer", "text"},
      {"integer", "double precision"},
      {"bigint", "numeric(20,0)"},
      {"numeric(10,2)", "numeric(11,4)"},
      {"numeric(10,2)", "numeric(12,1)"},
      {"numeric", "numeric"},
      {"character(3)", "character(4)"},
      {"character(3)", "text"},
      {"bit(3)", "bit(4)"},
      {"timestamp without time zone", "timestamp with time zone"},
      {"date", "timestamp without time zone"},
      {"interval day", "interval"},
      {"integer[]", "bigint[]"},
      {"character varying(3)[]", "text[]"},
      {"json", "jsonb"},
      {"geometry(Point,4326)", "geometry"},
  };
  for (const auto& [from, to] : kOther) {
    EXPECT_FALSE(IsWidening(from, to)) << from << " -> " << to;
    EXPECT_FALSE(IsWidening(to, from)) << to << " -> " << from;
  }
}

}  // namespace
}  // namespace lockstitch::schema
