#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/selection/shop_test.h"

namespace lockstitch::tests {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using NamingTest = ShopTest;

TEST_F(NamingTest, SchemaNamesKeepTablesApart) {
  source_->Run(
      "CREATE SCHEMA sales; CREATE TABLE orders (id int PRIMARY KEY); CREATE TABLE sales.orders "
      "(id "
      "int PRIMARY KEY); INSERT INTO orders VALUES (1); INSERT INTO sales.orders VALUES (2)");
  v1::Integration integration = Integration();
  const JobOutcome refused = RunJob(stack_, integration);
  for (const char* stream : {"public.orders", "sales.orders"}) {
    EXPECT_EQ(refused.stream(stream).error().reason(), "DESTINATION_NAME_COLLISION");
    EXPECT_THAT(refused.stream(stream).error().message(),
                HasSubstr("public.orders and sales.orders"));
    EXPECT_THAT(refused.stream(stream).error().remedy(), HasSubstr("include_schema_names"));
  }
  integration.mutable_naming()->set_include_schema_names(true);
  ExpectSucceeded(RunJob(stack_, integration));
  EXPECT_THAT(LoadedTables(), ElementsAre("public__orders", "sales__orders"));
  EXPECT_EQ(destination_->Int("SELECT id FROM shop.sales__orders"), 2);
  EXPECT_EQ(destination_->Int("SELECT count(*) FROM pg_constraint WHERE conname = "
                              "'sales__orders_pkey'"),
            1);
}

TEST_F(NamingTest, StitchsCharacters) {
  source_->Run(
      "CREATE TABLE \"Order items!\" (\"item#id\" int PRIMARY KEY, \"2nd value\" int, plain int);"
      "INSERT INTO \"Order items!\" VALUES (1, 2, 3)");
  v1::Integration integration = Integration();
  integration.mutable_naming()->set_identifiers(v1::IDENTIFIER_STYLE_STITCH);
  ExpectSucceeded(RunJob(stack_, integration));
  EXPECT_EQ(destination_->Text("SELECT itemid || ' ' || \"nd value\" || ' ' || plain FROM "
                               "shop.\"Order items\""),
            "1 2 3");
  EXPECT_EQ(destination_->Text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE "
                               "connamespace = 'shop'::regnamespace AND contype = 'p'"),
            "PRIMARY KEY (itemid)");
}

TEST_F(NamingTest, ColumnsThatWouldCollideAreNamed) {
  source_->Run("CREATE TABLE t (\"a#\" int, a int)");
  v1::Integration integration = Integration();
  integration.mutable_naming()->set_identifiers(v1::IDENTIFIER_STYLE_STITCH);
  const v1::Error error = RunJob(stack_, integration).stream("public.t").error();
  EXPECT_EQ(error.reason(), "DESTINATION_NAME_COLLISION");
  EXPECT_THAT(error.message(), HasSubstr("columns a# and a would both be named a"));
}

TEST_F(NamingTest, NamesChangeNoMoreOnceATableIsPublished) {
  source_->Run("CREATE TABLE t (i int)");
  v1::Integration integration = Integration();
  ExpectSucceeded(RunJob(stack_, integration));
  integration.mutable_naming()->set_include_schema_names(true);
  EXPECT_EQ(RunJob(stack_, integration).stream("public.t").error().reason(),
            "DESTINATION_NAMING_CHANGED");
  EXPECT_THAT(LoadedTables(), ElementsAre("t"));
  integration.clear_naming();
  ExpectSucceeded(RunJob(stack_, integration));
}

TEST_F(NamingTest, TwoIntegrationsOfOneSchemaAreToldApart) {
  source_->Run("CREATE TABLE t (i int)");
  ExpectSucceeded(RunJob(stack_, IntegrationOf("my shop", source_url_, destination_url_)));
  const v1::Error error = RunJob(stack_, IntegrationOf("my-shop", source_url_, destination_url_))
                              .stream("public.t")
                              .error();
  EXPECT_EQ(error.reason(), "DESTINATION_SCHEMA_TAKEN");
  EXPECT_THAT(error.message(), HasSubstr("'my shop'"));
}

TEST_F(NamingTest, ReservedPrefixes) {
  source_->Run("CREATE TABLE t (i int, \"_SDC_mine\" int); CREATE TABLE _lockstitch_x (i int)");
  v1::Integration integration = Integration();
  const JobOutcome refused = RunJob(stack_, integration);
  EXPECT_EQ(refused.stream("public.t").error().reason(), "DESTINATION_NAME_RESERVED");
  EXPECT_EQ(refused.stream("public._lockstitch_x").error().reason(), "DESTINATION_NAME_RESERVED");
  integration.set_system_columns(v1::SYSTEM_COLUMNS_NONE);
  EXPECT_EQ(RunJob(stack_, integration).stream("public.t").state(), v1::STREAM_RUN_STATE_SUCCEEDED);
}

TEST_F(NamingTest, NamesTooLongForTheDestinationAreToldInBytes) {
  std::string wide;
  for (int i = 0; i < 20; ++i) wide += "日";
  source_->Run("CREATE SCHEMA sales; CREATE TABLE sales.\"" + wide + "\" (i int)");
  v1::Integration integration = Integration();
  integration.mutable_naming()->set_include_schema_names(true);
  const v1::Error error = RunJob(stack_, integration).streams.at(0).error();
  EXPECT_EQ(error.reason(), "DESTINATION_NAME_INVALID");
  EXPECT_THAT(error.message(), HasSubstr("67 bytes"));
  integration.clear_naming();
  ExpectSucceeded(RunJob(stack_, integration));
}

}  // namespace
}  // namespace lockstitch::tests
