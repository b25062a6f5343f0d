#ifndef LOCKSTITCH_TESTS_STACK_CLUSTERS_H_
#define LOCKSTITCH_TESTS_STACK_CLUSTERS_H_

#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "testing/database.h"
#include "testing/postgres_cluster.h"

namespace lockstitch::tests {

// A test with a source and a destination database of its own, on two clusters that the program's
// tests share.
class ClustersTest : public ::testing::Test {
 protected:
  static testing::PostgresCluster& SourceCluster() {
    static testing::PostgresCluster cluster({.settings = {"max_prepared_transactions = 2"}});
    return cluster;
  }
  static testing::PostgresCluster& DestinationCluster() {
    static testing::PostgresCluster cluster;
    return cluster;
  }

  ClustersTest() {
    static int number = 0;
    const std::string name = "test_" + std::to_string(++number);
    testing::MakeDatabase(SourceCluster().Url("postgres"), name);
    testing::MakeDatabase(DestinationCluster().Url("postgres"), name);
    source_url_ = SourceCluster().Url(name);
    destination_url_ = DestinationCluster().Url(name);
    source_ = std::make_unique<testing::Database>(source_url_);
    destination_ = std::make_unique<testing::Database>(destination_url_);
  }

  // Both tables hold the same, as far as `columns` (an SQL list) shows.
  void ExpectSameContents(const std::string& source_table, const std::string& destination_table,
                          const std::string& columns) {
    EXPECT_EQ(source_->Text(testing::ContentsQuery(source_table, columns)),
              destination_->Text(testing::ContentsQuery(destination_table, columns)))
        << source_table;
  }

  std::string source_url_;
  std::string destination_url_;
  std::unique_ptr<testing::Database> source_;
  std::unique_ptr<testing::Database> destination_;
};

}  // namespace lockstitch::tests

#endif  // LOCKSTITCH_TESTS_STACK_CLUSTERS_H_
