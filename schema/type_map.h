#ifndef LOCKSTITCH_SCHEMA_TYPE_MAP_H_
#define LOCKSTITCH_SCHEMA_TYPE_MAP_H_

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lockstitch/v1/catalog.pb.h"
#include "lockstitch/v1/loader.pb.h"

namespace lockstitch::schema {

// How a source type's values travel and what they become: always a type of pg_catalog, or an array
// of one.
struct MappedType {
  std::string name;  // In pg_type, for example "int4"; of the element if `array`.
  bool array = false;
  int modifier = -1;  // The destination column's typmod. The wire type has none.
  v1::WireConversion conversion = v1::WIRE_CONVERSION_CAST;
};

// Built-in types stay what they are, domains become their base,
// composites json, what has no binary form or is the user's own becomes text. `exists` tells
// whether the destination's pg_catalog has a type of that name. COLUMN_UNSUPPORTED for
// pseudo-types.
absl::StatusOr<MappedType> MapType(const v1::DataType& type,
                                   const std::function<bool(absl::string_view)>& exists);

// The types of pg_catalog that `exists` may be asked for when `type` is mapped.
void CollectBuiltInNames(const v1::DataType& type, std::vector<std::string>* names);

}  // namespace lockstitch::schema

#endif  // LOCKSTITCH_SCHEMA_TYPE_MAP_H_
