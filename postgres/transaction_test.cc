#include "postgres/transaction.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "postgres/connection.h"
#include "postgres/sqlstate.h"
#include "testing/database.h"
#include "testing/postgres_cluster.h"

namespace lockstitch::postgres {
namespace {

constexpr absl::string_view kDivision = "SELECT 1 / $1::int";
constexpr absl::string_view kInsert = "INSERT INTO public.t VALUES ($1)";
constexpr absl::string_view kDivisionByZero = "22012";

// Statements that share a message.
class TransactionTest : public ::testing::Test {
 protected:
  TransactionTest() : database_(Cluster().Url("postgres")), connection_(Open()) {
    database_.Run("DROP TABLE IF EXISTS t; CREATE TABLE t (id int)");
  }

  static testing::PostgresCluster& Cluster() {
    static testing::PostgresCluster& cluster = *new testing::PostgresCluster;
    return cluster;
  }
  static Connection Open() {
    Connection::Options options = {.side = Side::kDestination, .application_name = "test"};
    options.server.set_url(Cluster().Url("postgres"));
    return *Connection::Open(options);
  }
  static Connection::Statement Inserting(const std::string& id) {
    return {std::string(kInsert), {id}};
  }
  static Connection::Statement Dividing(const std::string& by) {
    return {std::string(kDivision), {by}};
  }
  std::string Rows() {
    return database_.Text("SELECT string_agg(id::text, ' ' ORDER BY id) FROM t");
  }

  testing::Database database_;
  Connection connection_;
};

TEST_F(TransactionTest, EveryStatementOfAMessageIsAnswered) {
  // The first time, when it is prepared, and from then on.
  for (int time = 0; time < 3; ++time) {
    const auto answers = connection_.QueryAll({Dividing("1"), Inserting("1"), Dividing("-1")});
    ASSERT_TRUE(answers.ok()) << answers.status();
    ASSERT_EQ(answers->size(), 3u);
    EXPECT_EQ((*answers)[0].Int(0, 0), 1);
    EXPECT_EQ((*answers)[1].affected(), 1);
    EXPECT_EQ((*answers)[2].Int(0, 0), -1);
  }
  EXPECT_EQ(Rows(), "1 1 1");
}

TEST_F(TransactionTest, NothingOfAMessageRunsBehindAFailure) {
  for (int time = 0; time < 3; ++time) {
    const auto answers =
        connection_.QueryAll({Inserting("1"), Dividing("0"), Inserting("2"), Dividing("1")});
    EXPECT_EQ(SqlStateOf(answers.status()), kDivisionByZero);
  }
  EXPECT_EQ(connection_.Query(kDivision, {"1"})->Int(0, 0), 1);
  EXPECT_TRUE(connection_.Execute(kInsert, {"3"}).ok());
  EXPECT_EQ(Rows(), "3");
}

TEST_F(TransactionTest, WhatIsDeferredRunsBeforeTheNextStatement) {
  for (const bool with_parameters : {true, false}) {
    connection_.Defer({"SET application_name = 'other'"});
    connection_.Defer(with_parameters ? Inserting("1")
                                      : Connection::Statement{"INSERT INTO public.t VALUES (2)"});
    EXPECT_FALSE(connection_.reusable());
    EXPECT_EQ(connection_.Query("SHOW application_name")->Text(0, 0), "other");
    EXPECT_TRUE(connection_.reusable());
  }
  EXPECT_EQ(Rows(), "1 2");
}

TEST_F(TransactionTest, ADeferredStatementThatFailsKeepsAllFromBeingCommitted) {
  Transaction transaction = Transaction::Begin(connection_);
  EXPECT_TRUE(connection_.Execute(kInsert, {"1"}).ok());
  connection_.Defer(Inserting("2"));
  connection_.Defer(Dividing("0"));
  EXPECT_EQ(SqlStateOf(transaction.Commit()), kDivisionByZero);
  EXPECT_FALSE(connection_.in_transaction());
  EXPECT_EQ(Rows(), "");
}

TEST_F(TransactionTest, ADroppedTransactionTakesWhatWasDeferredWithIt) {
  { const Transaction unused = Transaction::Begin(connection_); }
  {
    const Transaction transaction = Transaction::Begin(connection_);
    EXPECT_TRUE(connection_.Execute(kInsert, {"1"}).ok());
    connection_.Defer(Inserting("2"));
  }
  EXPECT_TRUE(connection_.Execute(kInsert, {"3"}).ok());
  EXPECT_EQ(Rows(), "3");
}

}  // namespace
}  // namespace lockstitch::postgres
