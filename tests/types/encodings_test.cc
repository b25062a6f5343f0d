// Sources in other encodings and collations than the destination's.

#include <string>

#include "gmock/gmock.h"
#include "tests/stack/stack.h"
#include "tests/types/version_pairs.h"

namespace lockstitch::tests {
namespace {

using ::testing::HasSubstr;

constexpr int kVersion = 15;

struct Encoding {
  const char* name;
  const char* text;  // In UTF-8; the encoding has its characters.
};
void PrintTo(const Encoding& encoding, std::ostream* out) { *out << encoding.name; }

std::string Options(const std::string& encoding) {
  return "ENCODING '" + encoding + "' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0";
}

class EncodingTest : public ::testing::TestWithParam<Encoding> {
 protected:
  FreshDatabase source_{ClusterOf(kVersion), Options(GetParam().name)};
  FreshDatabase destination_{ClusterOf(kVersion)};
};

TEST_P(EncodingTest, TextNamesAndDocumentsArrive) {
  const std::string text = GetParam().text;
  source_.session->Run(
      "CREATE TYPE public.mood AS ENUM ('" + text + "'); CREATE TABLE public.\"t" + text +
      "\" (id int4, \"c" + text +
      "\" text, n name, ch char(40), a varchar[], m public.mood, j json, jb jsonb, "
      "x xml, v tsvector, b bytea)");
  const std::string literal = "'" + text + "'";
  // One lexeme: servers sort several by their bytes.
  const std::string lexeme = "'''" + text + "'''";
  std::string values = "1";
  for (const std::string& value : {literal, literal, literal, "ARRAY[" + literal + ", NULL]",
                                   literal, "'{\"" + text + "\": 1}'", "'\"" + text + "\"'",
                                   "'<a b=\"" + text + "\"/>'", lexeme, std::string("'\\xff00fe'")})
    values += ", " + value;
  source_.session->Run("INSERT INTO public.\"t" + text + "\" VALUES (" + values + ")");
  Stack stack;
  const JobOutcome outcome = RunJob(stack, IntegrationOf("s", source_.url, destination_.url));
  ASSERT_EQ(outcome.job.state(), v1::JOB_STATE_SUCCEEDED) << outcome.job.ShortDebugString();
  const std::string row =
      "SELECT concat_ws('|', id, \"c" + text + "\", n, ch::text, a, m, j, jb, x, v, b) FROM ";
  const std::string arrived = destination_.session->Text(row + "s.\"t" + text + "\"");
  EXPECT_EQ(arrived, source_.session->Text(row + "public.\"t" + text + "\""));
  EXPECT_THAT(arrived, HasSubstr("1|" + text + "|"));
}

INSTANTIATE_TEST_SUITE_P(Encodings, EncodingTest,
                         ::testing::Values(Encoding{"LATIN1", "größe ÿ ½"},
                                           Encoding{"WIN1252", "€ „größe“ ™"},
                                           Encoding{"EUC_JP", "日本語 カタカナ"},
                                           Encoding{"SQL_ASCII", "größe 日本語 🧵"},
                                           Encoding{"UTF8", "größe 日本語 🧵"}),
                         [](const auto& info) { return std::string(info.param.name); });

// SQL_ASCII takes any bytes for text, and tells nobody what they mean.
TEST(SqlAsciiTest, BytesThatAreNoTextFailTheirStreamAndNameTheRow) {
  FreshDatabase source(ClusterOf(kVersion), Options("SQL_ASCII"));
  FreshDatabase destination(ClusterOf(kVersion));
  source.session->Run(
      "CREATE TABLE public.t (id int4 PRIMARY KEY, v text); CREATE TABLE public.good (LIKE "
      "public.t);"
      "INSERT INTO public.t VALUES (1, 'fine'), (2, E'gr\\xf6\\xdfe'), (3, 'fine');"
      "INSERT INTO public.good VALUES (1, 'größe')");
  Stack stack;
  const JobOutcome outcome = RunJob(stack, IntegrationOf("s", source.url, destination.url));
  const v1::Error error = outcome.stream("public.t").error();
  EXPECT_EQ(error.reason(), "SOURCE_VALUE_INVALID");
  EXPECT_THAT(error.message(), HasSubstr("id=2"));
  EXPECT_EQ(destination.session->Text("SELECT to_regclass('s.t') IS NULL"), "t");
  EXPECT_EQ(destination.session->Text("SELECT v FROM s.good"), "größe");
}

TEST(CollationTest, NoneIsAskedOfTheDestination) {
  FreshDatabase source(ClusterOf(kVersion), "LC_COLLATE 'C' TEMPLATE template0");
  FreshDatabase destination(ClusterOf(kVersion));
  source.session->Run(R"sql(
    CREATE COLLATION public.german (provider = icu, locale = 'de-DE-u-co-phonebk');
    CREATE COLLATION public.careless (provider = icu, locale = 'und-u-ks-level1', deterministic = false);
    CREATE DOMAIN public.word AS text COLLATE public.german;
    CREATE TABLE public.t (k text COLLATE "POSIX" PRIMARY KEY, g text COLLATE public.german, a varchar(9)[] COLLATE public.german,
                           l text COLLATE public.careless UNIQUE, w public.word, c char(5) COLLATE "C.utf8");
    INSERT INTO public.t VALUES ('b', 'Ärger', '{ä,b}', 'résumé', 'ä', 'ä'), ('B', 'Zorn', NULL, '', NULL, NULL))sql");
  Stack stack;
  const JobOutcome outcome = RunJob(stack, IntegrationOf("s", source.url, destination.url));
  ASSERT_EQ(outcome.job.state(), v1::JOB_STATE_SUCCEEDED) << outcome.job.ShortDebugString();
  const std::string rows =
      "SELECT string_agg(concat_ws('|', k, g, a, l, w, c), ',' ORDER BY k COLLATE \"C\") FROM ";
  EXPECT_EQ(destination.session->Text(rows + "s.t"), source.session->Text(rows + "public.t"));
  EXPECT_EQ(destination.session->Text("SELECT count(*) FROM pg_attribute WHERE attrelid = "
                                      "'s.t'::regclass AND attcollation NOT IN (0, 100)"),
            "0");
}

}  // namespace
}  // namespace lockstitch::tests
