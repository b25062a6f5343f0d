#include "cli/integration_file.h"

#include <map>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "status/reason.h"

namespace lockstitch::cli {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::optional<std::string> Lookup(const std::string& name) {
  const std::map<std::string, std::string> values = {{"DATABASE_URL", "postgres://u:secret@h/db"},
                                                     {"COLUMN", "name"}};
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
    include_columns: [id, "${COLUMN}"]
    selected: no
  - public.users
  - {stream: public.log, method: incremental, replication_key: at, lookback: 10 minutes, time_zone: Europe/Berlin}
  - {stream: public.numbers, lookback: 1000}
system_columns: none
selection: {patterns: [public.*, "!public.audit_*"], views: true, new_tables: ignore}
naming: {identifiers: stitch}
)",
                                            Lookup);
  ASSERT_TRUE(integration.ok()) << integration.status();
  EXPECT_EQ(integration->name(), "shop");
  EXPECT_EQ(integration->source().postgres().url(), "postgres://u:secret@h/db?sslmode=require");
  ASSERT_EQ(integration->streams_size(), 5);
  EXPECT_EQ(integration->streams(0).method(), v1::REPLICATION_METHOD_FULL_TABLE);
  EXPECT_EQ(integration->streams(0).ranges(), 2u);
  EXPECT_THAT(integration->streams(1).include_columns(), ElementsAre("id", "name"));
  EXPECT_TRUE(integration->streams(1).has_selected());
  EXPECT_FALSE(integration->streams(1).selected());
  EXPECT_EQ(integration->streams(2).stream(), "public.users");
  EXPECT_EQ(integration->streams(3).method(), v1::REPLICATION_METHOD_INCREMENTAL);
  EXPECT_EQ(integration->streams(3).replication_key(), "at");
  EXPECT_EQ(integration->streams(3).lookback(), "10 minutes");
  EXPECT_EQ(integration->streams(3).time_zone(), "Europe/Berlin");
  EXPECT_EQ(integration->streams(4).lookback(), "1000");
  EXPECT_EQ(integration->system_columns(), v1::SYSTEM_COLUMNS_NONE);
  EXPECT_THAT(integration->selection().patterns(), ElementsAre("public.*", "!public.audit_*"));
  EXPECT_TRUE(integration->selection().views());
  EXPECT_EQ(integration->selection().new_tables(), v1::NEW_POLICY_IGNORE);
  EXPECT_EQ(integration->naming().identifiers(), v1::IDENTIFIER_STYLE_STITCH);
}

TEST(IntegrationFileTest, EveryProblemIsToldWithItsPlaceAndWithoutValues) {
  const absl::Status status = ParseIntegration(R"(
name: [x]
source: {postgres: {url: "${MISSING}", pasword: hunter2}}
streams:
  - {stream: a, method: SOMETIMES}
  - {stream: b, ranges: many}
selection: {views: perhaps, patterns: public.*}
destination: nowhere
)",
                                               Lookup)
                                  .status();
  EXPECT_EQ(ReasonOf(status), Reason::kUsageInvalid);
  for (const char* problem :
       {"name must be a value", "source.postgres.url needs the environment variable MISSING",
        "source.postgres.pasword is not known",
        "streams[0].method must be one of FULL_TABLE, INCREMENTAL, LOG_BASED",
        "streams[1].ranges must be a whole number", "selection.views must be true or false",
        "selection.patterns must be a list", "destination must be a mapping"}) {
    EXPECT_THAT(std::string(status.message()), HasSubstr(problem));
  }
  EXPECT_THAT(std::string(status.message()), Not(HasSubstr("hunter2")));
}

TEST(IntegrationFileTest, WhatIsNotUtf8IsRefused) {
  const absl::Status file = ParseIntegration(
                                "name: gr\xFC\xDF"
                                "e",
                                Lookup)
                                .status();
  EXPECT_EQ(ReasonOf(file), Reason::kUsageInvalid);
  EXPECT_EQ(file.message(), "the file is not UTF-8");
  const absl::Status variable =
      ParseIntegration("name: x${LATIN1}", [](const std::string&) { return "\xFC"; }).status();
  EXPECT_EQ(variable.message(), "name needs the environment variable LATIN1 in UTF-8");
  const absl::Status escape = ParseIntegration(R"(name: "\N")", Lookup).status();
  EXPECT_EQ(escape.message(),
            "name has an escape that stands for no text; write the character itself");
}

TEST(IntegrationFileTest, ResetsBackfillAndDeletes) {
  const auto integration = ParseIntegration(R"(
reset: 2
streams:
  - {stream: a, reset: 1, backfill: reload, deletes: {every: 24h, action: delete}}
  - {stream: b, backfill: NONE, deletes: {every: 7d}}
  - {stream: c, deletes: {every: 30m, action: mark}}
  - {stream: d, deletes: {every: 90s}}
  - {stream: e, deletes: {every: 0}}
)",
                                            Lookup);
  ASSERT_TRUE(integration.ok()) << integration.status();
  EXPECT_EQ(integration->reset(), 2u);
  EXPECT_EQ(integration->streams(0).reset(), 1u);
  EXPECT_EQ(integration->streams(0).backfill(), v1::BACKFILL_RELOAD);
  EXPECT_EQ(integration->streams(0).deletes().action(), v1::DELETE_ACTION_DELETE);
  EXPECT_EQ(integration->streams(1).backfill(), v1::BACKFILL_NONE);
  EXPECT_EQ(integration->streams(2).deletes().action(), v1::DELETE_ACTION_MARK);
  std::vector<int64_t> seconds;
  for (const v1::StreamSettings& stream : integration->streams())
    seconds.push_back(stream.deletes().every().seconds());
  EXPECT_THAT(seconds, ElementsAre(86400, 7 * 86400, 1800, 90, 0));
  EXPECT_TRUE(integration->streams(4).deletes().has_every());
}

TEST(IntegrationFileTest, WhatIsNoTimeIsToldByItsField) {
  for (const char* every : {"24", "-1h", "1.5h", "h", "1 day", "{}", "''", "99999999999999999999d",
                            "40000d", "1h30m", "0x1h"}) {
    const absl::Status status =
        ParseIntegration(
            "streams: [{stream: a, deletes: {every: " + std::string(every) + ", action: forget}}]",
            Lookup)
            .status();
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("streams[0].deletes.every must be a time such as 30m, 24h or 7d, or 0"))
        << every;
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("streams[0].deletes.action must be one of MARK, DELETE"));
  }
  EXPECT_THAT(
      std::string(ParseIntegration("{reset: -1, streams: [{stream: a, backfill: some}]}", Lookup)
                      .status()
                      .message()),
      AllOf(HasSubstr("reset must be a whole number"),
            HasSubstr("streams[0].backfill must be one of NONE, RELOAD")));
}

TEST(IntegrationFileTest, WhatIsNoYamlSaysWhere) {
  EXPECT_THAT(std::string(ParseIntegration("name: {", Lookup).status().message()),
              HasSubstr("line "));
}

}  // namespace
}  // namespace lockstitch::cli
