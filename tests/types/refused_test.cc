// Values that can't arrive as they were fail their stream, alone and with a reason; columns that
// can't be read are left out.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "tests/stack/stack.h"
#include "tests/types/type_values.h"
#include "tests/types/version_pairs.h"

namespace lockstitch::tests {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

class RefusedTest : public ::testing::TestWithParam<VersionPair> {
 protected:
  RefusedTest()
      : source_(ClusterOf(GetParam().source)), destination_(ClusterOf(GetParam().destination)) {}

  // A table of two rows, of which the second holds the value.
  void MakeTable(const std::string& name, const std::string& type, const std::string& value) {
    source_.session->Run(absl::StrCat("CREATE TABLE public.", name, " (id int4 PRIMARY KEY, v ",
                                      type, "); INSERT INTO public.", name,
                                      " VALUES (1, NULL), (2, (", value, ")::", type, ")"));
  }

  // The values' tables fail, another one doesn't.
  void ExpectRefused(const std::vector<std::pair<std::string, std::string>>& types_and_values) {
    for (size_t i = 0; i < types_and_values.size(); ++i)
      MakeTable(absl::StrCat("t", i), types_and_values[i].first, types_and_values[i].second);
    MakeTable("good", "text", "'good'");
    Stack stack;
    const JobOutcome outcome = RunJob(stack, IntegrationOf("s", source_.url, destination_.url));
    EXPECT_EQ(outcome.stream("public.good").state(), v1::STREAM_RUN_STATE_SUCCEEDED);
    for (size_t i = 0; i < types_and_values.size(); ++i) {
      const auto& [type, value] = types_and_values[i];
      const v1::StreamRun run = outcome.stream(absl::StrCat("public.t", i));
      EXPECT_THAT(run.error().reason(), AnyOf("VALUE_REJECTED", "SOURCE_VALUE_INVALID"))
          << type << " " << value;
      EXPECT_THAT(run.error().message(), HasSubstr("id=2")) << type << " " << value;
      EXPECT_EQ(
          destination_.session->Text(absl::StrCat("SELECT to_regclass('s.t", i, "') IS NULL")), "t")
          << type << " " << value;
    }
  }

  FreshDatabase source_;
  FreshDatabase destination_;
};

using NewValuesTest = RefusedTest;

TEST_P(NewValuesTest, FailTheirStreamsWhereTheDestinationLacksThem) {
  std::vector<std::pair<std::string, std::string>> lacking;
  const auto [source, destination] = GetParam();
  for (const TypeValues& type : AllTypes()) {
    if (!type.versions.Have(source) || !type.versions.Have(destination)) continue;
    for (const Value& value : type.values) {
      if (value.versions.Have(source) && !value.versions.Have(destination))
        lacking.emplace_back(type.type, value.sql);
    }
  }
  EXPECT_FALSE(lacking.empty());
  ExpectRefused(lacking);
}

INSTANTIATE_TEST_SUITE_P(Versions, NewValuesTest,
                         ::testing::Values(VersionPair{18, 13}, VersionPair{17, 16},
                                           VersionPair{14, 13}, VersionPair{16, 17}),
                         [](const auto& info) { return Name(info.param); });

// Values that a server's type has, and its binary input refuses.
TEST_P(RefusedTest, WhatNoServerReceives) {
  ExpectRefused({{"tsquery", "''"}, {"int2vector", "''"}, {"oidvector", "''"}});
}

TEST_P(RefusedTest, BytesThatAreNoTextAreNoJsonEither) {
  source_.session->Run("CREATE TYPE public.holder AS (c \"char\")");
  ExpectRefused({{"public.holder", "ROW((-1)::int4::\"char\")"}});
}

TEST_P(RefusedTest, PseudoTypedColumnsAreLeftOut) {
  source_.session->Run(
      "CREATE TABLE public.t (id int4, pseudo int4, v text);"
      "INSERT INTO public.t VALUES (1, NULL, 'a');"
      // No statement makes such a column nowadays; upgraded databases may have kept one.
      "UPDATE pg_attribute SET atttypid = 'cstring'::regtype WHERE attname = 'pseudo';"
      "CREATE TABLE public.good (id int4)");
  Stack stack;
  const JobOutcome outcome = RunJob(stack, IntegrationOf("s", source_.url, destination_.url));
  ASSERT_EQ(outcome.job.state(), v1::JOB_STATE_SUCCEEDED);
  EXPECT_EQ(destination_.session->Text("SELECT id || v FROM s.t"), "1a");
  EXPECT_EQ(destination_.session->Text(
                "SELECT count(*) FROM pg_attribute WHERE attrelid = 's.t'::regclass AND attname = "
                "'pseudo'"),
            "0");
}

INSTANTIATE_TEST_SUITE_P(Versions, RefusedTest, ::testing::Values(VersionPair{14, 16}),
                         [](const auto& info) { return Name(info.param); });

}  // namespace
}  // namespace lockstitch::tests
