#include "services/extractor/source/range_query.h"

#include "gtest/gtest.h"
#include "status/reason.h"

namespace lockstitch::extractor {
namespace {

TEST(QueryRangeTest, EveryColumnIsCastAndEveryNameQuoted) {
  v1::Table table;
  table.mutable_name()->set_schema("public");
  table.mutable_name()->set_name("say \"hi\"");
  v1::LoadPlan plan;
  v1::ColumnMapping* id = plan.add_columns();
  id->set_source_column("id");
  id->set_wire_type("int4");
  id->set_conversion(v1::WIRE_CONVERSION_CAST);
  v1::ColumnMapping* flags = plan.add_columns();
  flags->set_source_column("select");
  flags->set_wire_type("bit");
  flags->set_wire_array(true);
  v1::ColumnMapping* address = plan.add_columns();
  address->set_source_column("address");
  address->set_wire_type("json");
  address->set_conversion(v1::WIRE_CONVERSION_TO_JSON);
  v1::ColumnMapping* mood = plan.add_columns();
  mood->set_source_column("mood");
  mood->set_wire_type("text");
  mood->set_conversion(v1::WIRE_CONVERSION_OUTPUT);
  v1::ColumnMapping* moods = plan.add_columns();
  *moods = *mood;
  moods->set_source_column("moods");
  moods->set_wire_array(true);
  v1::ColumnMapping* tags = plan.add_columns();
  tags->set_source_column("tags");
  tags->set_wire_schema("ext");
  tags->set_wire_type("hstore");
  EXPECT_EQ(CopyOf(*QueryRange(table, plan, "key >= 7", "total > 5")),
            "COPY (SELECT \"id\"::\"pg_catalog\".\"int4\", \"select\"::\"pg_catalog\".\"bit\"[], "
            "pg_catalog.to_json(\"address\")::\"pg_catalog\".\"json\", "
            "CASE WHEN \"mood\" IS DISTINCT FROM NULL THEN pg_catalog.format('%s', \"mood\") "
            "END::\"pg_catalog\".\"text\", "
            "CASE WHEN \"moods\" IS DISTINCT FROM NULL THEN pg_catalog.format('%s', \"moods\") "
            "END::\"pg_catalog\".\"text\"[], \"tags\"::\"ext\".\"hstore\" "
            "FROM \"public\".\"say \"\"hi\"\"\" WHERE key >= 7 AND (\ntotal > "
            "5\n)) TO STDOUT (FORMAT binary)");
}

TEST(QueryRangeTest, OrderStandsLast) {
  v1::Table table;
  table.mutable_name()->set_schema("s");
  table.mutable_name()->set_name("t");
  RangeQuery query = *QueryRange(table, {}, "", "");
  EXPECT_EQ(FromOf(query), " FROM \"s\".\"t\"");
  query.conditions = {"a", "b"};
  query.order = "key";
  EXPECT_EQ(SelectOf(query), "SELECT  FROM \"s\".\"t\" WHERE a AND b ORDER BY key");
}

TEST(QueryRangeTest, AFilterIsParsedAtEveryUse) {
  EXPECT_EQ(ReasonOf(QueryRange({}, {}, {}, "true) to program 'id' --").status()),
            Reason::kFilterInvalid);
}

}  // namespace
}  // namespace lockstitch::extractor
