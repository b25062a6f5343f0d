#include "schema/column_selection.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "status/reason.h"

namespace lockstitch::schema {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

v1::Table OrdersTable() {
  v1::Table table;
  table.set_kind(v1::TABLE_KIND_TABLE);
  for (const char* name : {"id", "total", "note", "secret"}) {
    v1::Column* column = table.add_columns();
    column->set_name(name);
    column->mutable_type()->set_kind(v1::TYPE_KIND_BASE);
    column->mutable_type()->set_schema("pg_catalog");
  }
  table.add_primary_key("id");
  table.mutable_columns(3)->mutable_obstacle()->set_reason("SOURCE_PERMISSION_DENIED");
  table.mutable_columns(3)->mutable_obstacle()->set_message("no right to read it");
  table.add_replication_keys()->set_column("id");
  return table;
}

std::vector<std::string> Columns(const ColumnSelection& selection) {
  std::vector<std::string> names;
  for (const v1::Column& column : selection.table.columns()) names.push_back(column.name());
  return names;
}

std::vector<std::string> Problems(const ColumnSelection& selection) {
  std::vector<std::string> problems;
  for (const absl::Status& problem : selection.problems)
    problems.push_back(Explain(problem).reason + ": " + std::string(problem.message()));
  return problems;
}

TEST(SelectColumnsTest, EveryReadableColumnByDefault) {
  const ColumnSelection selection = SelectColumns(OrdersTable(), {});
  EXPECT_THAT(Columns(selection), ElementsAre("id", "total", "note"));
  EXPECT_THAT(selection.problems, IsEmpty());
  EXPECT_THAT(selection.notes, ElementsAre("column secret is left out: no right to read it"));
}

TEST(SelectColumnsTest, KeysAreAlwaysIncluded) {
  v1::StreamSettings settings;
  settings.add_include_columns("note");
  EXPECT_THAT(Columns(SelectColumns(OrdersTable(), settings)), ElementsAre("id", "note"));
  settings.clear_include_columns();
  settings.add_exclude_columns("id");
  settings.add_exclude_columns("total");
  const ColumnSelection selection = SelectColumns(OrdersTable(), settings);
  EXPECT_THAT(Columns(selection), ElementsAre("id", "note"));
  EXPECT_THAT(selection.notes, testing::Contains(HasSubstr("id is excluded, but a key")));
}

TEST(SelectColumnsTest, EveryProblemIsFoundAtOnce) {
  v1::StreamSettings settings;
  settings.set_method(v1::REPLICATION_METHOD_INCREMENTAL);
  settings.set_replication_key("note");
  settings.add_include_columns("nope");
  settings.add_include_columns("secret");
  settings.add_exclude_columns("gone");
  settings.add_key_columns("total");
  settings.set_filter("missing > 1");
  EXPECT_THAT(Problems(SelectColumns(OrdersTable(), settings)),
              testing::UnorderedElementsAre(
                  HasSubstr("REPLICATION_KEY_UNFIT: column note"),
                  HasSubstr("SELECTION_INVALID: key_columns"),
                  HasSubstr("COLUMN_NOT_FOUND: include_columns names the column 'nope'"),
                  HasSubstr("COLUMN_NOT_FOUND: exclude_columns names the column 'gone'"),
                  HasSubstr("SELECTION_INVALID: include_columns and exclude_columns"),
                  "SOURCE_PERMISSION_DENIED: column secret: no right to read it",
                  HasSubstr("COLUMN_NOT_FOUND: filter names the column 'missing'")));
}

TEST(SelectColumnsTest, ColumnsThatWereThereOnceMayBeGone) {
  v1::StreamSettings settings;
  settings.add_exclude_columns("gone");
  const ColumnSelection excluded = SelectColumns(OrdersTable(), settings, {"id", "gone"});
  EXPECT_THAT(excluded.problems, IsEmpty());
  EXPECT_THAT(excluded.notes,
              testing::Contains("column gone, which exclude_columns names, is gone at the source"));
  settings.clear_exclude_columns();
  for (const char* name : {"note", "gone", "nope"}) settings.add_include_columns(name);
  const ColumnSelection included = SelectColumns(OrdersTable(), settings, {"id", "gone"});
  EXPECT_THAT(Problems(included), ElementsAre(HasSubstr("names the column 'nope'")));
  EXPECT_THAT(included.notes,
              ElementsAre("column gone, which include_columns names, is gone at the source"));
  settings.clear_include_columns();
  settings.set_filter("gone > 1");
  EXPECT_THAT(Problems(SelectColumns(OrdersTable(), settings, {"gone"})),
              ElementsAre(HasSubstr("filter names the column 'gone'")));
}

// Of a stream that is read by a column of type `type`.
std::vector<std::string> KeyProblems(const char* type, const char* lookback,
                                     const char* zone = "") {
  v1::Table table = OrdersTable();
  table.mutable_columns(0)->mutable_type()->set_name(type);
  v1::StreamSettings settings;
  settings.set_method(v1::REPLICATION_METHOD_INCREMENTAL);
  settings.set_replication_key("id");
  settings.set_lookback(lookback);
  settings.set_time_zone(zone);
  return Problems(SelectColumns(table, settings));
}

TEST(SelectColumnsTest, LookbacksAreWrittenAsTheKeyNeedsThem) {
  for (const char* type : {"timestamptz", "timestamp", "date"}) {
    for (const char* good : {"", "10 minutes", "PT5M", "1 day 02:00", "0"})
      EXPECT_THAT(KeyProblems(type, good), IsEmpty()) << good;
    for (const char* bad : {"soon", "-1 day", "+1 day", "5 minutes Ago"})
      EXPECT_THAT(KeyProblems(type, bad), ElementsAre(HasSubstr("must be an interval"))) << bad;
  }
  for (const char* type : {"int2", "int4", "int8"}) {
    for (const char* good : {"", "0", "1000"}) EXPECT_THAT(KeyProblems(type, good), IsEmpty());
    for (const char* bad : {"-1", "+1", "1.5", "1e3", "ten", " 1"})
      EXPECT_THAT(KeyProblems(type, bad), ElementsAre(HasSubstr("whole number"))) << bad;
  }
  for (const char* good : {"0", "1.5", ".5"}) EXPECT_THAT(KeyProblems("numeric", good), IsEmpty());
  for (const char* bad : {"-1", ".", "1.2.3", "NaN"})
    EXPECT_THAT(KeyProblems("numeric", bad), ElementsAre(HasSubstr("a number"))) << bad;
  for (const char* type : {"text", "varchar", "uuid"}) {
    EXPECT_THAT(KeyProblems(type, ""), IsEmpty());
    EXPECT_THAT(KeyProblems(type, "1"),
                ElementsAre(HasSubstr("SELECTION_INVALID: lookback is for times and numbers")));
  }
}

TEST(SelectColumnsTest, TimeZonesAreForLocalTimesAlone) {
  EXPECT_THAT(KeyProblems("timestamp", "", "Europe/Berlin"), IsEmpty());
  for (const char* type : {"timestamptz", "date", "int8"})
    EXPECT_THAT(KeyProblems(type, "", "UTC"), ElementsAre(HasSubstr("time_zone is for keys")));
  v1::StreamSettings full_table;
  full_table.set_lookback("1");
  full_table.set_time_zone("UTC");
  EXPECT_THAT(
      Problems(SelectColumns(OrdersTable(), full_table)),
      ElementsAre(HasSubstr("lookback is for method"), HasSubstr("time_zone is for method")));
}

TEST(SelectColumnsTest, FiltersThatDoNotParseAreProblems) {
  v1::StreamSettings settings;
  settings.set_filter("true) to program 'id' --");
  EXPECT_THAT(Problems(SelectColumns(OrdersTable(), settings)),
              ElementsAre(HasSubstr("FILTER_INVALID")));
}

TEST(SelectColumnsTest, FiltersReadOnlyWhatTheyMayAndUnderstand) {
  v1::Table table = OrdersTable();
  table.mutable_columns(2)->mutable_type()->set_schema("public");
  table.mutable_columns(2)->mutable_type()->set_display("citext");
  v1::StreamSettings settings;
  settings.set_filter("note = 'Bob' AND secret > 1");
  EXPECT_THAT(
      Problems(SelectColumns(table, settings)),
      ElementsAre(HasSubstr("FILTER_INVALID: the filter compares column note of type citext"),
                  HasSubstr("SOURCE_PERMISSION_DENIED: column secret of the filter")));
  settings.set_filter("note::text = 'Bob' AND note IS NOT NULL AND note OPERATOR(public.=) 'x'");
  EXPECT_THAT(Problems(SelectColumns(table, settings)), IsEmpty());
}

TEST(SelectColumnsTest, KeyColumnsThatCannotBeAKey) {
  v1::Table view = OrdersTable();
  view.clear_primary_key();
  v1::StreamSettings settings;
  settings.add_key_columns("id");
  settings.add_key_columns("id");
  settings.add_key_columns("secret");
  EXPECT_THAT(Problems(SelectColumns(view, settings)),
              ElementsAre("SELECTION_INVALID: key_columns name a column twice",
                          "SOURCE_PERMISSION_DENIED: column secret: no right to read it"));
}

TEST(SelectColumnsTest, ViewsGetTheKeyThatIsChosen) {
  v1::Table view = OrdersTable();
  view.set_kind(v1::TABLE_KIND_VIEW);
  view.clear_primary_key();
  v1::StreamSettings settings;
  settings.add_key_columns("total");
  settings.add_key_columns("id");
  const ColumnSelection selection = SelectColumns(view, settings);
  EXPECT_THAT(selection.problems, IsEmpty());
  EXPECT_THAT(selection.table.primary_key(), ElementsAre("total", "id"));
  settings.set_method(v1::REPLICATION_METHOD_LOG_BASED);
  EXPECT_THAT(Problems(SelectColumns(view, settings)),
              ElementsAre(HasSubstr("METHOD_NOT_AVAILABLE: a view has no log")));
}

TEST(SelectColumnsTest, AKeyThatCannotBeReadIsNone) {
  v1::Table table = OrdersTable();
  table.add_primary_key("secret");
  const ColumnSelection selection = SelectColumns(table, {});
  EXPECT_THAT(selection.problems, IsEmpty());
  EXPECT_THAT(selection.table.primary_key(), IsEmpty());
  EXPECT_THAT(selection.notes, testing::Contains(HasSubstr("no primary key")));
}

TEST(SelectColumnsTest, ATableThatCannotBeReadSaysWhy) {
  v1::Table table = OrdersTable();
  table.mutable_obstacle()->set_reason("SOURCE_PERMISSION_DENIED");
  table.mutable_obstacle()->set_message("no usage of the schema");
  EXPECT_THAT(Problems(SelectColumns(table, {})),
              ElementsAre("SOURCE_PERMISSION_DENIED: no usage of the schema"));
}

TEST(SelectColumnsTest, DeletesNeedAKeyAndTheMethodIncremental) {
  v1::StreamSettings settings;
  settings.set_method(v1::REPLICATION_METHOD_INCREMENTAL);
  settings.set_replication_key("id");
  settings.mutable_deletes()->mutable_every()->set_seconds(0);
  EXPECT_THAT(Problems(SelectColumns(OrdersTable(), settings)), IsEmpty());
  settings.mutable_deletes()->mutable_every()->set_seconds(-1);
  settings.set_method(v1::REPLICATION_METHOD_FULL_TABLE);
  settings.clear_replication_key();
  v1::Table keyless = OrdersTable();
  keyless.clear_primary_key();
  EXPECT_THAT(Problems(SelectColumns(keyless, settings)),
              ElementsAre("SELECTION_INVALID: deletes is for method INCREMENTAL alone",
                          "SELECTION_INVALID: deletes needs a primary key, or key_columns, to tell "
                          "rows apart",
                          "SELECTION_INVALID: deletes.every must not be negative"));
  settings.set_method(v1::REPLICATION_METHOD_INCREMENTAL);
  settings.set_replication_key("id");
  settings.add_key_columns("note");
  settings.mutable_deletes()->mutable_every()->set_seconds(1);
  EXPECT_THAT(Problems(SelectColumns(keyless, settings)), IsEmpty());
}

TEST(SelectColumnsTest, ASetBookmarkNeedsANumberAndTheMethodIncremental) {
  v1::StreamSettings settings;
  settings.set_method(v1::REPLICATION_METHOD_INCREMENTAL);
  settings.set_replication_key("id");
  settings.set_set_bookmark("17");
  settings.set_reset(1);
  EXPECT_THAT(Problems(SelectColumns(OrdersTable(), settings)), IsEmpty());
  settings.set_method(v1::REPLICATION_METHOD_FULL_TABLE);
  settings.clear_replication_key();
  settings.clear_reset();
  EXPECT_THAT(Problems(SelectColumns(OrdersTable(), settings)),
              ElementsAre("SELECTION_INVALID: set_bookmark is for method INCREMENTAL alone",
                          "SELECTION_INVALID: set_bookmark needs a reset number, by which it is "
                          "set once"));
}

TEST(SelectColumnsTest, TellsALostReplicationKeyFromOtherProblems) {
  v1::StreamSettings settings;
  settings.set_method(v1::REPLICATION_METHOD_INCREMENTAL);
  settings.set_replication_key("id");
  EXPECT_FALSE(SelectColumns(OrdersTable(), settings).replication_key_lost);
  for (const char* key : {"gone", "note"}) {
    settings.set_replication_key(key);
    const ColumnSelection selection = SelectColumns(OrdersTable(), settings);
    EXPECT_TRUE(selection.replication_key_lost) << key;
    EXPECT_EQ(selection.problems.size(), 1u);
  }
  settings.set_filter("missing > 1");
  EXPECT_FALSE(SelectColumns(OrdersTable(), settings).replication_key_lost);
}

}  // namespace
}  // namespace lockstitch::schema
