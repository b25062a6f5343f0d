#ifndef LOCKSTITCH_SCHEMA_COLUMN_EXPRESSION_H_
#define LOCKSTITCH_SCHEMA_COLUMN_EXPRESSION_H_

#include <string>

#include "lockstitch/v1/loader.pb.h"

namespace lockstitch::schema {

// How a column is read, as SQL: of one type at both ends, whatever has become of the column since
// it was described. Casts have no modifier: a column that was retyped is converted or fails, rather
// than giving bytes of another meaning.

// At the source: cast to its wire type.
std::string SourceExpression(const v1::ColumnMapping& column);

// At the destination, as it was sent. An extension's type may be in another schema there, and is
// left as it is.
std::string DestinationExpression(const v1::ColumnMapping& column);

}  // namespace lockstitch::schema

#endif  // LOCKSTITCH_SCHEMA_COLUMN_EXPRESSION_H_
