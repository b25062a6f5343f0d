#ifndef LOCKSTITCH_SCHEMA_CATALOG_CURSOR_H_
#define LOCKSTITCH_SCHEMA_CATALOG_CURSOR_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "postgres/connection.h"

namespace lockstitch::schema {

// Walks over the rows of a query whose first column is a table's OID, holding a piece of them at a
// time. Lives in one transaction of `connection`, which must outlive it, and which ends it; several
// may be open at once.
//
//   Next()        standing on
//   OK            table() is an OID: a row, which Text and the others read
//   OK            table() is 0: there are no more; Next() must not be called again
//   error         nothing: the transaction is lost
class CatalogCursor {
 public:
  // `name` must be free in the session. Stands before the first row.
  CatalogCursor(postgres::Connection& connection, absl::string_view name);

  // Runs `query` and goes to the first row; the cursor of an empty query has none.
  absl::Status Open(const std::string& query);
  // Walks over rows of such a query that are there already.
  void Open(postgres::Result rows);
  absl::Status Next();
  // Frees the name before the transaction ends.
  absl::Status Close();

  int64_t table() const { return table_; }
  absl::string_view Text(int column) const { return rows_->Text(row_, column); }
  std::string String(int column) const { return rows_->String(row_, column); }
  int64_t Int(int column) const { return rows_->Int(row_, column); }
  bool Bool(int column) const { return rows_->Bool(row_, column); }

 private:
  absl::Status Fetch(absl::string_view sql);
  void Hold(postgres::Result rows);

  postgres::Connection* connection_;
  std::string name_;
  std::optional<postgres::Result> rows_;
  bool declared_ = false;
  int row_ = 0;
  int64_t table_ = 0;
};

}  // namespace lockstitch::schema

#endif  // LOCKSTITCH_SCHEMA_CATALOG_CURSOR_H_
