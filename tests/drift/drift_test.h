#ifndef LOCKSTITCH_TESTS_DRIFT_DRIFT_TEST_H_
#define LOCKSTITCH_TESTS_DRIFT_DRIFT_TEST_H_

#include <string>
#include <vector>

#include "tests/incremental/stream_test.h"

namespace lockstitch::tests {

// A test of the stream public.t whose table changes.
class DriftTest : public StreamTest {
 protected:
  // What the run of the stream told of changes: "COLUMN_ADDED a" for each, the column where there
  // is one.
  static std::vector<std::string> Changes(const JobOutcome& outcome) {
    constexpr size_t kPrefix = sizeof("CHANGE_KIND_") - 1;
    const v1::StreamRun run = outcome.stream("public.t");
    std::vector<std::string> changes;
    for (const v1::SchemaChange& change : run.changes()) {
      const std::string kind = v1::ChangeKind_Name(change.kind()).substr(kPrefix);
      changes.push_back(change.column().empty() ? kind : kind + " " + change.column());
      EXPECT_THAT(outcome.log, Says(change.effect()));
    }
    return changes;
  }

  static std::string Reason(const JobOutcome& outcome) {
    return outcome.stream("public.t").error().reason();
  }

  // The destination's columns, "v text" each, in their order.
  std::vector<std::string> Columns() {
    return destination_->List(
        "SELECT attname || ' ' || format_type(atttypid, atttypmod) FROM pg_attribute WHERE "
        "attrelid = 's.t'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum");
  }

  // Changes as soon as the destination table is another one.
  std::string DestinationTable() { return destination_->Text("SELECT 's.t'::regclass::oid::text"); }

  v1::Integration FullTableJob() {
    v1::Integration job = Job();
    Stream(job).set_method(v1::REPLICATION_METHOD_FULL_TABLE);
    Stream(job).clear_replication_key();
    return job;
  }
};

}  // namespace lockstitch::tests

#endif  // LOCKSTITCH_TESTS_DRIFT_DRIFT_TEST_H_
