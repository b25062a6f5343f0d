#include "cli/change_view.h"

#include "gtest/gtest.h"

namespace lockstitch::cli {
namespace {

SchemaChanges TwoChanges() {
  SchemaChanges changes;
  v1::SchemaChange& added = *changes.Add();
  added.set_kind(v1::CHANGE_KIND_COLUMN_ADDED);
  added.set_column("note");
  added.set_destination_column("note");
  added.set_to("text");
  added.set_effect("adds column note text\tto the table");
  v1::SchemaChange& filter = *changes.Add();
  filter.set_kind(v1::CHANGE_KIND_FILTER);
  filter.set_effect("reads the whole table: the filter has changed");
  return changes;
}

TEST(ChangeViewTest, EachChangeIsALine) {
  EXPECT_EQ(ChangesAsText("public.t", TwoChanges(), "the filter has changed"),
            "public.t: adds column note text\\tto the table\n"
            "public.t: reads the whole table: the filter has changed\n");
}

TEST(ChangeViewTest, AReasonThatNoChangeTellsIsALineToo) {
  EXPECT_EQ(ChangesAsText("public.t", {}, "the stream was reset"),
            "public.t: reads the whole table: the stream was reset\n");
  EXPECT_EQ(ChangesAsText("public.t", {}), "");
}

TEST(ChangeViewTest, TheJsonHasTheDocumentedShape) {
  const nlohmann::ordered_json json = ChangesAsJson(TwoChanges());
  ASSERT_EQ(json.size(), 2u);
  EXPECT_EQ(json[0]["kind"], "COLUMN_ADDED");
  EXPECT_EQ(json[0]["column"], "note");
  EXPECT_EQ(json[0]["destination_column"], "note");
  EXPECT_TRUE(json[0]["from"].is_null());
  EXPECT_EQ(json[0]["to"], "text");
  EXPECT_EQ(json[1]["effect"], "reads the whole table: the filter has changed");
}

}  // namespace
}  // namespace lockstitch::cli
