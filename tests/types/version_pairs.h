#ifndef LOCKSTITCH_TESTS_TYPES_VERSION_PAIRS_H_
#define LOCKSTITCH_TESTS_TYPES_VERSION_PAIRS_H_

#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "testing/database.h"
#include "testing/postgres_cluster.h"

namespace lockstitch::tests {

struct VersionPair {
  int source;
  int destination;
};
inline bool operator==(VersionPair a, VersionPair b) {
  return a.source == b.source && a.destination == b.destination;
}
// As "13to16".
std::string Name(const VersionPair& pair);
void PrintTo(const VersionPair& pair, std::ostream* out);

// The pairs to test: those that matter most, or with LOCKSTITCH_VERSION_PAIRS=all in the
// environment those of every version with every version.
std::vector<VersionPair> VersionPairs();

// Every version that there is.
std::vector<int> AllVersions();

// The cluster of that version which the program's tests share.
testing::PostgresCluster& ClusterOf(int version);

// An empty database of a cluster, in which functions and types of pg_catalog alone are found by
// their names.
struct FreshDatabase {
  explicit FreshDatabase(testing::PostgresCluster& cluster, const std::string& options = "");

  std::string url;
  std::unique_ptr<testing::Database> session;
};

}  // namespace lockstitch::tests

#endif  // LOCKSTITCH_TESTS_TYPES_VERSION_PAIRS_H_
