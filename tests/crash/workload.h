#ifndef LOCKSTITCH_TESTS_CRASH_WORKLOAD_H_
#define LOCKSTITCH_TESTS_CRASH_WORKLOAD_H_

#include <atomic>
#include <cstdint>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "lockstitch/v1/integration.pb.h"

namespace lockstitch::tests {

// A stream of the crash suite.
struct CrashStream {
  v1::StreamSettings settings;
  // The rows that the destination must hold: SELECT over the source, of `columns`.
  std::string expected;
  // The destination's columns, as an SQL list.
  std::string columns;
  // Which of the destination's rows count, as SQL.
  std::string counting = "true";
};

// One of each kind: full tables with and without key, a view; incremental streams read in the order
// of an index and without one, appended to without a key, first loaded in several ranges, a view
// that shows several rows of a key, and two that look for deletes: one marks them, the other has
// them deleted as well. Rows are deleted from full tables and those two alone: that they were is
// outside what incremental replication promises otherwise.
std::vector<CrashStream> CrashStreams();

// Makes the streams' tables and their first rows.
void MakeCrashTables(const std::string& source_url);

// Sessions that write to the source all the while: short transactions and long ones, which commit
// rows that are stamped with their beginning; inserts, updates, deletes and appended rows. They
// come back when a session or the server dies.
class Writers {
 public:
  // Until it goes.
  Writers(const std::string& source_url, uint64_t seed);
  ~Writers();
  Writers(const Writers&) = delete;

  // Transactions committed.
  int64_t transactions() const { return transactions_; }

 private:
  void Write(const std::string& source_url, uint64_t seed);

  absl::Notification stop_;
  std::atomic<int64_t> transactions_ = 0;
  std::vector<std::thread> threads_;
};

// The rows in which source and destination differ.
struct Difference {
  std::vector<std::string> lost;     // At the source alone, as often as they are missing.
  std::vector<std::string> doubled;  // At the destination alone, or there too often.
};
Difference Compare(const CrashStream& stream, const std::string& source_url,
                   const std::string& destination_url, const std::string& destination_schema);

}  // namespace lockstitch::tests

#endif  // LOCKSTITCH_TESTS_CRASH_WORKLOAD_H_
