// Every type of pg_catalog in every form a column can give it, with the values at its edges: what
// arrives is compared by the types' own binary output.

#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "tests/stack/stack.h"
#include "tests/types/comparison.h"
#include "tests/types/sample_columns.h"
#include "tests/types/version_pairs.h"
#include "tests/verify/verification.h"

namespace lockstitch::tests {
namespace {

using ::testing::IsEmpty;

class ValuesTest : public ::testing::TestWithParam<VersionPair> {
 protected:
  ValuesTest()
      : source_(ClusterOf(GetParam().source)), destination_(ClusterOf(GetParam().destination)) {}

  FreshDatabase source_;
  FreshDatabase destination_;
};

// A table of one family of types. Each row holds one value of each.
struct Family {
  SampleTypes types;
  SampleTable table;
  std::vector<size_t> type_of;  // Of each column.
};

constexpr int kEmptyRow = -1;  // Of arrays and composites that hold nothing or NULL.
constexpr int kNullRow = 0;

std::string Cell(const Family& family, size_t column, Form form, int id) {
  const size_t type = family.type_of[column];
  const std::string& declared = family.table.columns[column].declared;
  const std::vector<std::string> values = family.types.Values(type);
  if (id == kEmptyRow && (form == Form::kArray || form == Form::kArrayOfDomain ||
                          form == Form::kArrayOfComposite || form == Form::kDomainOverArray))
    return absl::StrCat("'{}'::", declared);
  if (id == kEmptyRow && form != Form::kScalar) return family.types.Fill(type, form, "NULL");
  if (id < 1 || id > static_cast<int>(values.size())) return "NULL";
  return family.types.Fill(type, form, values[static_cast<size_t>(id - 1)]);
}

Family MakeFamily(testing::Database& source, VersionPair pair, const std::string& name,
                  std::vector<TypeValues> types) {
  Family family = {
      .types = SampleTypes(source, pair.source, pair.destination, name, std::move(types)),
      .table = {.source = "public." + name, .destination = "s." + name}};
  std::vector<Form> forms;
  std::string declarations = "id int4 PRIMARY KEY";
  int rows = 0;
  for (size_t type = 0; type < family.types.types().size(); ++type) {
    rows = std::max(rows, static_cast<int>(family.types.Values(type).size()));
    for (const Form form : family.types.Forms(type)) {
      const SampleColumn column = family.types.Column(type, form, absl::StrCat("c", forms.size()));
      absl::StrAppend(&declarations, ", ", column.name, " ", column.declared);
      family.table.columns.push_back(column);
      family.type_of.push_back(type);
      forms.push_back(form);
    }
  }
  source.Run(absl::StrCat("CREATE TABLE ", family.table.source, " (", declarations, ")"));
  for (int id = kEmptyRow; id <= rows; ++id) {
    std::string row = absl::StrCat(id);
    for (size_t i = 0; i < forms.size(); ++i)
      absl::StrAppend(&row, ", ", Cell(family, i, forms[i], id));
    source.Run(absl::StrCat("INSERT INTO ", family.table.source, " SELECT ", row));
  }
  return family;
}

TEST_P(ValuesTest, ArriveUnaltered) {
  const std::vector<std::pair<std::string, std::vector<TypeValues>>> tables = {
      {"numbers", NumberTypes()}, {"texts", TextTypes()},   {"documents", DocumentTypes()},
      {"times", TimeTypes()},     {"shapes", ShapeTypes()}, {"systems", SystemTypes()},
      {"ranges", RangeTypes()}};
  std::vector<Family> families;
  for (const auto& [name, types] : tables)
    families.push_back(MakeFamily(*source_.session, GetParam(), name, types));
  Stack stack;
  const JobOutcome outcome = RunJob(stack, IntegrationOf("s", source_.url, destination_.url));
  for (const Family& family : families) {
    const auto show = [&](size_t column, int id) {
      const auto values = family.types.Values(family.type_of[column]);
      return id < 1 || id > static_cast<int>(values.size())
                 ? "NULL or empty"
                 : values[static_cast<size_t>(id - 1)].substr(0, 80);
    };
    const v1::StreamRun run = outcome.stream(family.table.source);
    EXPECT_EQ(run.state(), v1::STREAM_RUN_STATE_SUCCEEDED)
        << family.table.source << " " << outcome.job.ShortDebugString();
    if (run.state() != v1::STREAM_RUN_STATE_SUCCEEDED) continue;
    EXPECT_THAT(Differences(*source_.session, *destination_.session, family.table, show),
                IsEmpty());
  }
}

TEST_P(ValuesTest, AreTheSameToVerify) {
  for (const auto& [name, types] :
       std::vector<std::pair<std::string, std::vector<TypeValues>>>{{"numbers", NumberTypes()},
                                                                    {"texts", TextTypes()},
                                                                    {"documents", DocumentTypes()},
                                                                    {"times", TimeTypes()},
                                                                    {"shapes", ShapeTypes()},
                                                                    {"systems", SystemTypes()},
                                                                    {"ranges", RangeTypes()}})
    MakeFamily(*source_.session, GetParam(), name, types);
  Stack stack;
  const v1::Integration integration = IntegrationOf("s", source_.url, destination_.url);
  const JobOutcome outcome = RunVerifiedJob(stack, integration);
  EXPECT_EQ(outcome.job.state(), v1::JOB_STATE_SUCCEEDED);
  const Verification verification = Verify(stack, integration);
  for (const auto& [stream, told] : verification.streams)
    EXPECT_THAT(verification.Differences(stream), IsEmpty()) << stream;
  EXPECT_TRUE(verification.IsVerified());
}

INSTANTIATE_TEST_SUITE_P(Versions, ValuesTest, ::testing::ValuesIn(VersionPairs()),
                         [](const auto& info) { return Name(info.param); });

// Types of pg_catalog that a table's column may have.
constexpr char kColumnTypes[] =
    "SELECT typname FROM pg_type WHERE typnamespace = 'pg_catalog'::regnamespace AND typtype IN "
    "('b', 'r', 'm', 'd', 'e') AND NOT EXISTS (SELECT 1 FROM pg_type e WHERE e.typarray = "
    "pg_type.oid)";

class TypeTableTest : public ::testing::TestWithParam<int> {};

TEST_P(TypeTableTest, HasEveryTypeOfTheServer) {
  const FreshDatabase database(ClusterOf(GetParam()));
  std::set<std::string> known;
  for (const TypeValues& type : AllTypes()) {
    if (type.versions.Have(GetParam()))
      known.insert(database.session->Text(
          absl::StrCat("SELECT typname FROM pg_type WHERE oid = '", type.type, "'::regtype")));
  }
  EXPECT_THAT(database.session->List(kColumnTypes), ::testing::UnorderedElementsAreArray(known));
}

INSTANTIATE_TEST_SUITE_P(Versions, TypeTableTest, ::testing::ValuesIn(AllVersions()),
                         ::testing::PrintToStringParamName());

}  // namespace
}  // namespace lockstitch::tests
