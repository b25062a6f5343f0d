#ifndef LOCKSTITCH_TESTING_DATABASE_H_
#define LOCKSTITCH_TESTING_DATABASE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "postgres/connection.h"

namespace lockstitch::testing {

// A session of a test with a database, for making things and looking at them. What fails here ends
// the test program.
class Database {
 public:
  explicit Database(const std::string& url);

  // Statements; no answer.
  void Run(const std::string& sql);
  // The first column of the first row, empty for NULL or none.
  std::string Text(const std::string& sql);
  int64_t Int(const std::string& sql);
  // The first column.
  std::vector<std::string> List(const std::string& sql);
  // For what may fail.
  absl::Status Try(const std::string& sql);

  // Blocks until the query's first value is true. Asks the server again and again, also where a
  // standby's recovery cancels the question.
  void Await(const std::string& condition);

  int backend_pid() const { return connection_.backend_pid(); }

 private:
  postgres::Connection connection_;
};

// Makes an empty database in a cluster, and answers its URL. `admin_url` leads to any other one of
// the cluster.
void MakeDatabase(const std::string& admin_url, const std::string& name);

// SQL that sums up the contents of a table, whatever the order of its rows: count and checksum of
// `columns`, an SQL expression list.
std::string ContentsQuery(const std::string& table, const std::string& columns);

}  // namespace lockstitch::testing

#endif  // LOCKSTITCH_TESTING_DATABASE_H_
