#include "postgres/transaction.h"

#include "absl/strings/str_cat.h"

namespace lockstitch::postgres {

Transaction Transaction::Begin(Connection& connection, absl::string_view mode) {
  connection.Defer({absl::StrCat("BEGIN ", mode)});
  return Transaction(&connection);
}

absl::Status Transaction::Commit() {
  Connection* connection = open_.release();
  const absl::Status committed = connection->Execute("COMMIT", {});
  // What was deferred to it may have failed.
  if (!committed.ok()) Rollback()(connection);
  return committed;
}

void Transaction::Rollback::operator()(Connection* connection) const {
  connection->DropDeferred();
  // A connection that can't roll back is broken, and then the server does it.
  if (connection->in_transaction()) connection->Execute("ROLLBACK").IgnoreError();
}

}  // namespace lockstitch::postgres
