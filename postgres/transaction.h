#ifndef LOCKSTITCH_POSTGRES_TRANSACTION_H_
#define LOCKSTITCH_POSTGRES_TRANSACTION_H_

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "postgres/connection.h"

namespace lockstitch::postgres {

// A transaction of `connection`, which must outlive it. Dropped without Commit, it rolls back.
class Transaction {
 public:
  // `mode` follows BEGIN, for example "ISOLATION LEVEL REPEATABLE READ READ ONLY". The transaction
  // begins with the first statement that comes after.
  static Transaction Begin(Connection& connection, absl::string_view mode = "");

  // An error of class connection leaves the outcome unknown; every other one, which may be that of
  // a statement that was deferred, means that nothing was committed.
  absl::Status Commit();
  // The same, behind `statements` and in one message with them; answers what they do.
  absl::StatusOr<std::vector<Result>> CommitWith(std::vector<Connection::Statement> statements);

 private:
  struct Rollback {
    void operator()(Connection* connection) const;
  };
  explicit Transaction(Connection* connection) : open_(connection) {}

  std::unique_ptr<Connection, Rollback> open_;
};

}  // namespace lockstitch::postgres

#endif  // LOCKSTITCH_POSTGRES_TRANSACTION_H_
