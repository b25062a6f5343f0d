#include "schema/destination_names.h"

#include "gtest/gtest.h"
#include "status/reason.h"

namespace lockstitch::schema {
namespace {

TEST(DestinationSchemaTest, IsMadeFromTheName) {
  EXPECT_EQ(*DestinationSchema("shop"), "shop");
  EXPECT_EQ(*DestinationSchema("Stitch Heroku"), "stitch_heroku");
  EXPECT_EQ(*DestinationSchema("a-b.c"), "a_b_c");
}

TEST(DestinationSchemaTest, NamesThatGiveNoSchemaAreRefused) {
  for (const std::string& name :
       {std::string(), std::string("1st"), std::string(64, 'a'), std::string("_lockstitch"),
        std::string("pg_toast"), std::string("Information Schema")}) {
    EXPECT_EQ(ReasonOf(DestinationSchema(name).status()), Reason::kIntegrationInvalid) << name;
  }
}

TEST(SystemColumnsTest, StitchsAreTheDefault) {
  EXPECT_EQ(SystemColumnsOf(v1::SYSTEM_COLUMNS_UNSPECIFIED).size(), 4u);
  EXPECT_EQ(SystemColumnsOf(v1::SYSTEM_COLUMNS_STITCH)[0].name, "_sdc_received_at");
  EXPECT_TRUE(SystemColumnsOf(v1::SYSTEM_COLUMNS_NONE).empty());
}

}  // namespace
}  // namespace lockstitch::schema
