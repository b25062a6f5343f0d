#include "cli/message_json.h"

#include "cli/integration_file.h"
#include "cli/yaml_text.h"
#include "gtest/gtest.h"
#include "lockstitch/v1/integration.pb.h"
#include "lockstitch/v1/record.pb.h"

namespace lockstitch::cli {
namespace {

constexpr char kShop[] = R"(name: shop
source:
  postgres:
    host: db
    port: 5433
    max_connections: 2
streams:
  - stream: public.orders
    method: INCREMENTAL
    selected: false
    replication_key: updated_at
    deletes:
      every: "0s"
      action: DELETE
schedule:
  every: "90m"
  anchor: "2026-01-31T12:00:00Z"
webhooks:
  - url: "https://example.com/hook"
    events:
      - FAILURE
quota:
  rows_per_month: 5000000000
job_time_limit: "2d"
)";

TEST(MessageJsonTest, AnIntegrationComesBackFromItsOwnText) {
  const auto none = [](const std::string&) { return std::nullopt; };
  const absl::StatusOr<v1::Integration> shop = ParseIntegration(kShop, none);
  ASSERT_TRUE(shop.ok()) << shop.status();
  EXPECT_EQ(shop->quota().rows_per_month(), 5'000'000'000u);
  EXPECT_EQ(shop->schedule().every().seconds(), 90 * 60);
  EXPECT_EQ(shop->schedule().anchor().seconds(), 1769860800);
  EXPECT_EQ(shop->webhooks(0).events(0), v1::WEBHOOK_EVENT_FAILURE);
  const std::string text = YamlText(MessageAsJson(*shop));
  EXPECT_EQ(ParseIntegration(text, none)->SerializeAsString(), shop->SerializeAsString()) << text;
}

TEST(MessageJsonTest, WhatIsNotSetIsLeftOut) {
  v1::UsageDay day;
  day.set_day("2026-01-31");
  day.set_rows(9'007'199'254'740'993);
  EXPECT_EQ(MessageAsJson(day).dump(), R"({"day":"2026-01-31","rows":9007199254740993})");
}

}  // namespace
}  // namespace lockstitch::cli
