#include "cli/integration_flags.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lockstitch::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(SetUrlsTest, AUrlTakesTheWholePlaceOfWhatTheFileSaid) {
  v1::Integration integration;
  v1::PostgresConnection& source = *integration.mutable_source()->mutable_postgres();
  source.set_host("elsewhere");
  source.set_password("secret");
  source.mutable_tls()->set_mode(v1::TLS_MODE_REQUIRE);
  source.set_max_connections(2);
  SetUrls("postgres://here/db", "", &integration);
  EXPECT_EQ(source.ShortDebugString(),
            "url: \"postgres://here/db\" tls { mode: TLS_MODE_REQUIRE } max_connections: 2");
  EXPECT_FALSE(integration.has_destination());
}

TEST(SelectOnlyTest, StreamsKeepTheSettingsThatTheFileGaveThem) {
  v1::Integration integration;
  integration.mutable_selection()->add_patterns("*.*");
  for (const char* name : {"public.users", "orders"}) {
    v1::StreamSettings& stream = *integration.add_streams();
    stream.set_stream(name);
    stream.set_filter("id > 5");
    stream.set_selected(false);
  }
  SelectOnly({}, &integration);
  EXPECT_EQ(integration.streams_size(), 2);
  SelectOnly({"users", "public.new", "sales.*"}, &integration);
  ASSERT_EQ(integration.streams_size(), 2);
  EXPECT_EQ(integration.streams(0).stream(), "public.users");
  EXPECT_EQ(integration.streams(0).filter(), "id > 5");
  EXPECT_FALSE(integration.streams(0).has_selected());
  EXPECT_THAT(integration.streams(1).filter(), IsEmpty());
  EXPECT_THAT(integration.selection().patterns(), ElementsAre("sales.*"));
}

TEST(SelectOnlyTest, ThatHoldsWhereAPatternFindsThem) {
  v1::Integration integration;
  for (const char* name : {"users", "orders"}) {
    integration.add_streams()->set_stream(name);
    integration.mutable_streams(integration.streams_size() - 1)->add_exclude_columns("secret");
  }
  SelectOnly({"public.us*"}, &integration);
  ASSERT_EQ(integration.streams_size(), 1);
  EXPECT_EQ(integration.streams(0).stream(), "public.users");
  EXPECT_THAT(integration.streams(0).exclude_columns(), ElementsAre("secret"));
}

}  // namespace
}  // namespace lockstitch::cli
