#include "services/scheduler/control/resource_name.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lockstitch::scheduler {
namespace {

TEST(ResourceNameTest, NamesComeApartAsTheyWerePutTogether) {
  EXPECT_EQ(ParseIntegrationResource(IntegrationResource("shop"))->integration, "shop");
  const ResourceName job = *ParseJobResource(JobResource("shop", "17"));
  EXPECT_EQ(job.integration, "shop");
  EXPECT_EQ(job.job, "17");
  const ResourceName stream = *ParseStreamResource(StreamResource("shop", "public.\"a/b\""));
  EXPECT_EQ(stream.integration, "shop");
  EXPECT_EQ(stream.stream, "public.\"a/b\"");
}

TEST(ResourceNameTest, EachKindTakesItsOwnNamesAlone) {
  EXPECT_FALSE(ParseIntegrationResource("integrations/shop/jobs/17").ok());
  EXPECT_FALSE(ParseJobResource("integrations/shop").ok());
  EXPECT_FALSE(ParseJobResource("integrations/shop/jobs/17/runs/1").ok());
  EXPECT_FALSE(ParseStreamResource("integrations/shop/jobs/17").ok());
  EXPECT_TRUE(ParseIntegrationOrJobResource("integrations/shop").ok());
  EXPECT_TRUE(ParseIntegrationOrJobResource("integrations/shop/jobs/17").ok());
  EXPECT_FALSE(ParseIntegrationOrJobResource("integrations/shop/streams/a.b").ok());
  EXPECT_EQ(ParseIntegrationOrAll("integrations/-")->integration, "");
}

TEST(ResourceNameTest, WhatIsNoNameIsRefusedWithTheFormThatIsWanted) {
  for (const char* name : {"", "shop", "integrations/", "integrations/Shop", "integrations/-",
                           "integrations/shop/", "integrations/shop/tables/a"})
    EXPECT_THAT(ParseIntegrationResource(name).status().message(),
                ::testing::HasSubstr("integrations/{integration}"))
        << name;
}

TEST(ResourceNameTest, Ids) {
  EXPECT_TRUE(TestIntegrationId("a-b_1").ok());
  EXPECT_TRUE(TestIntegrationId(std::string(63, 'a')).ok());
  for (const std::string& id : {std::string(), std::string(64, 'a'), std::string("1a"),
                                std::string("_a"), std::string("A"), std::string("a b")})
    EXPECT_FALSE(TestIntegrationId(id).ok()) << id;
}

}  // namespace
}  // namespace lockstitch::scheduler
