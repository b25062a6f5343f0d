#include "services/scheduler/notification/notifications.h"

#include <nlohmann/json.hpp>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lockstitch::scheduler {
namespace {

using nlohmann::json;
using ::testing::IsEmpty;
using ::testing::SizeIs;

v1::Integration Shop(std::vector<v1::WebhookEvent> events) {
  v1::Integration shop;
  shop.set_name("Shop");
  v1::Webhook* webhook = shop.add_webhooks();
  webhook->set_url("https://hooks.example.com/shop");
  for (const v1::WebhookEvent event : events) webhook->add_events(event);
  return shop;
}

v1::Job FailedJob() {
  v1::Job job;
  job.set_name("integrations/shop/jobs/17");
  job.set_state(v1::JOB_STATE_FAILED);
  return job;
}

std::vector<v1::StreamRun> OneLoadedOneFailed() {
  v1::StreamRun orders, items;
  orders.set_stream("public.orders");
  orders.set_destination_table("shop.orders");
  orders.set_method(v1::REPLICATION_METHOD_INCREMENTAL);
  orders.set_state(v1::STREAM_RUN_STATE_SUCCEEDED);
  orders.mutable_started_at()->set_seconds(1'769'860'800);
  orders.mutable_progress()->set_rows_loaded(7);
  v1::PublishedLoad& published = *orders.mutable_published();
  published.set_table_version(3);
  published.add_key_columns("id");
  published.set_replication_key("day");
  published.set_bookmark("2026-01-31");
  items.set_stream("public.items");
  items.set_state(v1::STREAM_RUN_STATE_FAILED);
  items.mutable_error()->set_reason("SOURCE_TABLE_LOCKED");
  return {orders, items};
}

TEST(NotificationsTest, TellOfEachLoadWithTheFieldsOfStitch) {
  const auto told =
      NotificationsOf(Shop({v1::WEBHOOK_EVENT_LOAD}), FailedJob(), OneLoadedOneFailed());
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_EQ(told[0].webhook.url(), "https://hooks.example.com/shop");
  const json body = json::parse(told[0].body);
  EXPECT_EQ(body["version"], "1.0");
  EXPECT_EQ(body["integration_name"], "Shop");
  EXPECT_EQ(body["new_version"], false);
  EXPECT_EQ(body["table_version"], 3);
  EXPECT_EQ(body["minimum_sdc_batched_at"], "2026-01-31T12:00:00Z");
  EXPECT_EQ(body["tables"][0]["num_rows"], 7);
  EXPECT_EQ(body["tables"][0]["destination_table_name"], "shop.orders");
  EXPECT_EQ(body["tables"][0]["primary_keys"], json({"id"}));
  EXPECT_EQ(body["tables"][0]["bookmark_metadata"][0]["key"], "day");
  EXPECT_EQ(body["tables"][0]["bookmark_metadata"][0]["max_value"], "2026-01-31");
}

TEST(NotificationsTest, AVersionIsNewWhereTheTableWasReplacedWhateverTheMethod) {
  std::vector<v1::StreamRun> runs = OneLoadedOneFailed();
  runs[0].mutable_published()->set_replaced(true);
  const auto told = NotificationsOf(Shop({v1::WEBHOOK_EVENT_LOAD}), FailedJob(), runs);
  EXPECT_EQ(json::parse(told.at(0).body)["new_version"], true);
}

TEST(NotificationsTest, TellOfAFailureWithEveryStreamThatFailed) {
  const auto told =
      NotificationsOf(Shop({v1::WEBHOOK_EVENT_FAILURE}), FailedJob(), OneLoadedOneFailed());
  ASSERT_THAT(told, SizeIs(1));
  const json body = json::parse(told[0].body);
  EXPECT_EQ(body["event"], "failure");
  EXPECT_EQ(body["job"], "integrations/shop/jobs/17");
  ASSERT_THAT(body["streams"], SizeIs(1));
  EXPECT_EQ(body["streams"][0]["error"]["reason"], "SOURCE_TABLE_LOCKED");
}

TEST(NotificationsTest, AWebhookThatDoesNotChooseIsToldOfBoth) {
  EXPECT_THAT(NotificationsOf(Shop({}), FailedJob(), OneLoadedOneFailed()), SizeIs(2));
}

TEST(NotificationsTest, NothingIsToldOfAJobThatWasStoppedBeforeItLoaded) {
  v1::Job job = FailedJob();
  job.set_state(v1::JOB_STATE_CANCELLED);
  EXPECT_THAT(NotificationsOf(Shop({}), job, {}), IsEmpty());
}

}  // namespace
}  // namespace lockstitch::scheduler
