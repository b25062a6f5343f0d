#ifndef LOCKSTITCH_SCHEMA_DESTINATION_NAMES_H_
#define LOCKSTITCH_SCHEMA_DESTINATION_NAMES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lockstitch/v1/catalog.pb.h"
#include "lockstitch/v1/integration.pb.h"

namespace lockstitch::schema {

// The schema that an integration's tables go to: its name in lower case, everything but ASCII
// letters, digits and underscores replaced by underscores ("Stitch Heroku" -> stitch_heroku).
// INTEGRATION_INVALID for names that give no schema of their own: empty, not beginning with a
// letter or underscore, over 63 bytes, or reserved.
absl::StatusOr<std::string> DestinationSchema(absl::string_view integration_name);

// The table that a stream goes to: as the source's, or `<schema>__<table>`, in the characters of
// the naming's style. DESTINATION_NAME_INVALID where nothing is left, or more than 63 bytes are;
// DESTINATION_NAME_RESERVED for names that begin with _lockstitch. Source: Stitch's rules for
// PostgreSQL destinations.
absl::StatusOr<std::string> DestinationTable(const v1::TableName& table, const v1::Naming& naming);

// The destination's names of these columns, in their order. Every problem in one error:
// DESTINATION_NAME_INVALID, DESTINATION_NAME_RESERVED for names that begin with _sdc_ where
// `system_columns` adds some and for names of PostgreSQL's own columns,
// DESTINATION_COLUMNS_EXCEEDED for more than kMostColumns, else DESTINATION_NAME_COLLISION with
// both sides of each.
absl::StatusOr<std::vector<std::string>> DestinationColumns(const std::vector<std::string>& columns,
                                                            const v1::Naming& naming,
                                                            v1::SystemColumns system_columns);

// As many columns as a table of PostgreSQL can have, those counted that were dropped.
inline constexpr int kMostColumns = 1600;

// The name of a column that takes values of `type`, as SQL shows it, because `column` is not for
// them: `<column>__<type>` without the type's modifiers, in ASCII lower case, `_array` for []; from
// the second `number` on with that behind it. The column's name is cut where the whole would be
// longer than 63 bytes.
std::string SplitColumnName(absl::string_view column, absl::string_view type, int number);

// The schema in which a destination keeps what Lockstitch must remember.
inline constexpr absl::string_view kStateSchema = "_lockstitch";

// A column that Lockstitch adds, named as Stitch names it.
struct SystemColumn {
  absl::string_view name;
  absl::string_view sql_type;
};

// When the row was found to be deleted at the source, a timestamptz; NULL in rows that are there.
// Only in tables of streams that look for deletes and mark them, whatever the choice of system
// columns.
inline constexpr absl::string_view kDeletedAtColumn = "_sdc_deleted_at";

// The columns added for `choice`, in their order at the table's end.
std::vector<SystemColumn> SystemColumnsOf(v1::SystemColumns choice);

}  // namespace lockstitch::schema

#endif  // LOCKSTITCH_SCHEMA_DESTINATION_NAMES_H_
