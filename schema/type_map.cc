#include "schema/type_map.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::schema {
namespace {

using Exists = std::function<bool(absl::string_view)>;

// Built-in types whose binary form means nothing to another server: numbers of its own objects, its
// own locale, or statistics that no server reads back.
bool IsBoundToItsServer(absl::string_view name) {
  static constexpr absl::string_view kNames[] = {
      "money",          "pg_node_tree",          "pg_ndistinct",
      "pg_mcv_list",    "pg_brin_bloom_summary", "pg_brin_minmax_multi_summary",
      "pg_dependencies"};
  return absl::StartsWith(name, "reg") ||
         std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

bool IsBuiltIn(const v1::DataType& type) {
  return type.schema() == "pg_catalog" && type.extension().empty();
}

const v1::DataType& WithoutDomains(const v1::DataType& type) {
  return type.kind() == v1::TYPE_KIND_DOMAIN ? WithoutDomains(type.element()) : type;
}

MappedType Text(const v1::DataType& type) {
  return {.name = "text",
          .conversion = IsBuiltIn(type) ? v1::WIRE_CONVERSION_CAST : v1::WIRE_CONVERSION_OUTPUT};
}

MappedType MapScalar(const v1::DataType& type, const Exists& exists) {
  if (!IsBuiltIn(type) || !type.binary() || IsBoundToItsServer(type.name()) || !exists(type.name()))
    return Text(type);
  return {.name = type.name(), .modifier = type.modifier()};
}

absl::StatusOr<MappedType> MapArray(const v1::DataType& type, const Exists& exists) {
  const v1::DataType& element = WithoutDomains(type.element());
  ASSIGN_OR_RETURN(MappedType mapped, MapType(element, exists));
  if (mapped.conversion == v1::WIRE_CONVERSION_TO_JSON) return mapped;
  // Elements that are arrays themselves exist as domains only.
  if (mapped.array) mapped = Text(type.element());
  mapped.array = true;
  if (mapped.name == type.element().name()) mapped.modifier = type.modifier();
  return mapped;
}

}  // namespace

absl::StatusOr<MappedType> MapType(const v1::DataType& type, const Exists& exists) {
  switch (type.kind()) {
    case v1::TYPE_KIND_DOMAIN:
      return MapType(type.element(), exists);
    case v1::TYPE_KIND_ARRAY:
      return MapArray(type, exists);
    case v1::TYPE_KIND_COMPOSITE:
      return MappedType{.name = "json", .conversion = v1::WIRE_CONVERSION_TO_JSON};
    case v1::TYPE_KIND_BASE:
    case v1::TYPE_KIND_RANGE:
    case v1::TYPE_KIND_MULTIRANGE:
      return MapScalar(type, exists);
    case v1::TYPE_KIND_ENUM:
      return Text(type);
    default:
      return Error(Reason::kColumnUnsupported,
                   absl::StrCat("values of type ", type.display(), " can't be read"));
  }
}

void CollectBuiltInNames(const v1::DataType& type, std::vector<std::string>* names) {
  if (IsBuiltIn(type)) names->push_back(type.name());
  if (type.has_element()) CollectBuiltInNames(type.element(), names);
}

}  // namespace lockstitch::schema
