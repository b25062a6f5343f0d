#include "services/loader/destination/column_transition.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "status/reason.h"

namespace lockstitch::loader {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;

// What a plan maps, or keeps retired.
struct Mapping {
  std::string source;
  std::string type;
  std::string destination = source;
};

v1::LoadPlan Plan(const std::vector<Mapping>& columns, const std::vector<Mapping>& retired = {}) {
  v1::LoadPlan plan;
  plan.mutable_system()->set_columns(v1::SYSTEM_COLUMNS_NONE);
  for (const Mapping& mapping : columns) {
    v1::ColumnMapping* column = plan.add_columns();
    column->set_source_column(mapping.source);
    column->set_destination_column(mapping.destination);
    column->set_destination_type(mapping.type);
    plan.add_known_columns(mapping.source);
  }
  for (const Mapping& mapping : retired) {
    v1::RetiredColumn* column = plan.add_retired();
    column->set_destination_column(mapping.source);
    column->set_destination_type(mapping.type);
  }
  return plan;
}

// A table that has what the plan loads and keeps.
TableForm FormOf(const v1::LoadPlan& plan) {
  TableForm form;
  for (const v1::ColumnMapping& column : plan.columns())
    form.columns.push_back(
        {.name = column.destination_column(), .type = column.destination_type()});
  for (const v1::RetiredColumn& column : plan.retired())
    form.columns.push_back(
        {.name = column.destination_column(), .type = column.destination_type()});
  form.numbers = static_cast<int>(form.columns.size());
  return form;
}

std::vector<std::string> Names(const v1::LoadPlan& plan) {
  std::vector<std::string> names;
  for (const v1::ColumnMapping& column : plan.columns())
    names.push_back(column.destination_column());
  return names;
}

std::vector<std::string> Retired(const v1::LoadPlan& plan) {
  std::vector<std::string> names;
  for (const v1::RetiredColumn& column : plan.retired())
    names.push_back(column.destination_column() + " " + column.destination_type());
  return names;
}

// "COLUMN_ADDED a" for each.
std::vector<std::string> Kinds(const ColumnTransition& transition) {
  constexpr size_t kPrefix = sizeof("CHANGE_KIND_") - 1;
  std::vector<std::string> kinds;
  for (const v1::SchemaChange& change : transition.changes)
    kinds.push_back(v1::ChangeKind_Name(change.kind()).substr(kPrefix) + " " + change.column());
  return kinds;
}

ColumnTransition Alter(const v1::LoadPlan& last, const v1::LoadPlan& wanted, const TableForm& form,
                       const SourceColumns& source = {}) {
  auto transition = AlterColumns(last, wanted, form, source);
  EXPECT_TRUE(transition.ok()) << transition.status();
  return *std::move(transition);
}
ColumnTransition Alter(const v1::LoadPlan& last, const v1::LoadPlan& wanted) {
  return Alter(last, wanted, FormOf(last));
}
ColumnTransition Remake(const v1::LoadPlan& last, const v1::LoadPlan& wanted) {
  auto transition = RemakeColumns(&last, wanted, {});
  EXPECT_TRUE(transition.ok()) << transition.status();
  return *std::move(transition);
}

TEST(AlterColumnsTest, DoesNothingWhereNothingButTheOrderHasChanged) {
  const ColumnTransition transition =
      Alter(Plan({{"id", "integer"}, {"a", "text"}}), Plan({{"a", "text"}, {"id", "integer"}}));
  EXPECT_THAT(transition.actions, IsEmpty());
  EXPECT_THAT(transition.changes, IsEmpty());
  EXPECT_THAT(Names(transition.plan), ElementsAre("a", "id"));
}

TEST(AlterColumnsTest, AddsNewColumns) {
  const v1::LoadPlan last = Plan({{"id", "integer"}});
  const ColumnTransition transition =
      Alter(last, Plan({{"id", "integer"}, {"a", "text"}, {"b", "integer"}, {"c", "date"}}),
            FormOf(last), {.filled = {"b"}, .defaulted = {"b", "c"}});
  EXPECT_THAT(transition.actions, ElementsAre("ADD COLUMN \"a\" text", "ADD COLUMN \"b\" integer",
                                              "ADD COLUMN \"c\" date"));
  EXPECT_THAT(Kinds(transition), ElementsAre("COLUMN_ADDED a", "COLUMN_ADDED b", "COLUMN_ADDED c"));
  EXPECT_THAT(transition.changes[0].effect(), Not(HasSubstr("backfill")));
  EXPECT_THAT(transition.changes[1].effect(),
              AllOf(HasSubstr("though the source has values there"), HasSubstr("backfill")));
  EXPECT_THAT(transition.changes[2].effect(),
              HasSubstr("if the source has given them its default"));
  EXPECT_THAT(transition.without_values, ElementsAre("a", "b", "c"));
}

TEST(AlterColumnsTest, RetiresWhatIsGoneAndTakesItUpAgain) {
  const v1::LoadPlan first = Plan({{"id", "integer"}, {"a", "text"}});
  const ColumnTransition gone = Alter(first, Plan({{"id", "integer"}}));
  EXPECT_THAT(gone.actions, IsEmpty());
  EXPECT_THAT(Retired(gone.plan), ElementsAre("a text"));
  EXPECT_THAT(Kinds(gone), ElementsAre("COLUMN_RETIRED a"));
  const ColumnTransition back = Alter(gone.plan, first);
  EXPECT_THAT(back.actions, IsEmpty());
  EXPECT_THAT(Retired(back.plan), IsEmpty());
  EXPECT_THAT(Names(back.plan), ElementsAre("id", "a"));
  EXPECT_THAT(Kinds(back), ElementsAre("COLUMN_ADDED a"));
  const ColumnTransition other = Alter(gone.plan, Plan({{"id", "integer"}, {"a", "integer"}}));
  EXPECT_THAT(Names(other.plan), ElementsAre("id", "a__integer"));
  EXPECT_THAT(Retired(other.plan), ElementsAre("a text"));
}

TEST(AlterColumnsTest, WidensInPlaceUnlessSomethingDependsOnTheColumn) {
  const v1::LoadPlan last = Plan({{"a", "integer"}});
  const v1::LoadPlan wanted = Plan({{"a", "bigint"}});
  const ColumnTransition widened = Alter(last, wanted);
  EXPECT_THAT(widened.actions, ElementsAre("ALTER COLUMN \"a\" TYPE bigint"));
  EXPECT_THAT(Kinds(widened), ElementsAre("COLUMN_WIDENED a"));
  TableForm form = FormOf(last);
  form.columns[0].fixed = true;
  const ColumnTransition split = Alter(last, wanted, form);
  EXPECT_THAT(split.actions, ElementsAre("ADD COLUMN \"a__bigint\" bigint"));
  EXPECT_THAT(Kinds(split), ElementsAre("COLUMN_SPLIT a"));
  EXPECT_THAT(split.changes[0].effect(), HasSubstr("depends on it"));
}

TEST(AlterColumnsTest, SplitsForOtherTypesAndGoesBack) {
  const v1::LoadPlan first = Plan({{"a", "integer"}});
  const v1::LoadPlan text = Plan({{"a", "text"}});
  const ColumnTransition split = Alter(first, text);
  EXPECT_THAT(split.actions, ElementsAre("ADD COLUMN \"a__text\" text"));
  EXPECT_THAT(split.names, ElementsAre(Pair("a", "a__text")));
  EXPECT_THAT(Retired(split.plan), ElementsAre("a integer"));
  EXPECT_THAT(split.without_values, ElementsAre("a"));
  const ColumnTransition same = Alter(split.plan, text);
  EXPECT_THAT(same.actions, IsEmpty());
  EXPECT_THAT(same.changes, IsEmpty());
  EXPECT_THAT(Names(same.plan), ElementsAre("a__text"));
  const ColumnTransition back = Alter(split.plan, first);
  EXPECT_THAT(back.actions, IsEmpty());
  EXPECT_THAT(Names(back.plan), ElementsAre("a"));
  EXPECT_THAT(Retired(back.plan), ElementsAre("a__text text"));
  const ColumnTransition again = Alter(back.plan, text);
  EXPECT_THAT(again.actions, IsEmpty());
  EXPECT_THAT(Names(again.plan), ElementsAre("a__text"));
  const ColumnTransition narrower =
      Alter(Plan({{"a", "numeric(9,2)"}}, {{"a__numeric", "text"}}), Plan({{"a", "numeric(8,2)"}}));
  EXPECT_THAT(Names(narrower.plan), ElementsAre("a__numeric_2"));
}

TEST(AlterColumnsTest, LeavesUsersColumnsAndOthersNamesAlone) {
  const v1::LoadPlan last = Plan({{"id", "integer"}, {"a", "integer"}});
  TableForm form = FormOf(last);
  form.columns.push_back({.name = "b", .type = "text"});
  const ColumnTransition transition = Alter(
      last, Plan({{"id", "integer"}, {"a", "text"}, {"b", "text"}, {"a__text", "integer"}}), form);
  EXPECT_THAT(Names(transition.plan), ElementsAre("id", "a__text_2", "b__text", "a__text"));
  EXPECT_THAT(transition.changes[1].effect(), HasSubstr("as b__text"));
}

TEST(AlterColumnsTest, SwitchesSystemColumns) {
  const v1::LoadPlan off = Plan({{"id", "integer"}});
  v1::LoadPlan wanted = off;
  wanted.mutable_system()->set_columns(v1::SYSTEM_COLUMNS_STITCH);
  wanted.set_marks_deletes(true);
  const ColumnTransition on = Alter(off, wanted);
  EXPECT_EQ(on.actions.size(), 5u);
  EXPECT_THAT(Kinds(on), ElementsAre("SYSTEM_COLUMNS "));
  TableForm form = FormOf(off);
  for (const char* name : {"_sdc_received_at", "_sdc_batched_at", "_sdc_sequence",
                           "_sdc_table_version", "_sdc_deleted_at"})
    form.columns.push_back({.name = name, .type = "bigint"});
  const ColumnTransition off_again = Alter(on.plan, off, form);
  EXPECT_THAT(off_again.actions, IsEmpty());
  EXPECT_EQ(off_again.plan.retired_size(), 5);
  const ColumnTransition on_again = Alter(off_again.plan, wanted, form);
  EXPECT_THAT(on_again.actions, IsEmpty());
  EXPECT_THAT(Retired(on_again.plan), IsEmpty());
}

TEST(AlterColumnsTest, ForgetsRetiredColumnsThatUsersHaveDropped) {
  const v1::LoadPlan last = Plan({{"id", "integer"}}, {{"a", "text"}, {"b", "text"}});
  TableForm form = FormOf(last);
  form.columns.erase(form.columns.begin() + 1);
  EXPECT_THAT(Retired(Alter(last, Plan({{"id", "integer"}}), form).plan), ElementsAre("b text"));
}

TEST(AlterColumnsTest, TakesUpWhatWasAddedAheadAsIfItWereAddedNow) {
  const v1::LoadPlan before = Plan({{"a", "integer"}});
  const v1::LoadPlan wanted = Plan({{"a", "integer"}, {"b", "text"}});
  const auto ahead = AlterColumns(before, wanted, FormOf(before), {});
  ASSERT_TRUE(ahead.ok()) << ahead.status();
  ASSERT_EQ(ahead->added.size(), 1u);
  v1::LoadPlan last = before;
  *last.add_retired() = ahead->added[0];
  last.mutable_retired(0)->set_awaited(true);
  const auto transition = AlterColumns(last, wanted, FormOf(last), {});
  ASSERT_TRUE(transition.ok()) << transition.status();
  EXPECT_THAT(transition->actions, IsEmpty());
  EXPECT_THAT(transition->plan.retired(), IsEmpty());
  ASSERT_EQ(transition->changes.size(), 1u);
  EXPECT_EQ(transition->changes[0].effect(), ahead->changes[0].effect());
  // Kept where it is no longer wanted, and left out of a new table.
  const auto kept = AlterColumns(last, before, FormOf(last), {});
  ASSERT_TRUE(kept.ok()) << kept.status();
  EXPECT_EQ(kept->plan.retired_size(), 1);
  EXPECT_TRUE(kept->plan.retired(0).awaited());
  const auto remade = RemakeColumns(&last, before, {});
  ASSERT_TRUE(remade.ok()) << remade.status();
  EXPECT_THAT(remade->plan.retired(), IsEmpty());
}

TEST(AlterColumnsTest, LeavesATypeThatWasAlteredAhead) {
  const v1::LoadPlan last = Plan({{"a", "integer"}});
  TableForm form = FormOf(Plan({{"a", "bigint"}}));
  form.columns[0].fixed = true;
  const auto transition = AlterColumns(last, Plan({{"a", "bigint"}}), form, {});
  ASSERT_TRUE(transition.ok()) << transition.status();
  EXPECT_THAT(transition->actions, IsEmpty());
  ASSERT_EQ(transition->changes.size(), 1u);
  EXPECT_EQ(transition->changes[0].kind(), v1::CHANGE_KIND_COLUMN_WIDENED);
}

TEST(AlterColumnsTest, CountsDroppedColumns) {
  const v1::LoadPlan last = Plan({{"id", "integer"}});
  TableForm form = FormOf(last);
  form.numbers = 1599;
  const v1::LoadPlan one = Plan({{"id", "integer"}, {"a", "text"}});
  EXPECT_TRUE(AlterColumns(last, one, form, {}).ok());
  form.numbers = 1600;
  EXPECT_EQ(ReasonOf(AlterColumns(last, one, form, {}).status()),
            Reason::kDestinationColumnsExceeded);
  EXPECT_TRUE(AlterColumns(last, last, form, {}).ok());
}

TEST(AlterColumnsTest, TellsAKeysColumnsAsTheTableHasThem) {
  const ColumnTransition split =
      Alter(Plan({{"id", "integer"}, {"a", "integer"}}), Plan({{"id", "text"}, {"a", "integer"}}));
  EXPECT_THAT(split.KeyColumns({"a", "id"}), ElementsAre("a", "id__text"));
}

TEST(RemakeColumnsTest, HasTheNewTypesAndKeepsWhatIsRetired) {
  const v1::LoadPlan last =
      Plan({{"id", "integer"}, {"a", "text", "a__text"}, {"b", "integer"}, {"c", "integer"}},
           {{"a", "integer"}, {"old", "date"}});
  const ColumnTransition transition =
      Remake(last, Plan({{"id", "bigint"}, {"a", "text"}, {"b", "text"}, {"old", "text"}}));
  EXPECT_THAT(transition.actions, IsEmpty());
  EXPECT_THAT(Names(transition.plan), ElementsAre("id", "a__text", "b", "old"));
  EXPECT_THAT(Retired(transition.plan), ElementsAre("a integer", "c integer"));
  EXPECT_THAT(Kinds(transition), ElementsAre("COLUMN_WIDENED id", "COLUMN_RETYPED b",
                                             "COLUMN_ADDED old", "COLUMN_RETIRED c"));
}

// Those of them that aren't empty.
std::vector<std::string> Kept(const v1::LoadPlan& plan) {
  std::vector<std::string> names;
  for (const v1::RetiredColumn& column : plan.retired())
    if (!column.empty()) names.push_back(column.destination_column());
  return names;
}

TEST(RemakeColumnsTest, SaysWhichRetiredColumnsLoseTheirValues) {
  const v1::LoadPlan last =
      Plan({{"id", "integer"}, {"a", "text"}}, {{"b", "integer"}, {"c", "integer"}});
  v1::LoadPlan wanted = Plan({{"id", "integer"}});
  const ColumnTransition lost = Remake(last, wanted);
  EXPECT_THAT(Retired(lost.plan), ElementsAre("b integer", "c integer", "a text"));
  EXPECT_THAT(Kept(lost.plan), IsEmpty());
  EXPECT_THAT(Kinds(lost), ElementsAre("COLUMN_RETIRED a", "RETIRED_VALUES "));
  EXPECT_THAT(lost.changes[0].effect(), HasSubstr("NULL in all rows"));
  EXPECT_THAT(lost.changes[1].effect(), HasSubstr("b, c"));
  EXPECT_THAT(Kinds(Remake(lost.plan, wanted)), IsEmpty());
  wanted.set_keeps_retired(true);
  const ColumnTransition kept = Remake(last, wanted);
  EXPECT_THAT(Kept(kept.plan), ElementsAre("b", "c", "a"));
  EXPECT_THAT(Kinds(kept), ElementsAre("COLUMN_RETIRED a"));
  EXPECT_THAT(kept.changes[0].effect(), HasSubstr("with what its rows hold"));
  EXPECT_THAT(Kept(Remake(lost.plan, wanted).plan), IsEmpty());
}

// All rows have their values in the column that took them over.
TEST(RemakeColumnsTest, EmptiesWhatAnotherColumnHasTakenOver) {
  v1::LoadPlan wanted = Plan({{"id", "integer"}, {"a", "text"}});
  wanted.set_keeps_retired(true);
  const ColumnTransition transition =
      Remake(Plan({{"id", "integer"}, {"a", "text", "a__text"}},
                  {{"a", "integer"}, {"a__date", "date"}, {"b", "integer"}}),
             wanted);
  EXPECT_THAT(Retired(transition.plan), ElementsAre("a integer", "a__date date", "b integer"));
  EXPECT_THAT(Kept(transition.plan), ElementsAre("b"));
  EXPECT_THAT(transition.changes, IsEmpty());
}

TEST(MergeColumnsTest, TellsWhatBecomesOfTheTableThatStays) {
  const v1::LoadPlan last =
      Plan({{"id", "integer"}, {"a", "integer"}, {"b", "integer"}, {"c", "integer"}, {"d", "text"}},
           {{"e", "text"}});
  for (const bool keeps : {false, true}) {
    v1::LoadPlan wanted =
        Plan({{"id", "integer"}, {"a", "bigint"}, {"b", "bigint"}, {"f", "integer"}});
    wanted.set_keeps_retired(keeps);
    TableForm form = FormOf(last);
    form.columns[1].fixed = true;
    form.columns.erase(form.columns.begin() + 4);  // Its user has dropped it.
    const auto merged = MergeColumns(last, Remake(last, wanted).plan, form);
    ASSERT_TRUE(merged.ok()) << merged.status();
    EXPECT_THAT(merged->actions,
                ElementsAre("ALTER COLUMN \"b\" TYPE bigint", "ADD COLUMN \"a__bigint\" bigint",
                            "ADD COLUMN \"f\" integer"));
    EXPECT_THAT(Kinds(*merged), ElementsAre("COLUMN_SPLIT a", "COLUMN_WIDENED b", "COLUMN_ADDED f",
                                            "COLUMN_RETIRED c"));
    EXPECT_THAT(merged->changes[0].effect(),
                AllOf(HasSubstr("a is kept, NULL in all rows"), HasSubstr("reads a__bigint")));
    EXPECT_THAT(merged->changes[2].effect(), Not(HasSubstr("NULL")));
    EXPECT_THAT(merged->changes[3].effect(),
                HasSubstr(keeps ? "with what its rows hold" : "NULL in rows that are written"));
    EXPECT_THAT(Retired(merged->plan), ElementsAre("e text", "a integer", "c integer"));
    EXPECT_EQ(Kept(merged->plan),
              keeps ? std::vector<std::string>({"e", "c"}) : std::vector<std::string>());
  }
}

TEST(RemakeColumnsTest, WithoutALastPlanTakesTheNamesAsTheyAre) {
  const auto transition = RemakeColumns(nullptr, Plan({{"id", "integer"}}), {});
  ASSERT_TRUE(transition.ok());
  EXPECT_THAT(Names(transition->plan), ElementsAre("id"));
  EXPECT_THAT(transition->changes, IsEmpty());
}

TEST(RemakeColumnsTest, CountsRetiredColumns) {
  v1::LoadPlan last = Plan({{"id", "integer"}});
  for (int i = 0; i < 1599; ++i) {
    v1::RetiredColumn* column = last.add_retired();
    column->set_destination_column("r" + std::to_string(i));
    column->set_destination_type("text");
  }
  EXPECT_TRUE(RemakeColumns(&last, Plan({{"id", "integer"}}), {}).ok());
  EXPECT_EQ(ReasonOf(RemakeColumns(&last, Plan({{"id", "integer"}, {"a", "text"}}), {}).status()),
            Reason::kDestinationColumnsExceeded);
}

}  // namespace
}  // namespace lockstitch::loader
