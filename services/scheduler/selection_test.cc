#include "services/scheduler/selection.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "status/reason.h"

namespace lockstitch::scheduler {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

v1::Table TableOf(const std::string& schema, const std::string& name,
                  v1::TableKind kind = v1::TABLE_KIND_TABLE) {
  v1::Table table;
  table.mutable_name()->set_schema(schema);
  table.mutable_name()->set_name(name);
  table.set_kind(kind);
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

const std::vector<v1::Table> kCatalog = {
    TableOf("public", "a"), TableOf("public", "p", v1::TABLE_KIND_PARTITIONED_TABLE),
    TableOf("public", "v", v1::TABLE_KIND_VIEW), TableOf("sales", "b")};

TEST(ValidateIntegrationTest, EveryProblemIsToldAtOnce) {
  v1::Integration integration;
  integration.set_name("9lives");
  integration.add_streams()->set_stream("a.b.c");
  integration.add_streams()->set_stream("t");
  integration.add_streams()->set_stream("public.t");
  integration.add_streams()->set_stream("u");
  integration.mutable_streams(3)->set_method(v1::REPLICATION_METHOD_LOG_BASED);
  const absl::Status status = ValidateIntegration(integration);
  EXPECT_EQ(ReasonOf(status), Reason::kIntegrationInvalid);
  for (const char* problem : {"9lives", "source.postgres.url", "destination.postgres.url", "a.b.c",
                              "public.t is selected twice", "public.u: only method FULL_TABLE"}) {
    EXPECT_THAT(std::string(status.message()), HasSubstr(problem));
  }
}

TEST(SelectStreamsTest, NoStreamsMeansEveryTable) {
  EXPECT_THAT(Names(*SelectStreams(IntegrationOf({}), kCatalog)),
              ElementsAre("public.a", "public.p", "sales.b"));
}

TEST(SelectStreamsTest, NamedStreamsMayBeViewsAndNeedNoSchemaIfItIsPublic) {
  EXPECT_THAT(Names(*SelectStreams(IntegrationOf({"v", "sales.b"}), kCatalog)),
              ElementsAre("public.v", "sales.b"));
}

TEST(SelectStreamsTest, AMissingStreamLeavesTheOthersAlone) {
  const auto streams = SelectStreams(IntegrationOf({"a", "nope"}), kCatalog);
  ASSERT_TRUE(streams.ok());
  EXPECT_TRUE(streams->at(0).problem.ok());
  EXPECT_EQ(ReasonOf(streams->at(1).problem), Reason::kStreamNotFound);
}

TEST(SelectStreamsTest, TwoStreamsOfOneDestinationTableAreRefusedWithBothNames) {
  const absl::Status status =
      SelectStreams(IntegrationOf({}), {TableOf("public", "orders"), TableOf("sales", "orders")})
          .status();
  EXPECT_EQ(ReasonOf(status), Reason::kIntegrationInvalid);
  EXPECT_THAT(std::string(status.message()), HasSubstr("public.orders and sales.orders"));
}

}  // namespace
}  // namespace lockstitch::scheduler
