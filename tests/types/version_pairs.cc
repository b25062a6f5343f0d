#include "tests/types/version_pairs.h"

#include <cstdlib>
#include <map>

#include "absl/strings/str_cat.h"

namespace lockstitch::tests {
std::string Name(const VersionPair& pair) {
  return absl::StrCat(pair.source, "to", pair.destination);
}

void PrintTo(const VersionPair& pair, std::ostream* out) { *out << Name(pair); }

std::vector<VersionPair> VersionPairs() {
  const char* wanted = std::getenv("LOCKSTITCH_VERSION_PAIRS");
  if (wanted == nullptr || std::string(wanted) != "all")
    return {{10, 15}, {15, 10}, {18, 15}, {15, 18}, {13, 16}};
  std::vector<VersionPair> all;
  for (const int source : AllVersions()) {
    for (const int destination : AllVersions()) all.push_back({source, destination});
  }
  return all;
}

std::vector<int> AllVersions() { return {10, 11, 12, 13, 14, 15, 16, 17, 18}; }

testing::PostgresCluster& ClusterOf(int version) {
  // They go at the exit, with their folders.
  static std::map<int, std::unique_ptr<testing::PostgresCluster>> clusters;
  std::unique_ptr<testing::PostgresCluster>& cluster = clusters[version];
  if (cluster == nullptr)
    cluster = std::make_unique<testing::PostgresCluster>(
        testing::PostgresCluster::Options{.version = version});
  return *cluster;
}

FreshDatabase::FreshDatabase(testing::PostgresCluster& cluster, const std::string& options) {
  static int number = 0;
  const std::string name = absl::StrCat("fresh_", ++number);
  testing::Database(cluster.Url("postgres"))
      .Run(absl::StrCat("CREATE DATABASE ", name, " ", options));
  url = cluster.Url(name);
  session = std::make_unique<testing::Database>(url);
  session->Run("SET search_path = pg_catalog");
}

}  // namespace lockstitch::tests
