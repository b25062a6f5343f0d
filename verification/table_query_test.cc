#include "verification/table_query.h"

#include "gtest/gtest.h"
#include "status/reason.h"

namespace lockstitch::verification {
namespace {

// Columns a and b, x and y at the destination.
v1::ChecksumRequest Request() {
  v1::ChecksumRequest request;
  request.mutable_table()->set_schema("s");
  request.mutable_table()->set_name("t");
  for (const char* name : {"a", "b"}) {
    v1::ColumnMapping* column = request.add_columns();
    column->set_source_column(name);
    column->set_wire_type("numeric");
    column->set_conversion(v1::WIRE_CONVERSION_CAST);
  }
  request.mutable_columns(0)->set_destination_column("x");
  request.mutable_columns(1)->set_destination_column("y");
  request.mutable_sum();
  return request;
}

v1::ChecksumRequest OfSource() {
  v1::ChecksumRequest request = Request();
  request.mutable_source();
  return request;
}

TEST(TableQueryTest, ColumnsOfTheirWireTypesAreReadAsTheyAre) {
  EXPECT_EQ(QueryTable(OfSource(), {true, false})->sql,
            "COPY (SELECT \"a\", \"b\"::\"pg_catalog\".\"numeric\" FROM \"s\".\"t\") TO STDOUT "
            "(FORMAT binary)");
  v1::ChecksumRequest of_destination = Request();
  of_destination.mutable_destination();
  EXPECT_EQ(QueryTable(of_destination, {true, true})->sql,
            "COPY (SELECT \"x\", \"y\" FROM \"s\".\"t\") TO STDOUT (FORMAT binary)");
}

TEST(TableQueryTest, WhatIsConvertedIsNotReadAsItIs) {
  v1::ChecksumRequest request = OfSource();
  for (v1::ColumnMapping& column : *request.mutable_columns()) {
    column.set_wire_type("interval");
    column.set_conversion(v1::WIRE_CONVERSION_FINITE_INTERVAL);
  }
  EXPECT_EQ(QueryTable(request, {true, true})->sql, QueryTable(request, {false, false})->sql);
  // At the destination it is what it was made to be.
  request.mutable_destination();
  EXPECT_NE(QueryTable(request, {true, true})->sql, QueryTable(request, {false, false})->sql);
}

TEST(TableQueryTest, TypesAreAskedForWithoutReadingRows) {
  EXPECT_EQ(QueryTypes(OfSource()),
            "SELECT \"a\", \"b\", \"a\"::\"pg_catalog\".\"numeric\", "
            "\"b\"::\"pg_catalog\".\"numeric\" FROM \"s\".\"t\" LIMIT 0");
}

TEST(TableQueryTest, PlacesOutsideOfTheColumnsAreRefused) {
  v1::ChecksumRequest request = OfSource();
  request.add_key(2);
  EXPECT_EQ(ReasonOf(QueryTable(request, {false, false}).status()), Reason::kProtocolViolated);
  EXPECT_EQ(ReasonOf(QueryTable({}, {}).status()), Reason::kProtocolViolated);
}

}  // namespace
}  // namespace lockstitch::verification
