#ifndef LOCKSTITCH_SCHEMA_TYPE_MAP_H_
#define LOCKSTITCH_SCHEMA_TYPE_MAP_H_

#include <map>
#include <set>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lockstitch/v1/catalog.pb.h"
#include "lockstitch/v1/loader.pb.h"

namespace lockstitch::schema {

// How a source type's values travel and what they become.
struct MappedType {
  std::string wire_schema = "pg_catalog";  // Of the type that the source casts to.
  std::string schema = "pg_catalog";       // Of the destination's type.
  std::string name;  // In pg_type of both sides, for example "int4"; of the element if `array`.
  bool array = false;
  int modifier = -1;  // The destination column's typmod. The wire type has none.
  v1::WireConversion conversion = v1::WIRE_CONVERSION_CAST;
};

// An extension and one of its types.
using ExtensionType = std::pair<std::string, std::string>;

// What the map must know of both ends besides the type.
struct TypeEnds {
  int source_version = 0;       // For example 150018.
  int destination_version = 0;  // The same.
  bool same_money = false;      // Whether both sessions have the same lc_monetary.
  // The destination's types that have a binary form: those of pg_catalog by name, and those of its
  // extensions with the schema that they are in there. Need to hold no more than TypesToAskFor.
  std::set<std::string> built_in;
  std::map<ExtensionType, std::string> extension;
};

// Built-in types and those of extensions stay what they are where the destination has them; domains
// become their base, composites json, hstore jsonb. What has no binary form, is the user's own,
// means nothing at another server, is missing there or would be changed by to_json becomes text.
// COLUMN_UNSUPPORTED for pseudo-types. Source: the type map in docs/types.md.
absl::StatusOr<MappedType> MapType(const v1::DataType& type, const TypeEnds& ends);

// The types that `type` may become, for asking the destination about them.
struct TypesToAskFor {
  std::set<std::string> built_in;
  std::set<ExtensionType> extension;
};
void CollectTypes(const v1::DataType& type, TypesToAskFor* types);

}  // namespace lockstitch::schema

#endif  // LOCKSTITCH_SCHEMA_TYPE_MAP_H_
