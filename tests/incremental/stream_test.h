#ifndef LOCKSTITCH_TESTS_INCREMENTAL_STREAM_TEST_H_
#define LOCKSTITCH_TESTS_INCREMENTAL_STREAM_TEST_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "tests/stack/clusters.h"
#include "tests/stack/stack.h"
#include "tests/types/version_pairs.h"

namespace lockstitch::tests {

// A test of one stream, the source's public.t, read by its column `k` into s.t without system
// columns.
class StreamTest : public ClustersTest {
 protected:
  // The services that the program's tests share, which cut chunks of ten rows.
  static Stack& SharedStack() {
    static Stack stack({}, {"--chunk-rows=10"});
    return stack;
  }

  // Has the stream go from a server of the one version to one of the other.
  void UseVersions(const VersionPair& pair) {
    FreshDatabase source(ClusterOf(pair.source)), destination(ClusterOf(pair.destination));
    source_url_ = source.url;
    source_ = std::move(source.session);
    source_->Run("RESET search_path");
    destination_url_ = destination.url;
    destination_ = std::move(destination.session);
    destination_->Run("RESET search_path");
  }

  // The stream's integration, for a test to change.
  v1::Integration Job() {
    v1::Integration job = IntegrationOf("s", source_url_, destination_url_, {"t"});
    job.set_system_columns(v1::SYSTEM_COLUMNS_NONE);
    Stream(job).set_method(v1::REPLICATION_METHOD_INCREMENTAL);
    Stream(job).set_replication_key("k");
    return job;
  }
  static v1::StreamSettings& Stream(v1::Integration& job) { return *job.mutable_streams(0); }

  // One job of it, which must succeed.
  JobOutcome Run(const v1::Integration& job) {
    JobOutcome outcome = RunJob(SharedStack(), job);
    ExpectSucceeded(outcome);
    return outcome;
  }
  static int64_t RowsRead(const JobOutcome& outcome) {
    return outcome.stream("public.t").progress().rows_extracted();
  }

  // Every row of a table as text, sorted.
  static std::vector<std::string> Rows(testing::Database& database, const std::string& table) {
    return database.List("SELECT t::text FROM " + table + " AS t ORDER BY t::text COLLATE \"C\"");
  }
  // The destination's s.t holds what `expected` does at the source: a table, or a query in
  // brackets.
  void ExpectExact(const std::string& expected = "t") {
    EXPECT_EQ(Rows(*source_, expected), Rows(*destination_, "s.t"));
  }

  // Empty if there is none.
  std::string Bookmark(const std::string& table = "t") {
    return destination_->Text("SELECT bookmark FROM _lockstitch.streams WHERE source_table = '" +
                              table + "'");
  }
};

inline auto Says(const std::string& text) {
  return ::testing::Contains(::testing::HasSubstr(text));
}

}  // namespace lockstitch::tests

#endif  // LOCKSTITCH_TESTS_INCREMENTAL_STREAM_TEST_H_
