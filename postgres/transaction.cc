#include "postgres/transaction.h"

#include "absl/strings/str_cat.h"
#include "status/macros.h"

namespace lockstitch::postgres {

absl::StatusOr<Transaction> Transaction::Begin(Connection& connection, absl::string_view mode) {
  RETURN_IF_ERROR(connection.Execute(absl::StrCat("BEGIN ", mode)));
  return Transaction(&connection);
}

absl::Status Transaction::Commit() { return open_.release()->Execute("COMMIT"); }

void Transaction::Rollback::operator()(Connection* connection) const {
  // A connection that can't roll back is broken, and then the server does it.
  connection->Execute("ROLLBACK").IgnoreError();
}

}  // namespace lockstitch::postgres
