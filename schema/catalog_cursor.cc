#include "schema/catalog_cursor.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "status/macros.h"

namespace lockstitch::schema {
namespace {

// Some hundred kilobytes of columns.
constexpr int kRows = 2000;

}  // namespace

CatalogCursor::CatalogCursor(postgres::Connection& connection, absl::string_view name)
    : connection_(&connection), name_(absl::StrCat("lockstitch_", name)) {}

absl::Status CatalogCursor::Open(const std::string& query) {
  if (query.empty()) return absl::OkStatus();
  declared_ = true;
  return Fetch(absl::StrCat("DECLARE ", name_, " NO SCROLL CURSOR FOR ", query, "; "));
}

void CatalogCursor::Open(postgres::Result rows) { Hold(std::move(rows)); }

absl::Status CatalogCursor::Next() {
  if (++row_ < rows_->rows()) {
    table_ = rows_->Int(row_, 0);
    return absl::OkStatus();
  }
  if (declared_ && row_ == kRows) return Fetch("");
  table_ = 0;
  return absl::OkStatus();
}

absl::Status CatalogCursor::Close() {
  if (!declared_) return absl::OkStatus();
  return connection_->Execute(absl::StrCat("CLOSE ", name_));
}

absl::Status CatalogCursor::Fetch(absl::string_view sql) {
  rows_.reset();
  ASSIGN_OR_RETURN(postgres::Result rows,
                   connection_->Query(absl::StrCat(sql, "FETCH ", kRows, " FROM ", name_)));
  Hold(std::move(rows));
  return absl::OkStatus();
}

void CatalogCursor::Hold(postgres::Result rows) {
  rows_ = std::move(rows);
  row_ = 0;
  table_ = rows_->empty() ? 0 : rows_->Int(0, 0);
}

}  // namespace lockstitch::schema
