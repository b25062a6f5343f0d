#include "services/scheduler/selection.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "status/reason.h"

namespace lockstitch::scheduler {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

v1::Table TableOf(const std::string& schema, const std::string& name,
                  v1::TableKind kind = v1::TABLE_KIND_TABLE) {
  v1::Table table;
  table.mutable_name()->set_schema(schema);
  table.mutable_name()->set_name(name);
  table.set_kind(kind);
  table.add_columns()->set_name("id");
  return table;
}

v1::Integration IntegrationOf(const std::vector<std::string>& streams) {
  v1::Integration integration;
  integration.set_name("shop");
  integration.mutable_source()->mutable_postgres()->set_url("postgres://source/db");
  integration.mutable_destination()->mutable_postgres()->set_url("postgres://destination/db");
  for (const std::string& stream : streams) integration.add_streams()->set_stream(stream);
  return integration;
}

std::vector<std::string> Names(const std::vector<SelectedStream>& streams) {
  std::vector<std::string> names;
  for (const SelectedStream& stream : streams) names.push_back(stream.settings.stream());
  return names;
}

// Selected, with names.
std::vector<SelectedStream> Named(const v1::Integration& integration,
                                  const std::vector<v1::Table>& catalog) {
  std::vector<SelectedStream> streams = SelectStreams(integration, catalog);
  NameStreams(integration, &streams);
  return streams;
}

const std::vector<v1::Table> kCatalog = {
    TableOf("public", "a"), TableOf("public", "f", v1::TABLE_KIND_FOREIGN_TABLE),
    TableOf("public", "p", v1::TABLE_KIND_PARTITIONED_TABLE),
    TableOf("public", "v", v1::TABLE_KIND_VIEW), TableOf("sales", "b")};

v1::Integration PatternsOf(const std::vector<std::string>& patterns, bool views = false) {
  v1::Integration integration = IntegrationOf({});
  for (const std::string& pattern : patterns)
    integration.mutable_selection()->add_patterns(pattern);
  integration.mutable_selection()->set_views(views);
  return integration;
}

TEST(TestIntegrationTest, EveryProblemIsToldAtOnce) {
  v1::Integration integration;
  integration.set_name("9lives");
  for (const char* stream : {"a.b.c", "t", "public.t"})
    integration.add_streams()->set_stream(stream);
  integration.mutable_selection()->add_patterns("a.\"b");
  EXPECT_THAT(TestIntegration(integration),
              ElementsAre(HasSubstr("9lives"), HasSubstr("source.postgres"),
                          HasSubstr("destination.postgres"), HasSubstr("a.b.c"),
                          HasSubstr("public.t is given twice"), HasSubstr("a.\"b")));
  EXPECT_THAT(TestIntegration(IntegrationOf({"a"})), IsEmpty());
}

TEST(SelectStreamsTest, NoStreamsMeansEveryTable) {
  EXPECT_THAT(Names(SelectStreams(IntegrationOf({}), kCatalog)),
              ElementsAre("public.a", "public.p", "sales.b"));
}

TEST(SelectStreamsTest, NamedStreamsMayBeViewsAndNeedNoSchemaIfItIsPublic) {
  EXPECT_THAT(Names(SelectStreams(IntegrationOf({"v", "sales.b", "f"}), kCatalog)),
              ElementsAre("public.v", "sales.b", "public.f"));
}

TEST(SelectStreamsTest, PatternsSelectTablesAndViewsIfTold) {
  EXPECT_THAT(Names(SelectStreams(PatternsOf({"public.*"}), kCatalog)),
              ElementsAre("public.a", "public.p"));
  EXPECT_THAT(Names(SelectStreams(PatternsOf({"*.*", "!public.p"}, /*views=*/true), kCatalog)),
              ElementsAre("public.a", "public.v", "sales.b"));
}

TEST(SelectStreamsTest, NamesAddToPatternsAndTakeAway) {
  v1::Integration integration = PatternsOf({"public.*"});
  integration.add_streams()->set_stream("sales.b");
  integration.add_streams()->set_stream("a");
  integration.mutable_streams(1)->set_selected(false);
  EXPECT_THAT(Names(SelectStreams(integration, kCatalog)), ElementsAre("sales.b", "public.p"));
}

TEST(SelectStreamsTest, TakingAwayAloneLeavesTheOthers) {
  v1::Integration integration = IntegrationOf({"a"});
  integration.mutable_streams(0)->set_selected(false);
  EXPECT_THAT(Names(SelectStreams(integration, kCatalog)), ElementsAre("public.p", "sales.b"));
}

TEST(SelectStreamsTest, AMissingStreamLeavesTheOthersAlone) {
  const auto streams = SelectStreams(IntegrationOf({"a", "nope"}), kCatalog);
  EXPECT_TRUE(ProblemOf(streams.at(0)).ok());
  EXPECT_EQ(ReasonOf(ProblemOf(streams.at(1))), Reason::kStreamNotFound);
}

// What the destination knows, of tables that it has of earlier jobs.
v1::RegisterStreamsResponse Loaded(const std::vector<std::string>& tables) {
  v1::RegisterStreamsResponse registered;
  for (const std::string& table : tables) {
    registered.add_others()->set_schema("public");
    registered.mutable_others()->rbegin()->set_name(table);
  }
  return registered;
}

TEST(SelectStreamsTest, TablesThatPatternsFindNoMoreAreProblems) {
  const auto streams = SelectStreams(PatternsOf({"public.*", "!public.x*"}), kCatalog,
                                     Loaded({"gone", "v", "f", "xgone"}));
  ASSERT_THAT(Names(streams),
              ElementsAre("public.a", "public.p", "public.gone", "public.v", "public.f"));
  EXPECT_THAT(ProblemOf(streams[2]).message(), HasSubstr("the source has it no more"));
  EXPECT_THAT(Explain(ProblemOf(streams[2])).remedy, HasSubstr("the pattern !public.gone"));
  EXPECT_THAT(ProblemOf(streams[3]).message(), HasSubstr("it is a view now"));
  EXPECT_THAT(ProblemOf(streams[4]).message(), HasSubstr("it is a foreign table now"));
  for (size_t i = 2; i < 5; ++i)
    EXPECT_EQ(ReasonOf(ProblemOf(streams[i])), Reason::kStreamNotFound);
}

TEST(SelectStreamsTest, TablesThatAreDeselectedOrNotCoveredAreNotMissed) {
  v1::Integration integration = PatternsOf({"sales.*", "public.gone"});
  v1::StreamSettings* gone = integration.add_streams();
  gone->set_stream("public.gone");
  gone->set_selected(false);
  EXPECT_THAT(Names(SelectStreams(integration, kCatalog, Loaded({"gone", "other"}))),
              ElementsAre("sales.b"));
  EXPECT_THAT(Names(SelectStreams(IntegrationOf({"a"}), kCatalog, Loaded({"gone"}))),
              ElementsAre("public.a"));
}

TEST(SelectStreamsTest, LostTablesAreNotNew) {
  v1::Integration integration = PatternsOf({"public.*"});
  integration.mutable_selection()->set_new_tables(v1::NEW_POLICY_IGNORE);
  const v1::RegisterStreamsResponse registered = Loaded({"gone"});
  std::vector<SelectedStream> streams = SelectStreams(integration, kCatalog, registered);
  LeaveOutNew(integration, registered, &streams);
  EXPECT_THAT(Names(streams), ElementsAre("public.gone"));
}

// It was excluded when it was there, and its name stays in the settings.
TEST(SelectStreamsTest, SettingsMayNameColumnsThatWereThere) {
  v1::Integration integration = IntegrationOf({"a"});
  integration.mutable_streams(0)->add_exclude_columns("gone");
  EXPECT_TRUE(DependsOnKnown(integration, SelectStreams(integration, kCatalog)));
  v1::RegisterStreamsResponse registered;
  v1::KnownStream& known = *registered.add_known();
  *known.mutable_table() = kCatalog[0].name();
  known.add_columns("gone");
  EXPECT_THAT(SelectStreams(integration, kCatalog, registered)[0].problems, IsEmpty());
  known.set_columns(0, "id");
  EXPECT_THAT(SelectStreams(integration, kCatalog, registered)[0].problems, SizeIs(1));
  *known.mutable_settings() = integration.streams(0);
  EXPECT_THAT(SelectStreams(integration, kCatalog, registered)[0].problems, IsEmpty());
}

TEST(SelectStreamsTest, EveryProblemOfAStreamIsTold) {
  v1::Integration integration = IntegrationOf({"a"});
  integration.mutable_streams(0)->add_include_columns("nope");
  integration.mutable_streams(0)->set_filter("true; drop");
  const auto streams = SelectStreams(integration, kCatalog);
  const absl::Status problem = ProblemOf(streams.at(0));
  EXPECT_EQ(ReasonOf(problem), Reason::kColumnNotFound);
  EXPECT_THAT(std::string(problem.message()), AllOf(HasSubstr("nope"), HasSubstr("true; drop")));
}

TEST(SelectStreamsTest, TwoStreamsOfOneDestinationTableAreRefusedWithBothNames) {
  const std::vector<v1::Table> catalog = {TableOf("public", "orders"), TableOf("sales", "orders"),
                                          TableOf("sales", "other")};
  v1::Integration integration = IntegrationOf({});
  auto streams = Named(integration, catalog);
  for (const size_t place : {0, 1}) {
    EXPECT_EQ(ReasonOf(ProblemOf(streams[place])), Reason::kDestinationNameCollision);
    EXPECT_THAT(std::string(ProblemOf(streams[place]).message()),
                HasSubstr("public.orders and sales.orders"));
  }
  EXPECT_TRUE(ProblemOf(streams[2]).ok());
  integration.mutable_naming()->set_include_schema_names(true);
  streams = Named(integration, catalog);
  EXPECT_EQ(streams[1].destination_table, "sales__orders");
  EXPECT_TRUE(ProblemOf(streams[1]).ok());
}

TEST(SelectStreamsTest, NamesThatTheDestinationCannotKeepAreProblems) {
  v1::Table table = TableOf("public", "t");
  table.add_columns()->set_name("_sdc_batched_at");
  EXPECT_EQ(ReasonOf(ProblemOf(Named(IntegrationOf({}), {table}).at(0))),
            Reason::kDestinationNameReserved);
  v1::Integration integration = IntegrationOf({});
  integration.mutable_naming()->set_identifiers(v1::IDENTIFIER_STYLE_STITCH);
  EXPECT_EQ(ReasonOf(ProblemOf(Named(integration, {TableOf("public", "日本")}).at(0))),
            Reason::kDestinationNameInvalid);
}

TEST(NameStreamsTest, ATableThatCannotBeReadCollidesWithNone) {
  std::vector<v1::Table> catalog = {TableOf("public", "orders"), TableOf("sales", "orders")};
  catalog[1].mutable_obstacle()->set_reason("SOURCE_PERMISSION_DENIED");
  EXPECT_TRUE(ProblemOf(Named(IntegrationOf({}), catalog)[0]).ok());
}

v1::RegisterStreamsResponse Known(const std::vector<v1::Table>& tables,
                                  const std::vector<std::string>& columns) {
  v1::RegisterStreamsResponse registered;
  for (const v1::Table& table : tables) {
    v1::KnownStream* known = registered.add_known();
    *known->mutable_table() = table.name();
    known->mutable_columns()->Add(columns.begin(), columns.end());
  }
  return registered;
}

TEST(LeaveOutNewTest, WhatIsNewGoesBeforeItsNameIsTested) {
  const std::vector<v1::Table> before = {TableOf("a", "orders")};
  std::vector<v1::Table> catalog = {TableOf("a", "orders"), TableOf("b", "orders")};
  catalog[0].add_columns()->set_name("_sdc_x");
  v1::Integration integration = IntegrationOf({});
  integration.mutable_selection()->set_new_tables(v1::NEW_POLICY_IGNORE);
  integration.mutable_selection()->set_new_columns(v1::NEW_POLICY_IGNORE);
  std::vector<SelectedStream> streams = SelectStreams(integration, catalog);
  const auto left_out = LeaveOutNew(integration, Known(before, {"id"}), &streams);
  NameStreams(integration, &streams);
  ASSERT_THAT(Names(streams), ElementsAre("a.orders"));
  EXPECT_TRUE(ProblemOf(streams[0]).ok());
  EXPECT_THAT(streams[0].columns, ElementsAre("id"));
  ASSERT_EQ(left_out.size(), 2u);
  EXPECT_THAT(left_out[0].note, HasSubstr("column _sdc_x is new"));
  EXPECT_EQ(left_out[1].stream, "b.orders");
}

TEST(LeaveOutNewTest, NothingIsNewToTheFirstJob) {
  v1::Integration integration = IntegrationOf({});
  integration.mutable_selection()->set_new_tables(v1::NEW_POLICY_IGNORE);
  std::vector<SelectedStream> streams = SelectStreams(integration, kCatalog);
  v1::RegisterStreamsResponse registered;
  registered.set_first(true);
  EXPECT_THAT(LeaveOutNew(integration, registered, &streams), IsEmpty());
  EXPECT_EQ(streams.size(), 3u);
}

TEST(LeaveOutNewTest, EveryTableCanBeNewToALaterJob) {
  v1::Integration integration = IntegrationOf({"sales.b"});
  integration.mutable_selection()->add_patterns("*.*");
  integration.mutable_selection()->set_new_tables(v1::NEW_POLICY_IGNORE);
  std::vector<SelectedStream> streams = SelectStreams(integration, kCatalog);
  EXPECT_EQ(LeaveOutNew(integration, {}, &streams).size(), 2u);
  EXPECT_THAT(Names(streams), ElementsAre("sales.b"));
}

}  // namespace
}  // namespace lockstitch::scheduler
