#include "tests/crash/stream_kinds.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"

namespace lockstitch::tests {
namespace {

constexpr auto kFullTable = v1::REPLICATION_METHOD_FULL_TABLE;
constexpr auto kIncremental = v1::REPLICATION_METHOD_INCREMENTAL;

// $0 what makes id a key or not, $1 how many rows.
constexpr char kMake[] = R"sql(
CREATE TABLE t (id int $0, v int, at timestamptz);
INSERT INTO t SELECT n, 0, timestamptz '2020-01-01 UTC' + n * interval '1 second' FROM generate_series(1, $1) n)sql";

// $0 how many rows: half of them new versions of old rows, half of them new rows.
constexpr char kUpdateAndInsert[] = R"sql(
UPDATE t SET v = 1, at = timestamptz '2021-01-01 UTC' + id * interval '1 second' WHERE id <= $0 / 2;
INSERT INTO t SELECT 1000000 + n, 1, timestamptz '2022-01-01 UTC' + n * interval '1 second'
    FROM generate_series(1, $0 / 2) n)sql";

// $0 how many rows, some of them alike but for their stamp.
constexpr char kAppend[] = R"sql(
INSERT INTO t SELECT n / 2, 1, timestamptz '2022-01-01 UTC' + n * interval '1 second'
    FROM generate_series(1, $0) n)sql";

}  // namespace

std::vector<StreamKind> StreamKinds(const std::set<std::string>& names) {
  const std::vector<StreamKind> all = {{"FullTable", kFullTable, true, false, false, 2},
                                       {"Ordered", kIncremental, true, true, false, 1},
                                       {"Unordered", kIncremental, true, false, false, 1},
                                       {"Keyless", kIncremental, false, true, false, 1},
                                       {"FirstLoad", kIncremental, true, true, true, 3},
                                       {"KeylessFirstLoad", kIncremental, false, true, true, 3}};
  std::vector<StreamKind> kinds;
  std::copy_if(all.begin(), all.end(), std::back_inserter(kinds),
               [&](const StreamKind& kind) { return names.empty() || names.count(kind.name) > 0; });
  return kinds;
}

void PrintTo(const StreamKind& kind, std::ostream* out) { *out << kind.name; }

Stack& StreamKindTest::SharedStack() {
  static Stack stack;
  return stack;
}

Stack StreamKindTest::StackWith(const std::string& step, const std::string& action) {
  const std::string service = step.substr(0, step.find('.'));
  const std::string failpoints = absl::StrCat(step, "=", action);
  return Stack({.loader = service == "loader" ? failpoints : "",
                .extractor = service == "extractor" ? failpoints : "",
                .scheduler = service == "scheduler" ? failpoints : ""},
               {absl::StrCat("--chunk-rows=", kChunkRows)});
}

void StreamKindTest::Prepare(const StreamKind& kind) {
  source_->Run(absl::Substitute(kMake, kind.keyed ? "PRIMARY KEY" : "", kFirstRows));
  if (kind.indexed) source_->Run("CREATE INDEX ON t (at); ANALYZE t");
  if (kind.first) return;
  ASSERT_EQ(RunJob(SharedStack(), Job(kind)).job.state(), v1::JOB_STATE_SUCCEEDED);
  source_->Run(absl::Substitute(kind.keyed ? kUpdateAndInsert : kAppend, kChangedRows));
}

v1::Integration StreamKindTest::Job(const StreamKind& kind) const {
  v1::Integration job = IntegrationOf("s", source_url_, destination_url_, {"t"}, kind.ranges);
  job.mutable_streams(0)->set_method(kind.method);
  if (kind.method == kIncremental) job.mutable_streams(0)->set_replication_key("at");
  return job;
}

int64_t StreamKindTest::RowsToLoad(const StreamKind& kind) const {
  if (kind.first) return kFirstRows;
  if (kind.method == kFullTable) return kFirstRows + kChangedRows / 2;
  return kChangedRows + 1;
}

void StreamKindTest::ExpectExact() { ExpectSameContents("t", "s.t", "id, v, at"); }

}  // namespace lockstitch::tests
