#ifndef LOCKSTITCH_TESTS_DELETES_DELETES_STREAM_H_
#define LOCKSTITCH_TESTS_DELETES_DELETES_STREAM_H_

#include <cstdint>
#include <string>
#include <vector>

#include "tests/incremental/stream_test.h"

namespace lockstitch::tests {

constexpr auto kMark = v1::DELETE_ACTION_MARK;
constexpr auto kDelete = v1::DELETE_ACTION_DELETE;

// A test of one stream that looks for deletes.
class DeletesStreamTest : public StreamTest {
 protected:
  // The stream's integration; every run compares unless told otherwise.
  v1::Integration JobThat(v1::DeleteAction action, int64_t every_seconds = 0) {
    v1::Integration job = Job();
    v1::DeleteDetection& deletes = *Stream(job).mutable_deletes();
    deletes.mutable_every()->set_seconds(every_seconds);
    deletes.set_action(action);
    return job;
  }

  // `rows` rows with the ids and replication keys 1 to that.
  void MakeTable(int rows) {
    source_->Run(
        "CREATE TABLE t (id int PRIMARY KEY, k int, v text);"
        "INSERT INTO t SELECT n, n, 'v' || n FROM generate_series(1, " +
        std::to_string(rows) + ") n");
  }

  // What is marked at the destination, by `column`, sorted; and what isn't.
  std::vector<std::string> Marked(const std::string& column = "id") {
    return destination_->List("SELECT " + column + " FROM s.t WHERE _sdc_deleted_at IS NOT NULL" +
                              " ORDER BY " + column + "::text COLLATE \"C\"");
  }
  int64_t Unmarked() {
    return destination_->Int("SELECT count(*) FROM s.t WHERE _sdc_deleted_at IS NULL");
  }

  static int64_t RowsDeleted(const JobOutcome& outcome) {
    return outcome.stream("public.t").rows_deleted();
  }
  // How many loads have compared keys.
  int64_t Comparisons() {
    return destination_->Int("SELECT count(*) FROM _lockstitch.ranges WHERE keys AND complete");
  }

  // The rows that aren't marked are those of the source, or of the query in brackets.
  void ExpectExactBut(v1::DeleteAction action, const std::string& expected = "t") {
    if (action == kDelete) return ExpectExact(expected);
    constexpr char kRows[] = "SELECT (id, k, v)::text FROM ";
    constexpr char kSorted[] = " ORDER BY (id, k, v)::text COLLATE \"C\"";
    EXPECT_EQ(
        source_->List(kRows + expected + " AS t" + kSorted),
        destination_->List(kRows + std::string("s.t WHERE _sdc_deleted_at IS NULL") + kSorted));
  }
};

}  // namespace lockstitch::tests

#endif  // LOCKSTITCH_TESTS_DELETES_DELETES_STREAM_H_
