#ifndef LOCKSTITCH_POSTGRES_TRANSACTION_H_
#define LOCKSTITCH_POSTGRES_TRANSACTION_H_

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "postgres/connection.h"

namespace lockstitch::postgres {

// A transaction of `connection`, which must outlive it. Dropped without Commit, it rolls back.
class Transaction {
 public:
  // `mode` follows BEGIN, for example "ISOLATION LEVEL REPEATABLE READ READ ONLY"; a semicolon and
  // what else the transaction begins with may come behind it.
  static absl::StatusOr<Transaction> Begin(Connection& connection, absl::string_view mode = "");

  // An error of class connection leaves the outcome unknown.
  absl::Status Commit();

 private:
  struct Rollback {
    void operator()(Connection* connection) const;
  };
  explicit Transaction(Connection* connection) : open_(connection) {}

  std::unique_ptr<Connection, Rollback> open_;
};

}  // namespace lockstitch::postgres

#endif  // LOCKSTITCH_POSTGRES_TRANSACTION_H_
