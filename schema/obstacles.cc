#include "schema/obstacles.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "postgres/quote.h"
#include "status/reason.h"

namespace lockstitch::schema {
namespace {

using postgres::QuoteIdentifier;

void Set(Reason reason, absl::string_view message, v1::Obstacle* obstacle) {
  const absl::string_view code = InfoOf(reason).code;
  obstacle->set_reason(code.data(), code.size());
  obstacle->set_message(message.data(), message.size());
}

// No value of a pseudo-type, or of what is made of one, can be read.
bool IsReadable(const v1::DataType& type) {
  if (type.kind() == v1::TYPE_KIND_PSEUDO || type.kind() == v1::TYPE_KIND_UNSPECIFIED) return false;
  return !type.has_element() || IsReadable(type.element());
}

std::string Quoted(const v1::TableName& table) {
  return postgres::QuoteQualified(table.schema(), table.name());
}

bool IsForbidden(const v1::Column& column) {
  return column.obstacle().reason() == InfoOf(Reason::kSourcePermissionDenied).code;
}

// Nothing of a table can be read without a column.
void SetByColumns(const TableAccess& access, v1::Table* table) {
  const auto& columns = table->columns();
  if (columns.empty()) {
    Set(Reason::kColumnUnsupported, "the table has no columns", table->mutable_obstacle());
    return;
  }
  if (std::any_of(columns.begin(), columns.end(),
                  [](const auto& column) { return !column.has_obstacle(); }))
    return;
  if (std::any_of(columns.begin(), columns.end(), IsForbidden)) {
    Set(Reason::kSourcePermissionDenied,
        absl::StrCat("the user may not read it; at the source: GRANT SELECT ON ",
                     Quoted(table->name()), " TO ", QuoteIdentifier(access.user)),
        table->mutable_obstacle());
  } else {
    Set(Reason::kColumnUnsupported, "none of its columns has a type whose values can be read",
        table->mutable_obstacle());
  }
}

}  // namespace

void SetObstacle(const TableAccess& access, const v1::TableName& table, bool granted,
                 v1::Column* column) {
  if (!access.may_select && !granted) {
    Set(Reason::kSourcePermissionDenied,
        absl::StrCat("the user may not read it; at the source: GRANT SELECT (",
                     QuoteIdentifier(column->name()), ") ON ", Quoted(table), " TO ",
                     QuoteIdentifier(access.user)),
        column->mutable_obstacle());
  } else if (!IsReadable(column->type())) {
    Set(Reason::kColumnUnsupported,
        absl::StrCat("values of type ", column->type().display(), " can't be read"),
        column->mutable_obstacle());
  }
}

void SetObstacle(const TableAccess& access, v1::Table* table) {
  if (!access.may_use_schema) {
    Set(Reason::kSourcePermissionDenied,
        absl::StrCat("the user may not use its schema; at the source: GRANT USAGE ON SCHEMA ",
                     QuoteIdentifier(table->name().schema()), " TO ", QuoteIdentifier(access.user)),
        table->mutable_obstacle());
    return;
  }
  SetByColumns(access, table);
  if (table->has_obstacle()) return;
  if (access.row_security) {
    Set(Reason::kSourcePermissionDenied,
        absl::StrCat("row-level security would hide rows of it from the user; at the source: ALTER "
                     "ROLE ",
                     QuoteIdentifier(access.user), " BYPASSRLS"),
        table->mutable_obstacle());
  } else if (!access.populated) {
    Set(Reason::kSourceViewNotPopulated,
        absl::StrCat("it was never filled; at the source: REFRESH MATERIALIZED VIEW ",
                     Quoted(table->name())),
        table->mutable_obstacle());
  }
}

}  // namespace lockstitch::schema
