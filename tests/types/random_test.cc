// Tables of random types under awkward names, with random rows. LOCKSTITCH_SEED in the environment
// makes other ones.

#include <cstdlib>
#include <iostream>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "tests/stack/stack.h"
#include "tests/types/comparison.h"
#include "tests/types/sample_columns.h"
#include "tests/types/version_pairs.h"

namespace lockstitch::tests {
namespace {

using ::testing::IsEmpty;

constexpr int kTables = 12;
constexpr size_t kMostColumns = 300;
constexpr int kMostRows = 20;

class RandomTest : public ::testing::TestWithParam<VersionPair> {
 protected:
  RandomTest()
      : source_(ClusterOf(GetParam().source)),
        destination_(ClusterOf(GetParam().destination)),
        types_(*source_.session, GetParam().source, GetParam().destination, "kinds", AllTypes()) {
    const char* seed = std::getenv("LOCKSTITCH_SEED");
    const unsigned value = seed == nullptr ? 20260101 : static_cast<unsigned>(std::atol(seed));
    std::cout << "LOCKSTITCH_SEED=" << value << std::endl;
    random_.seed(value);
  }

  size_t Below(size_t limit) { return random_() % limit; }
  template <typename T>
  const T& OneOf(const std::vector<T>& list) {
    return list[Below(list.size())];
  }

  // At most 63 bytes long, and unlike all names with another number.
  std::string Name(size_t number) {
    static const std::vector<std::string> kParts = {
        "Upper", " ", "\"", "'",  "\\", "select", "größe", "日本語", "\t", ";",  "%",  "$1",
        "{",     ".", "--", "/*", "\n", "NULL",   "🧵",  "ctid",   "=",  "id", "$$", "x"};
    std::string name = absl::StrCat("n", number);
    for (size_t parts = Below(4); parts > 0; --parts) name += OneOf(kParts);
    return name;
  }

  // Makes a table and its rows.
  SampleTable Make(size_t number) {
    const std::string name = Name(number);
    SampleTable table = {.source = "public." + Quoted(name), .destination = "s." + Quoted(name)};
    std::vector<std::pair<size_t, Form>> kinds;
    std::string declarations = "id int4";
    for (size_t columns = 1 + Below(kMostColumns); columns > 0; --columns) {
      const size_t type = Below(types_.types().size());
      const Form form = OneOf(types_.Forms(type));
      const SampleColumn column = types_.Column(type, form, Name(columns));
      absl::StrAppend(&declarations, ", ", Quoted(column.name), " ", column.declared);
      table.columns.push_back(column);
      kinds.emplace_back(type, form);
    }
    source_.session->Run(absl::StrCat("CREATE TABLE ", table.source, " (", declarations, ")"));
    for (size_t id = Below(kMostRows); id > 0; --id) {
      std::string row = absl::StrCat(id);
      for (const auto& [type, form] : kinds) absl::StrAppend(&row, ", ", RandomValue(type, form));
      source_.session->Run(absl::StrCat("INSERT INTO ", table.source, " SELECT ", row));
    }
    return table;
  }

  std::string RandomValue(size_t type, Form form) {
    const std::vector<std::string> values = types_.Values(type);
    if (values.empty() || Below(5) == 0) return "NULL";
    return types_.Fill(type, form, OneOf(values));
  }

  FreshDatabase source_;
  FreshDatabase destination_;
  SampleTypes types_;
  std::mt19937 random_;
};

TEST_P(RandomTest, SchemasAndRowsArriveUnaltered) {
  std::vector<SampleTable> tables;
  size_t columns = 0;
  for (size_t number = 0; number < kTables; ++number) {
    tables.push_back(Make(number));
    columns += tables.back().columns.size();
  }
  EXPECT_GT(columns, 1000u);
  Stack stack;
  const JobOutcome outcome = RunJob(stack, IntegrationOf("s", source_.url, destination_.url));
  ASSERT_EQ(outcome.job.state(), v1::JOB_STATE_SUCCEEDED) << outcome.job.ShortDebugString();
  for (const SampleTable& table : tables) {
    const auto show = [&](size_t column, int id) {
      return absl::StrCat(table.source, " ", table.columns[column].name, ", row ", id);
    };
    EXPECT_THAT(Differences(*source_.session, *destination_.session, table, show), IsEmpty());
  }
}

INSTANTIATE_TEST_SUITE_P(Versions, RandomTest,
                         ::testing::Values(VersionPair{15, 15}, VersionPair{12, 17}),
                         [](const auto& info) { return tests::Name(info.param); });

}  // namespace
}  // namespace lockstitch::tests
