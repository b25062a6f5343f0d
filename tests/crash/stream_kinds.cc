#include "tests/crash/stream_kinds.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"

namespace lockstitch::tests {
namespace {

constexpr auto kFullTable = v1::REPLICATION_METHOD_FULL_TABLE;
constexpr auto kIncremental = v1::REPLICATION_METHOD_INCREMENTAL;

// $0 the table, $1 what makes id a key or not, $2 how many rows.
constexpr char kMake[] = R"sql(
CREATE TABLE $0 (id int $1, v int, at timestamptz);
INSERT INTO $0 SELECT n, 0, timestamptz '2020-01-01 UTC' + n * interval '1 second' FROM generate_series(1, $2) n)sql";
constexpr char kTable[] = "t";
constexpr char kTableOfView[] = "versions";
constexpr char kMakeView[] = "CREATE VIEW t AS SELECT * FROM versions";

// $0 how many rows: half of them new versions of old rows, half of them new rows.
constexpr char kUpdateAndInsert[] = R"sql(
UPDATE t SET v = 1, at = timestamptz '2021-01-01 UTC' + id * interval '1 second' WHERE id <= $0 / 2;
INSERT INTO t SELECT 1000000 + n, 1, timestamptz '2022-01-01 UTC' + n * interval '1 second'
    FROM generate_series(1, $0 / 2) n)sql";

// $0 how many rows, some of them alike but for their stamp.
constexpr char kAppend[] = R"sql(
INSERT INTO t SELECT n / 2, 1, timestamptz '2022-01-01 UTC' + n * interval '1 second'
    FROM generate_series(1, $0) n)sql";

// What the view's stream is to hold.
constexpr char kNewest[] = "(SELECT DISTINCT ON (id) * FROM t ORDER BY id, at DESC) AS newest";

constexpr char kBeginToWrite[] = "BEGIN; INSERT INTO t VALUES (-1, 2, now())";

// $0 how many rows.
constexpr char kCommitMeanwhile[] = R"sql(
INSERT INTO t SELECT 2000000 + n, 2, now() + n * interval '1 microsecond' FROM generate_series(1, $0) n)sql";

}  // namespace

std::vector<StreamKind> StreamKinds(const std::set<std::string>& names) {
  const std::vector<StreamKind> all = {
      {"FullTable", kFullTable, true, false, false, 2},
      {"Merged", kFullTable, true, false, false, 2, false, false, true},
      {"Ordered", kIncremental, true, true, false, 1},
      {"Unordered", kIncremental, true, false, false, 1},
      {"Keyless", kIncremental, false, true, false, 1},
      {"KeylessUnordered", kIncremental, false, false, false, 1},
      {"View", kIncremental, false, true, false, 1, true},
      {"OpenTransaction", kIncremental, true, true, false, 1, false, true},
      {"KeylessOpenTransaction", kIncremental, false, true, false, 1, false, true},
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
  expected_ = kind.view ? kNewest : kTable;
  const std::string table = kind.view ? kTableOfView : kTable;
  source_->Run(absl::Substitute(kMake, table, kind.keyed ? "PRIMARY KEY" : "", kFirstRows));
  if (kind.view) source_->Run(kMakeView);
  if (kind.indexed) source_->Run("CREATE INDEX ON " + table + " (at); ANALYZE " + table);
  if (kind.first) return;
  ASSERT_EQ(RunJob(SharedStack(), Job(kind)).job.state(), v1::JOB_STATE_SUCCEEDED);
  if (kind.merged) destination_->Run("CREATE VIEW on_top AS SELECT id, v FROM s.t");
  source_->Run(absl::Substitute(kind.keyed ? kUpdateAndInsert : kAppend, kChangedRows));
  if (!kind.open) return;
  writer_ = std::make_unique<testing::Database>(source_url_);
  writer_->Run(kBeginToWrite);
  source_->Run(absl::Substitute(kCommitMeanwhile, kRowsPastHorizon));
}

v1::Integration StreamKindTest::Job(const StreamKind& kind) const {
  v1::Integration job = IntegrationOf("s", source_url_, destination_url_, {"t"}, kind.ranges);
  job.mutable_streams(0)->set_method(kind.method);
  if (kind.method == kIncremental) job.mutable_streams(0)->set_replication_key("at");
  if (kind.view) job.mutable_streams(0)->add_key_columns("id");
  return job;
}

int64_t StreamKindTest::RowsToLoad(const StreamKind& kind) const {
  if (kind.first) return kFirstRows;
  if (kind.method == kFullTable) return kFirstRows + kChangedRows / 2;
  return kChangedRows + 1 + (kind.open ? kRowsPastHorizon : 0);
}

void StreamKindTest::ExpectExact() { ExpectSameContents(expected_, "s.t", "id, v, at"); }

}  // namespace lockstitch::tests
