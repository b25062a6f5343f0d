#include "schema/type_map.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::schema {
namespace {

constexpr int kFirstCastingElements = 110000;
constexpr int kFirstTakingForeignElements = 140000;
constexpr int kFirstWithAnyNumericScale = 150000;
constexpr int kFirstWithInfiniteIntervals = 170000;

// Built-in types whose binary form means nothing to another server: numbers of its own objects, or
// statistics that no server reads back.
bool IsBoundToItsServer(absl::string_view name) {
  static constexpr absl::string_view kNames[] = {
      "pg_node_tree", "pg_ndistinct",          "pg_dependencies",
      "pg_mcv_list",  "pg_brin_bloom_summary", "pg_brin_minmax_multi_summary"};
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

bool IsSame(const MappedType& mapped, const v1::DataType& type) {
  return mapped.name == type.name() && mapped.wire_schema == type.schema();
}

// A scale below zero or above the precision, which older servers don't take.
bool HasWideScale(int modifier) {
  constexpr int kHeader = 4, kScaleBits = 11;
  if (modifier < kHeader) return false;
  const int precision = (modifier - kHeader) >> 16;
  const int scale = (modifier - kHeader) & ((1 << kScaleBits) - 1);
  return scale > precision;  // Below zero it is above 1023, the precision never is.
}

int ModifierAt(const MappedType& type, int modifier, const TypeEnds& ends) {
  const bool lost = type.name == "numeric" && type.schema == "pg_catalog" &&
                    ends.destination_version < kFirstWithAnyNumericScale && HasWideScale(modifier);
  return lost ? -1 : modifier;
}

MappedType MapBuiltIn(const v1::DataType& type, const TypeEnds& ends) {
  const bool foreign_money = type.name() == "money" && !ends.same_money;
  if (!type.binary() || IsBoundToItsServer(type.name()) || foreign_money ||
      ends.built_in.count(type.name()) == 0) {
    return Text(type);
  }
  // What is infinite to one server is the greatest interval to the other.
  const bool must_be_finite =
      type.name() == "interval" && (ends.source_version >= kFirstWithInfiniteIntervals) !=
                                       (ends.destination_version >= kFirstWithInfiniteIntervals);
  return {.name = type.name(),
          .conversion =
              must_be_finite ? v1::WIRE_CONVERSION_FINITE_INTERVAL : v1::WIRE_CONVERSION_CAST};
}

MappedType MapExtensionType(const v1::DataType& type, const TypeEnds& ends) {
  const auto there = ends.extension.find({type.extension(), type.name()});
  if (there != ends.extension.end() && type.binary()) {
    return {.wire_schema = type.schema(), .schema = there->second, .name = type.name()};
  }
  if (type.name() == "hstore" && type.jsonb_cast()) return {.name = "jsonb"};
  return Text(type);
}

MappedType MapScalar(const v1::DataType& type, const TypeEnds& ends) {
  MappedType mapped = Text(type);
  if (IsBuiltIn(type)) mapped = MapBuiltIn(type, ends);
  if (!type.extension().empty() && type.kind() == v1::TYPE_KIND_BASE)
    mapped = MapExtensionType(type, ends);
  if (IsSame(mapped, type)) mapped.modifier = ModifierAt(mapped, type.modifier(), ends);
  return mapped;
}

// The text of each element. The array's own text can be read back as text[] only where commas stand
// between its elements; a cast goes element by element, since PostgreSQL 11. Before, the array's
// text stays in one piece.
MappedType TextArray(const v1::DataType& element, const TypeEnds& ends) {
  MappedType mapped = Text(element);
  const bool commas = element.delimiter().empty() || element.delimiter() == ",";
  const bool elementwise = ends.source_version >= kFirstCastingElements;
  if (!commas && elementwise) mapped.conversion = v1::WIRE_CONVERSION_CAST;
  mapped.array = commas || elementwise;
  return mapped;
}

absl::StatusOr<MappedType> MapArray(const v1::DataType& type, const TypeEnds& ends) {
  const v1::DataType& element = WithoutDomains(type.element());
  ASSIGN_OR_RETURN(MappedType mapped, MapType(element, ends));
  if (mapped.conversion == v1::WIRE_CONVERSION_TO_JSON) return mapped;
  const bool foreign =
      !element.extension().empty() && ends.destination_version < kFirstTakingForeignElements;
  // Elements that are arrays themselves exist as domains only.
  if (mapped.array || !IsSame(mapped, element) || foreign) return TextArray(element, ends);
  mapped.array = true;
  // The array's own, unless the element is a domain that has one.
  const int modifier = type.modifier() >= 0 ? type.modifier() : mapped.modifier;
  mapped.modifier = ModifierAt(mapped, modifier, ends);
  return mapped;
}

}  // namespace

absl::StatusOr<MappedType> MapType(const v1::DataType& type, const TypeEnds& ends) {
  switch (type.kind()) {
    case v1::TYPE_KIND_DOMAIN:
      return MapType(type.element(), ends);
    case v1::TYPE_KIND_ARRAY:
      return MapArray(type, ends);
    case v1::TYPE_KIND_COMPOSITE:
      if (type.json_cast()) return Text(type);
      return MappedType{.name = "json", .conversion = v1::WIRE_CONVERSION_TO_JSON};
    case v1::TYPE_KIND_BASE:
    case v1::TYPE_KIND_RANGE:
    case v1::TYPE_KIND_MULTIRANGE:
      return MapScalar(type, ends);
    case v1::TYPE_KIND_ENUM:
      return Text(type);
    default:
      return Error(Reason::kColumnUnsupported,
                   absl::StrCat("values of type ", type.display(), " can't be read"));
  }
}

void CollectTypes(const v1::DataType& type, TypesToAskFor* types) {
  if (!type.extension().empty()) {
    types->extension.emplace(type.extension(), type.name());
  } else if (IsBuiltIn(type)) {
    types->built_in.insert(type.name());
  }
  if (type.has_element()) CollectTypes(type.element(), types);
}

}  // namespace lockstitch::schema
