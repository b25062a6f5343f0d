// Types that users and extensions make: what they become, and that their values arrive.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "tests/stack/stack.h"
#include "tests/types/comparison.h"
#include "tests/types/version_pairs.h"

namespace lockstitch::tests {
namespace {

using ::testing::IsEmpty;

// A column with values, one a row. In the expressions $ is the column.
struct UserColumn {
  std::string declared;
  std::string arrives_as;
  std::string source_bytes;
  std::vector<std::string> values;
  std::string arrived_bytes = "$::text";
};

UserColumn AsText(const std::string& declared, const std::vector<std::string>& values) {
  return {declared, "text", "$::text", values};
}
UserColumn AsTextArray(const std::string& declared, const std::vector<std::string>& values) {
  return {declared, "text[]", "$::text[]::text", values};
}
UserColumn AsJson(const std::string& declared, const std::vector<std::string>& values) {
  return {declared, "json", "to_json($)::text", values};
}

class UserTypesTest : public ::testing::TestWithParam<VersionPair> {
 protected:
  // The destination's cluster has handed out other OIDs.
  UserTypesTest()
      : source_(ClusterOf(GetParam().source)), destination_(ClusterOf(GetParam().destination)) {}

  bool SourceSince(int version) const { return GetParam().source >= version; }
  bool DestinationSince(int version) const { return GetParam().destination >= version; }

  void ExpectArrive(const std::vector<UserColumn>& columns) {
    SampleTable table = {.source = "public.t", .destination = "s.t"};
    std::string declarations = "id int4";
    size_t rows = 0;
    for (const UserColumn& column : columns) {
      const std::string name = absl::StrCat("c", table.columns.size());
      absl::StrAppend(&declarations, ", ", name, " ", column.declared);
      rows = std::max(rows, column.values.size());
      table.columns.push_back(
          {.name = name,
           .declared = column.declared,
           .arrives_as = column.arrives_as,
           .source_bytes = absl::StrReplaceAll(column.source_bytes, {{"$", name}}),
           .arrived_bytes = absl::StrReplaceAll(column.arrived_bytes, {{"$", name}}),
           .shown = column.declared});
    }
    source_.session->Run("CREATE TABLE public.t (" + declarations + ")");
    for (size_t row = 0; row <= rows; ++row) {
      std::string values = absl::StrCat(row);
      for (const UserColumn& column : columns) {
        absl::StrAppend(&values, ", (", row < column.values.size() ? column.values[row] : "NULL",
                        ")::", column.declared);
      }
      source_.session->Run("INSERT INTO public.t SELECT " + values);
    }
    Stack stack;
    const JobOutcome outcome =
        RunJob(stack, IntegrationOf("s", source_url_, destination_url_, {"t"}));
    ASSERT_EQ(outcome.stream("public.t").state(), v1::STREAM_RUN_STATE_SUCCEEDED)
        << outcome.job.ShortDebugString();
    const auto show = [&](size_t column, int id) {
      const std::vector<std::string>& values = columns[column].values;
      return static_cast<size_t>(id) < values.size() ? values[static_cast<size_t>(id)] : "NULL";
    };
    EXPECT_THAT(Differences(*source_.session, *destination_.session, table, show), IsEmpty());
  }

