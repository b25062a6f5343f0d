#include "postgres/transaction.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace lockstitch::postgres {

Transaction Transaction::Begin(Connection& connection, absl::string_view mode) {
  connection.Defer({absl::StrCat("BEGIN ", mode)});
  return Transaction(&connection);
}

absl::Status Transaction::Commit() { return CommitWith({}).status(); }

absl::StatusOr<std::vector<Result>> Transaction::CommitWith(
    std::vector<Connection::Statement> statements) {
  Connection* connection = open_.release();
  statements.push_back({"COMMIT"});
  absl::StatusOr<std::vector<Result>> answers = connection->QueryAll(std::move(statements));
  // What was deferred to it, or came with it, may have failed.
  if (!answers.ok()) {
    Rollback()(connection);
    return answers;
  }
  answers->pop_back();
  return answers;
}

void Transaction::Rollback::operator()(Connection* connection) const {
  connection->DropDeferred();
  // A connection that can't roll back is broken, and then the server does it.
  if (connection->in_transaction()) connection->Execute("ROLLBACK").IgnoreError();
}

}  // namespace lockstitch::postgres
