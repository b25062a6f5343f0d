#include "cli/integration_file.h"

#include <map>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "status/reason.h"

namespace lockstitch::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::optional<std::string> Lookup(const std::string& name) {
  const std::map<std::string, std::string> values = {{"DATABASE_URL", "postgres://u:secret@h/db"}};
  const auto found = values.find(name);
  if (found == values.end()) return std::nullopt;
  return found->second;
}

TEST(IntegrationFileTest, FieldsAreNamedAsInTheMessage) {
  const auto integration = ParseIntegration(R"(
name: shop
source: {postgres: {url: "${DATABASE_URL}?sslmode=require"}}
destination:
  postgres:
    url: postgres://w/dw
streams:
  - {stream: public.orders, method: FULL_TABLE, ranges: 2}
  - stream: public.events
system_columns: none
)",
                                            Lookup);
  ASSERT_TRUE(integration.ok()) << integration.status();
  EXPECT_EQ(integration->name(), "shop");
  EXPECT_EQ(integration->source().postgres().url(), "postgres://u:secret@h/db?sslmode=require");
  ASSERT_EQ(integration->streams_size(), 2);
  EXPECT_EQ(integration->streams(0).method(), v1::REPLICATION_METHOD_FULL_TABLE);
  EXPECT_EQ(integration->streams(0).ranges(), 2u);
  EXPECT_EQ(integration->system_columns(), v1::SYSTEM_COLUMNS_NONE);
}

TEST(IntegrationFileTest, EveryProblemIsToldWithItsPlaceAndWithoutValues) {
  const absl::Status status = ParseIntegration(R"(
name: [x]
source: {postgres: {url: "${MISSING}", password: hunter2}}
streams:
  - {stream: a, method: SOMETIMES}
  - {stream: b, ranges: many}
destination: nowhere
)",
                                               Lookup)
                                  .status();
  EXPECT_EQ(ReasonOf(status), Reason::kUsageInvalid);
  for (const char* problem :
       {"name must be a value", "source.postgres.url needs the environment variable MISSING",
        "source.postgres.password is not known",
        "streams[0].method must be one of FULL_TABLE, INCREMENTAL, LOG_BASED",
        "streams[1].ranges must be a whole number", "destination must be a mapping"}) {
    EXPECT_THAT(std::string(status.message()), HasSubstr(problem));
  }
  EXPECT_THAT(std::string(status.message()), Not(HasSubstr("hunter2")));
}

TEST(IntegrationFileTest, WhatIsNoYamlSaysWhere) {
  EXPECT_THAT(std::string(ParseIntegration("name: {", Lookup).status().message()),
              HasSubstr("line "));
}

}  // namespace
}  // namespace lockstitch::cli
