#include "rpc/requested_resource.h"

#include "gtest/gtest.h"
#include "lockstitch/v1/access.pb.h"
#include "lockstitch/v1/control.pb.h"
#include "lockstitch/v1/scheduler.pb.h"

namespace lockstitch::rpc {
namespace {

TEST(RequestedResourceTest, AResourceIsNamedByTheRequest) {
  v1::StopJobRequest stop;
  stop.set_name("integrations/shop/jobs/1");
  EXPECT_EQ(ResourceOf(stop).name, "integrations/shop/jobs/1");
  v1::RunJobRequest run;
  run.set_parent("integrations/shop");
  EXPECT_EQ(ResourceOf(run).name, "integrations/shop");
  v1::CreateTokenRequest token;
  token.set_token_id("ci");
  EXPECT_EQ(ResourceOf(token).name, "tokens/ci");
  EXPECT_EQ(ResourceOf(v1::ListUsageRequest()).name, "");
}

TEST(RequestedResourceTest, WhatIsToBeMadeIsNamedByItsIdOrItsName) {
  v1::CreateIntegrationRequest create;
  create.mutable_integration()->set_name("My Shop");
  EXPECT_EQ(ResourceOf(create).name, "My Shop");
  create.set_integration_id("my_shop");
  EXPECT_EQ(ResourceOf(create).name, "integrations/my_shop");
  v1::RunOnceRequest once;
  once.mutable_integration()->set_name("shop");
  once.mutable_integration()->mutable_source()->mutable_postgres()->set_password("secret");
  EXPECT_EQ(ResourceOf(once).name, "shop");
}

TEST(RequestedResourceTest, ADryRunIsTold) {
  v1::UpdateIntegrationRequest update;
  EXPECT_FALSE(ResourceOf(update).dry_run);
  update.set_validate_only(true);
  EXPECT_TRUE(ResourceOf(update).dry_run);
  v1::SchedulerServiceForgetIntegrationRequest forget;
  forget.set_dry_run(true);
  EXPECT_TRUE(ResourceOf(forget).dry_run);
}

}  // namespace
}  // namespace lockstitch::rpc
