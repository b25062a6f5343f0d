#include "schema/catalog_types.h"

#include <utility>

#include "absl/strings/string_view.h"

namespace lockstitch::schema {
namespace {

v1::TypeKind TypeKindOf(absl::string_view typtype) {
  if (typtype == "a") return v1::TYPE_KIND_ARRAY;
  if (typtype == "b") return v1::TYPE_KIND_BASE;
  if (typtype == "c") return v1::TYPE_KIND_COMPOSITE;
  if (typtype == "d") return v1::TYPE_KIND_DOMAIN;
  if (typtype == "e") return v1::TYPE_KIND_ENUM;
  if (typtype == "r") return v1::TYPE_KIND_RANGE;
  if (typtype == "m") return v1::TYPE_KIND_MULTIRANGE;
  return v1::TYPE_KIND_PSEUDO;
}

}  // namespace

CatalogTypes::CatalogTypes(const postgres::Result& rows) {
  for (int row = 0; row < rows.rows(); ++row) {
    v1::DataType type;
    type.set_schema(rows.String(row, 1));
    type.set_name(rows.String(row, 2));
    type.set_kind(TypeKindOf(rows.Text(row, 3)));
    type.set_binary(rows.Bool(row, 4));
    type.set_extension(rows.String(row, 5));
    type.set_display(rows.String(row, 8));
    type.set_delimiter(rows.String(row, 9));
    type.set_json_cast(rows.Bool(row, 10));
    type.set_jsonb_cast(rows.Bool(row, 11));
    types_[rows.Int(row, 0)] = {std::move(type), rows.Int(row, 6),
                                static_cast<int>(rows.Int(row, 7))};
  }
}

v1::DataType CatalogTypes::Get(int64_t oid, int modifier) const {
  const auto found = types_.find(oid);
  if (found == types_.end()) return {};
  v1::DataType type = found->second.type;
  type.set_modifier(modifier);
  if (found->second.element != 0) {
    const bool domain = type.kind() == v1::TYPE_KIND_DOMAIN;
    *type.mutable_element() =
        Get(found->second.element, domain ? found->second.domain_modifier : -1);
  }
  return type;
}

}  // namespace lockstitch::schema
