#include "services/scheduler/control/integration_edit.h"

#include <algorithm>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/scheduler/selection.h"
#include "status/reason.h"

namespace lockstitch::scheduler {
namespace {

using google::protobuf::FieldMask;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

v1::Integration Shop() {
  v1::Integration shop;
  shop.set_name("Shop");
  shop.set_uid("u1");
  shop.mutable_source()->mutable_postgres()->set_host("db");
  shop.mutable_source()->mutable_postgres()->set_user("reader");
  shop.mutable_source()->mutable_postgres()->set_password("secret");
  shop.mutable_schedule()->mutable_every()->set_seconds(3600);
  v1::StreamSettings* orders = shop.add_streams();
  orders->set_stream("public.orders");
  orders->set_reset(3);
  return shop;
}

v1::Table Table(const std::string& name) {
  v1::Table table;
  table.mutable_name()->set_schema("public");
  table.mutable_name()->set_name(name);
  table.set_kind(v1::TABLE_KIND_TABLE);
  table.add_columns()->set_name("id");
  return table;
}

FieldMask Mask(std::vector<std::string> paths) {
  FieldMask mask;
  for (const std::string& path : paths) mask.add_paths(path);
  return mask;
}

TEST(IntegrationEditTest, ReplacesTheFieldsOfTheMaskAlone) {
  v1::Integration edited;
  edited.set_system_columns(v1::SYSTEM_COLUMNS_NONE);
  edited.set_name("another");
  const v1::Integration result = *Edit(Shop(), edited, Mask({"system_columns", "schedule"}));
  EXPECT_EQ(result.system_columns(), v1::SYSTEM_COLUMNS_NONE);
  EXPECT_FALSE(result.has_schedule());
  EXPECT_EQ(result.name(), "Shop");
  EXPECT_EQ(result.streams_size(), 1);
}

TEST(IntegrationEditTest, ReplacesAllByAStarButForSecretsThatAreLeftOut) {
  v1::Integration edited = Shop();
  edited.clear_uid();
  edited.clear_schedule();
  edited.mutable_source()->mutable_postgres()->clear_password();
  const v1::Integration result = *Edit(Shop(), edited, Mask({"*"}));
  EXPECT_FALSE(result.has_schedule());
  EXPECT_EQ(result.uid(), "u1");
  EXPECT_EQ(result.source().postgres().password(), "secret");

  edited.mutable_source()->mutable_postgres()->set_host("elsewhere");
  EXPECT_EQ(Edit(Shop(), edited, Mask({"*"}))->source().postgres().password(), "");
}

TEST(IntegrationEditTest, NamesEveryPathThatThereIsNotAndEveryFieldThatNeverChanges) {
  const absl::Status unknown =
      Edit(Shop(), Shop(), Mask({"schedule", "colour", "source.mysql"})).status();
  EXPECT_EQ(ReasonOf(unknown), Reason::kUsageInvalid);
  EXPECT_THAT(unknown.message(), AllOf(HasSubstr("colour"), HasSubstr("source.mysql")));
  EXPECT_EQ(ReasonOf(Edit(Shop(), Shop(), Mask({})).status()), Reason::kUsageInvalid);

  v1::Integration edited = Shop();
  edited.set_name("Other");
  edited.mutable_naming()->set_include_schema_names(true);
  const absl::Status unchanging = Edit(Shop(), edited, Mask({"*"})).status();
  EXPECT_EQ(ReasonOf(unchanging), Reason::kIntegrationInvalid);
  EXPECT_THAT(unchanging.message(), AllOf(HasSubstr("name"), HasSubstr("naming")));
}

TEST(IntegrationEditTest, ResetsDoNotGoBack) {
  v1::Integration edited = Shop();
  edited.mutable_streams(0)->set_reset(0);
  EXPECT_EQ(Edit(Shop(), edited, Mask({"*"}))->streams(0).reset(), 3u);
  edited.mutable_streams(0)->set_reset(4);
  EXPECT_EQ(Edit(Shop(), edited, Mask({"*"}))->streams(0).reset(), 4u);
}

TEST(IntegrationEditTest, StreamsAreReplacedOrAddedByTheirNames) {
  v1::StreamSettings orders, items;
  orders.set_stream("orders");
  orders.set_filter("id > 1");
  items.set_stream("public.items");
  const v1::Integration result = *EditStreams(Shop(), {orders, items});
  ASSERT_EQ(result.streams_size(), 2);
  EXPECT_EQ(result.streams(0).stream(), "public.orders");
  EXPECT_EQ(result.streams(0).filter(), "id > 1");
  EXPECT_EQ(result.streams(0).reset(), 3u);

  const absl::Status twice = EditStreams(Shop(), {orders, orders}).status();
  EXPECT_THAT(twice.message(), HasSubstr("public.orders is there twice"));
  EXPECT_EQ(ReasonOf(EditStreams(Shop(), {}).status()), Reason::kUsageInvalid);
}

TEST(IntegrationEditTest, AnEditOfOneStreamLeavesTheOthersAsTheyAre) {
  v1::Integration every = Shop(), orders_alone = Shop(), all_but_audit = Shop(),
                  by_pattern = Shop();
  every.clear_streams();
  all_but_audit.clear_streams();
  all_but_audit.add_streams()->set_stream("public.audit");
  all_but_audit.mutable_streams(0)->set_selected(false);
  by_pattern.mutable_selection()->add_patterns("public.*");
  const auto selected = [](const v1::Integration& integration) {
    std::vector<std::string> names;
    const std::vector<v1::Table> catalog = {Table("audit"), Table("items"), Table("orders")};
    for (const SelectedStream& stream : SelectStreams(integration, catalog))
      names.push_back(stream.table.name());
    std::sort(names.begin(), names.end());
    return names;
  };
  v1::StreamSettings orders, no_orders, no_items;
  orders.set_stream("public.orders");
  orders.set_filter("id > 1");
  no_orders.set_stream("public.orders");
  no_orders.set_selected(false);
  no_items.set_stream("public.items");
  no_items.set_selected(false);

  EXPECT_THAT(selected(*EditStreams(every, {orders})), ElementsAre("audit", "items", "orders"));
  EXPECT_THAT(selected(*EditStreams(every, {no_orders})), ElementsAre("audit", "items"));
  EXPECT_THAT(selected(*EditStreams(orders_alone, {orders})), ElementsAre("orders"));
  EXPECT_THAT(selected(*EditStreams(orders_alone, {no_items})), ElementsAre("orders"));
  EXPECT_THAT(selected(*EditStreams(all_but_audit, {orders})), ElementsAre("items", "orders"));
  EXPECT_THAT(selected(*EditStreams(all_but_audit, {no_items})), ElementsAre("orders"));
  EXPECT_THAT(selected(*EditStreams(by_pattern, {no_orders})), ElementsAre("audit", "items"));
  for (const v1::Integration& before : {every, orders_alone, all_but_audit, by_pattern}) {
    EXPECT_EQ(selected(*EditResets(before, {"public.orders"}, {})), selected(before));
    EXPECT_EQ(selected(*EditBookmark(before, "public.orders", "1", {})), selected(before));
    EXPECT_EQ(selected(*EditResets(before, {}, {})), selected(before));
  }
  // The last one that was named.
  const v1::Integration none = *EditStreams(orders_alone, {no_orders});
  EXPECT_THAT(selected(none), IsEmpty());
  EXPECT_THAT(selected(*EditStreams(none, {orders})), ElementsAre("orders"));
}

TEST(IntegrationEditTest, AResetIsMoreThanWhatWasAppliedThoughTheSettingsKnowOfLess) {
  const auto orders = [](const v1::Integration& integration) {
    return integration.reset() + integration.streams(0).reset();
  };
  EXPECT_EQ(orders(*EditResets(Shop(), {"public.orders"}, {{"public.orders", 3}})), 4u);
  EXPECT_EQ(orders(*EditResets(Shop(), {"public.orders"}, {{"public.orders", 7}})), 8u);
  EXPECT_EQ(orders(*EditBookmark(Shop(), "orders", "1", {{"public.orders", 7}})), 8u);
  EXPECT_EQ(EditResets(Shop(), {}, {{"public.orders", 3}})->reset(), 1u);

  // The settings of items are gone.
  const AppliedResets applied = {{"public.items", 5}, {"public.orders", 3}};
  v1::Integration kept = Shop();
  kept.set_reset(2);
  const v1::Integration items = *EditResets(kept, {"public.items"}, applied);
  EXPECT_EQ(items.reset() + items.streams(1).reset(), 6u);
  EXPECT_EQ(EditResets(kept, {}, applied)->reset(), 6u);
}

TEST(IntegrationEditTest, ABookmarkCountsAsAResetAndALaterResetTakesItBack) {
  const v1::Integration set = *EditBookmark(Shop(), "public.orders", "2026-01-31", {});
  EXPECT_EQ(set.streams(0).reset(), 4u);
  EXPECT_EQ(set.streams(0).set_bookmark(), "2026-01-31");
  const v1::Integration reset = *EditResets(set, {"public.orders"}, {});
  EXPECT_EQ(reset.streams(0).reset(), 5u);
  EXPECT_FALSE(reset.streams(0).has_set_bookmark());

  // So do those of the whole integration, by call or by file.
  EXPECT_FALSE(EditResets(set, {}, {})->streams(0).has_set_bookmark());
  v1::Integration file = set;
  EXPECT_TRUE(Edit(set, file, Mask({"*"}))->streams(0).has_set_bookmark());
  file.set_reset(1);
  EXPECT_FALSE(Edit(set, file, Mask({"*"}))->streams(0).has_set_bookmark());
}

}  // namespace
}  // namespace lockstitch::scheduler
