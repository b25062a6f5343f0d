#include "services/scheduler/load_preview.h"

#include <functional>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "status/reason.h"

namespace lockstitch::scheduler {
namespace {

SelectedStream Stream() {
  SelectedStream stream;
  stream.table.set_schema("public");
  stream.table.set_name("t");
  stream.settings.set_stream("public.t");
  stream.settings.set_method(v1::REPLICATION_METHOD_INCREMENTAL);
  stream.settings.set_replication_key("k");
  return stream;
}

// Whether a stream counts as edited that was loaded as Stream() says.
bool IsEdited(const std::function<void(v1::Integration&, SelectedStream&)>& edit) {
  v1::Integration integration;
  std::vector<SelectedStream> streams = {Stream()};
  v1::RegisterStreamsResponse registered;
  v1::KnownStream& known = *registered.add_known();
  *known.mutable_table() = streams[0].table;
  *known.mutable_settings() = streams[0].settings;
  known.set_new_columns(v1::NEW_POLICY_INCLUDE);
  edit(integration, streams[0]);
  return !EditedStreams(integration, registered, streams).empty();
}

TEST(EditedStreamsTest, ByWhatTouchesTheDestination) {
  EXPECT_TRUE(IsEdited([](auto&, auto& stream) { stream.settings.set_filter("a > 1"); }));
  EXPECT_TRUE(IsEdited([](auto&, auto& stream) { stream.settings.add_exclude_columns("a"); }));
  EXPECT_TRUE(IsEdited([](auto&, auto& stream) { stream.settings.set_reset(1); }));
  EXPECT_TRUE(IsEdited(
      [](auto& integration, auto&) { integration.set_system_columns(v1::SYSTEM_COLUMNS_NONE); }));
  EXPECT_TRUE(IsEdited([](auto& integration, auto&) {
    integration.mutable_selection()->set_new_columns(v1::NEW_POLICY_IGNORE);
  }));
}

TEST(EditedStreamsTest, NotByHowItIsChosenAndRead) {
  EXPECT_FALSE(IsEdited([](auto&, auto&) {}));
  EXPECT_FALSE(IsEdited([](auto&, auto& stream) { stream.settings.set_ranges(3); }));
  EXPECT_FALSE(IsEdited([](auto&, auto& stream) { stream.settings.set_selected(true); }));
  EXPECT_FALSE(IsEdited(
      [](auto& integration, auto&) { integration.set_system_columns(v1::SYSTEM_COLUMNS_STITCH); }));
}

TEST(EditedStreamsTest, NotWhereNothingIsKnownOrNothingRuns) {
  const std::vector<SelectedStream> streams = {Stream()};
  v1::RegisterStreamsResponse registered;
  EXPECT_TRUE(EditedStreams({}, registered, streams).empty());
  *registered.add_known()->mutable_table() = streams[0].table;
  EXPECT_TRUE(EditedStreams({}, registered, streams).empty());
  EXPECT_FALSE(IsEdited([](auto&, auto& stream) {
    stream.settings.set_filter("a > 1");
    stream.problems.push_back(Error(Reason::kFilterInvalid, "no"));
  }));
}

}  // namespace
}  // namespace lockstitch::scheduler