  FreshDatabase source_;
  FreshDatabase destination_;
  std::string source_url_ = source_.url;
  std::string destination_url_ = destination_.url;
};

TEST_P(UserTypesTest, Enums) {
  source_.session->Run(R"sql(
    CREATE TYPE public.mood AS ENUM ('sad', 'it''s "so", {so}', 'NULL', ' ', 'größe', 'back\slash');
    CREATE DOMAIN public.feeling AS public.mood; CREATE DOMAIN public.deep_feeling AS public.feeling;
    CREATE DOMAIN public.moods AS public.mood[];
    CREATE TYPE public.moodrange AS RANGE (subtype = public.mood);
    CREATE TYPE public.witness AS (a public.mood, b public.mood[]))sql");
  const std::vector<std::string> labels = {"'sad'",   R"('it''s "so", {so}')", "'NULL'", "' '",
                                           "'größe'", R"('back\slash')"};
  const std::vector<std::string> arrays = {
      "'{}'", "enum_range(NULL::public.mood)", "'[-1:1]={sad,NULL,\"NULL\"}'",
      "array_fill('sad'::public.mood, ARRAY[2,2], ARRAY[0,7])"};
  std::vector<UserColumn> columns = {
      AsText("public.mood", labels),
      AsText("public.feeling", labels),
      AsText("public.deep_feeling", labels),
      AsTextArray("public.mood[]", arrays),
      AsTextArray("public.moods", arrays),
      AsText("public.moodrange",
             {"'empty'", "'(,)'", "'[sad,größe)'", "'(,\"it''s \\\"so\\\", {so}\"]'"}),
      AsTextArray("public.moodrange[]", {"'{empty,\"[sad,größe)\"}'"}),
      AsJson("public.witness", {"ROW('NULL', enum_range(NULL::public.mood))", "ROW(NULL, NULL)"})};
  if (SourceSince(11)) columns.push_back(AsTextArray("public.feeling[]", arrays));
  ExpectArrive(columns);
}

TEST_P(UserTypesTest, NestedComposites) {
  source_.session->Run(R"sql(
    CREATE TYPE public.inside AS (f float8, t timestamptz, j json, "quo""ted" text, gone int4);
    CREATE TYPE public.outside AS (one public.inside, many public.inside[], n numeric);
    ALTER TYPE public.inside DROP ATTRIBUTE gone;
    CREATE TABLE public.other (id int4, v text))sql");
  const std::string inside = R"(ROW('-0', 'infinity', '{"a": 1, "a":  2}', 'x"y\z'))";
  const std::string outside = absl::StrCat("ROW(", inside, "::public.inside, ARRAY[", inside,
                                           "::public.inside, NULL], '1.000')");
  ExpectArrive(
      {AsJson("public.inside",
              {inside, "ROW('NaN', '-infinity', 'null', '')", "ROW(NULL, NULL, NULL, NULL)"}),
       AsJson("public.outside", {outside, "ROW(NULL, '{}', NULL)"}),
       AsJson("public.outside[]",
              {absl::StrCat("ARRAY[", outside, "::public.outside, NULL]"), "'{}'"}),
       AsJson("public.other", {"ROW(1, 'x')"}),
       AsJson("pg_catalog.pg_type", {"(SELECT t FROM pg_type t WHERE typname = 'bool')"})});
}

// to_json would take the cast, which may say anything.
TEST_P(UserTypesTest, CompositesOfWhatHasACastToJson) {
  source_.session->Run(R"sql(
    CREATE TYPE public.mood AS ENUM ('sad', 'ok'); CREATE DOMAIN public.feeling AS public.mood;
    CREATE FUNCTION public.lie(public.mood) RETURNS json LANGUAGE sql AS $$SELECT '"fine"'::json$$;
    CREATE CAST (public.mood AS json) WITH FUNCTION public.lie(public.mood);
    CREATE TYPE public.inside AS (m public.mood[], f public.feeling, v text);
    CREATE TYPE public.outside AS (i public.inside, n int4);
    CREATE TYPE public.unconcerned AS (n int4))sql");
  const std::vector<std::string> outsides = {R"(ROW(ROW('{sad,NULL,ok}', 'ok', 'x,"y\z'), 1))",
                                             "ROW(ROW(NULL, 'sad', ''), NULL)", "ROW(NULL, NULL)"};
  std::vector<UserColumn> columns = {
      AsTextArray("public.inside[]",
                  {"ARRAY[ROW('{sad}', NULL, 'a\"')::public.inside, NULL]", "'{}'"}),
      AsText("public.outside", outsides), AsJson("public.unconcerned", {"ROW(1)", "ROW(NULL)"})};
  if (SourceSince(11)) {
    source_.session->Run("CREATE DOMAIN public.deep AS public.outside");
    columns.push_back(AsText("public.deep", outsides));
  }
  ExpectArrive(columns);
}

TEST_P(UserTypesTest, DomainsOverArrays) {
  source_.session->Run("CREATE DOMAIN public.plain AS int4[]");
  std::vector<UserColumn> columns = {{"public.plain",
                                      "integer[]",
                                      "array_send($::int4[])",
                                      {"'{}'", "'[0:1]={3,NULL}'", "'{{1},{2}}'"},
                                      "array_send($)"}};
  // Domains have arrays since 11.
  if (SourceSince(11)) {
    source_.session->Run(R"sql(
      CREATE DOMAIN public.price AS numeric(8,3); CREATE DOMAIN public.prices AS public.price[];
      CREATE DOMAIN public.more_prices AS public.prices)sql");
    const std::vector<std::string> arrays = {"'{}'", "'[-1:1]={1.5,NULL,-0.001}'", "'{{1},{2}}'"};
    for (const char* domain : {"public.prices", "public.more_prices"}) {
      columns.push_back(
          {domain, "numeric(8,3)[]", "array_send($::numeric[])", arrays, "array_send($)"});
    }
    // Arrays of arrays exist in this way alone.
    columns.push_back(AsTextArray(
        "public.plain[]", {"ARRAY['{1,NULL}'::public.plain, '[0:1]={3,4}', NULL]", "'{}'"}));
  }
  ExpectArrive(columns);
}

TEST_P(UserTypesTest, RangesAndBaseTypes) {
  source_.session->Run(R"sql(
    CREATE TYPE public.floatrange AS RANGE (subtype = float8, subtype_diff = float8mi);
    CREATE TYPE public.words;
    CREATE FUNCTION public.words_in(cstring) RETURNS public.words LANGUAGE internal IMMUTABLE STRICT AS 'textin';
    CREATE FUNCTION public.words_out(public.words) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
    CREATE FUNCTION public.words_send(public.words) RETURNS bytea LANGUAGE internal IMMUTABLE STRICT AS 'textsend';
    CREATE FUNCTION public.words_recv(internal) RETURNS public.words LANGUAGE internal IMMUTABLE STRICT AS 'textrecv';
    -- Between the elements of its arrays stands no comma.
    CREATE TYPE public.words (INPUT = public.words_in, OUTPUT = public.words_out, SEND = public.words_send,
                              RECEIVE = public.words_recv, LIKE = text, DELIMITER = ';'))sql");
  const std::vector<std::string> ranges = {"'empty'", "'(,)'", "'[-0,0.1)'", "'(-Infinity,NaN]'",
                                           "'[5e-324,)'"};
  const std::vector<std::string> words = {"'{}'", R"('{"a;b";"c,d";NULL;"NULL";"x\"y"}')"};
  std::vector<UserColumn> columns = {
      AsText("public.floatrange", ranges),
      AsTextArray("public.floatrange[]", {"ARRAY['[0.1,2)'::public.floatrange, NULL, 'empty']"}),
      AsText("public.words", {"''", "'größe'", "'a;b'"}),
      // Servers before 11 cast no array element by element.
      SourceSince(11) ? AsTextArray("public.words[]", words) : AsText("public.words[]", words)};
  if (SourceSince(14)) {
    columns.push_back(AsText("public.floatmultirange", {"'{}'", "'{[-0,0.1),(2,NaN]}'"}));
    columns.push_back(AsTextArray("public.floatmultirange[]", {R"('{"{[0.1,2)}",NULL}')"}));
  }
  ExpectArrive(columns);
}

// Extensions of contrib, with one of their types.
class ExtensionsTest : public UserTypesTest {
 protected:
  void MakeAtSource(const std::vector<std::string>& extensions) {
    for (const std::string& extension : extensions)
      source_.session->Run("CREATE EXTENSION " + extension + " SCHEMA public");
  }
  // In another order than at the source and in another schema: OIDs differ.
  void MakeAtDestination(std::vector<std::string> extensions) {
    destination_.session->Run("CREATE SCHEMA \"Ext\"; CREATE TYPE public.unrelated AS ENUM ()");
    for (auto extension = extensions.rbegin(); extension != extensions.rend(); ++extension)
      destination_.session->Run("CREATE EXTENSION " + *extension + " SCHEMA \"Ext\"");
  }
  bool HasBinary(FreshDatabase& database, const std::string& type) {
    return database.session->Text(
               "SELECT bool_and(typsend <> 0 AND typreceive <> 0) FROM pg_type WHERE typname = '" +
               type + "'") == "t";
  }
  // The type and its array, of the same type where both servers have a binary form of it.
  void Add(const std::string& type, const std::vector<std::string>& values,
           std::vector<UserColumn>* columns) {
    const bool same = HasBinary(source_, type) && HasBinary(destination_, type);
    const std::string there = same ? "\"Ext\"." + type : "text";
    std::string array = "ARRAY[NULL";
    for (const std::string& value : values) absl::StrAppend(&array, ", ", value, "::public.", type);
    array += "]";
    columns->push_back({"public." + type, there, "$::text", values});
    columns->push_back({"public." + type + "[]",
                        (DestinationSince(14) ? there : "text") + "[]",
                        "$::text[]::text",
                        {array, "'{}'"},
                        "$::text[]::text"});
    source_.session->Run("CREATE DOMAIN public." + type + "_domain AS public." + type);
    columns->push_back({"public." + type + "_domain", there, "$::text", values});
  }
};

const std::vector<std::string> kHstores = {"''", R"('a=>1, "b c"=>NULL, ""=>"NULL"')",
                                           R"('"größe"=>"x\"y"')"};

TEST_P(ExtensionsTest, AtBothEnds) {
  const std::vector<std::string> extensions = {"hstore", "citext", "ltree", "cube", "isn", "seg"};
  MakeAtSource(extensions);
  MakeAtDestination(extensions);
  std::vector<UserColumn> columns;
  Add("hstore", kHstores, &columns);
  Add("citext", {"''", "'GröSSe'"}, &columns);
  Add("ltree", {"''", "'Top.Science.Astronomy'"}, &columns);
  Add("lquery", {"'Top.*{1,2}.!Science@*'"}, &columns);
  Add("ltxtquery", {"'Europe & Russia*@ & !Transportation'"}, &columns);
  Add("cube", {"'(0.5,-1)'", "'(1,2),(3,4)'", "'(0)'"}, &columns);
  Add("isbn13", {"'978-0-393-04002-9'"}, &columns);
  Add("seg", {"'1.50 .. 2.0'", "'~3'", "'< 5'"}, &columns);
  source_.session->Run(
      "CREATE TYPE public.hstore_row AS (h public.hstore, c public.citext, l public.ltree[])");
  columns.push_back(AsJson("public.hstore_row", {R"(ROW('a=>1', 'X', '{a.b,NULL}'))"}));
  ExpectArrive(columns);
}

TEST_P(ExtensionsTest, AtTheSourceAlone) {
  MakeAtSource({"hstore", "citext", "ltree", "cube"});
  ExpectArrive({{"public.hstore", "jsonb", "public.hstore_to_jsonb($)::text", kHstores},
                AsTextArray("public.hstore[]", {"ARRAY['a=>1'::public.hstore, NULL]"}),
                AsText("public.citext", {"''", "'GröSSe'"}),
                AsTextArray("public.citext[]", {"'{A,\"b,c\",NULL}'"}),
                AsText("public.ltree", {"''", "'Top.Science'"}),
                AsTextArray("public.ltree[]", {"'{Top.Science,NULL}'"}),
                AsText("public.cube", {"'(0.5,-1)'"}),
                AsTextArray("public.cube[]", {"ARRAY['(0.5,-1)'::public.cube, NULL]"})});
}

TEST_P(ExtensionsTest, InASchemaThatTheUserMayNotUse) {
  source_.session->Run(R"sql(
    DO $$ BEGIN CREATE ROLE reader LOGIN; EXCEPTION WHEN duplicate_object THEN END $$;
    CREATE SCHEMA shut; CREATE EXTENSION hstore SCHEMA shut; CREATE EXTENSION citext SCHEMA shut;
    CREATE TYPE public.holder AS (c shut.citext, h shut.hstore);
    ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO reader)sql");
  MakeAtDestination({"hstore", "citext"});
  source_url_ = absl::StrReplaceAll(source_.url, {{"user=lockstitch", "user=reader"}});
  ExpectArrive({AsText("shut.citext", {"''", "'GröSSe'"}),
                AsTextArray("shut.citext[]", {"'{A,\"b,c\",NULL}'"}),
                {"shut.hstore", "jsonb", "shut.hstore_to_jsonb($)::text", kHstores},
                AsJson("public.holder", {"ROW('X', 'a=>1')"})});
}

TEST_P(ExtensionsTest, InASchemaThatTheDestinationsUserMayNotUse) {
  MakeAtSource({"hstore", "citext"});
  MakeAtDestination({"hstore", "citext"});
  destination_.session->Run(R"sql(
    DO $$ BEGIN
      BEGIN CREATE ROLE writer LOGIN; EXCEPTION WHEN duplicate_object THEN END;
      EXECUTE 'GRANT CREATE ON DATABASE ' || current_database() || ' TO writer';
    END $$)sql");
  destination_url_ = absl::StrReplaceAll(destination_.url, {{"user=lockstitch", "user=writer"}});
  ExpectArrive({AsText("public.citext", {"''", "'GröSSe'"}),
                AsTextArray("public.citext[]", {"'{A,\"b,c\",NULL}'"}),
                {"public.hstore", "jsonb", "public.hstore_to_jsonb($)::text", kHstores}});
}

const auto kPairs =
    ::testing::Values(VersionPair{15, 15}, VersionPair{10, 15}, VersionPair{18, 13});
const auto kPairName = [](const ::testing::TestParamInfo<VersionPair>& info) {
  return Name(info.param);
};
INSTANTIATE_TEST_SUITE_P(Versions, UserTypesTest, kPairs, kPairName);
INSTANTIATE_TEST_SUITE_P(Versions, ExtensionsTest, kPairs, kPairName);

// PostGIS is there for Debian's version alone.
class PostGisTest : public ExtensionsTest {};

const std::vector<std::string> kShapes = {
    "public.ST_GeomFromEWKT('SRID=4326;POINT ZM (1 -0.0 3 4)')",
    "public.ST_GeomFromText('POLYGON EMPTY')",
    "public.ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(0 0,1 0.1))')"};
const std::vector<std::string> kPlaces = {"'SRID=4326;POINT(13.4 52.5)'"};

TEST_P(PostGisTest, AtBothEnds) {
  MakeAtSource({"hstore", "postgis"});
  MakeAtDestination({"hstore", "postgis"});
  ExpectArrive({{"public.geometry", "\"Ext\".geometry", "$::text", kShapes},
                {"public.geometry(Point,4326)",
                 "\"Ext\".geometry(Point,4326)",
                 "$::text",
                 {"public.ST_SetSRID(public.ST_MakePoint(1, 0.1), 4326)"}},
                {"public.geography", "\"Ext\".geography", "$::text", kPlaces},
                {"public.geometry[]",
                 "\"Ext\".geometry[]",
                 "$::text[]::text",
                 {"ARRAY[" + kShapes[0] + ", NULL, " + kShapes[1] + "]"},
                 "$::text[]::text"},
                {"public.box2d[]",
                 "text[]",
                 "$::text[]::text",
                 {"ARRAY['BOX(1 2,3 4)'::public.box2d, NULL]"}},
                AsText("public.box3d", {"'BOX3D(1 2 3,4 5 6)'"})});
}

TEST_P(PostGisTest, AtTheSourceAlone) {
  MakeAtSource({"postgis"});
  ExpectArrive({AsText("public.geometry", kShapes), AsText("public.geography(Point,4326)", kPlaces),
                AsTextArray("public.geometry[]", {"ARRAY[" + kShapes[0] + ", NULL]"}),
                AsText("public.geometry_dump", {"ROW('{1,2}', public.ST_MakePoint(1, 2))"})});
}

// As GeoJSON it would have no M.
TEST_P(PostGisTest, InComposites) {
  MakeAtSource({"postgis"});
  MakeAtDestination({"postgis"});
  source_.session->Run("CREATE TYPE public.place AS (at public.geometry, n int4)");
  ExpectArrive({AsText("public.place", {"ROW(public.ST_MakePointM(1, 2, 3), NULL)"}),
                AsTextArray("public.place[]",
                            {"ARRAY[ROW(public.ST_MakePointM(1, 2, 3), 1)::public.place, NULL]"})});
}

INSTANTIATE_TEST_SUITE_P(Versions, PostGisTest, ::testing::Values(VersionPair{15, 15}), kPairName);

}  // namespace
}  // namespace lockstitch::tests
