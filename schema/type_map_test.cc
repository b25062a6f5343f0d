#include "schema/type_map.h"

#include "gtest/gtest.h"
#include "status/reason.h"

namespace lockstitch::schema {
namespace {

v1::DataType Type(v1::TypeKind kind, const std::string& schema, const std::string& name,
                  int modifier = -1) {
  v1::DataType type;
  type.set_kind(kind);
  type.set_schema(schema);
  type.set_name(name);
  type.set_modifier(modifier);
  type.set_binary(true);
  return type;
}

v1::DataType Of(v1::TypeKind kind, const std::string& name, const v1::DataType& element) {
  v1::DataType type = Type(kind, "public", name);
  *type.mutable_element() = element;
  return type;
}

std::string Mapped(const v1::DataType& type, bool exists = true) {
  const auto mapped = MapType(type, [exists](absl::string_view) { return exists; });
  if (!mapped.ok()) return Explain(mapped.status()).reason;
  return mapped->name + (mapped->array ? "[]" : "") +
         (mapped->modifier >= 0 ? "(" + std::to_string(mapped->modifier) + ")" : "") +
         (mapped->conversion == v1::WIRE_CONVERSION_TO_JSON ? " by to_json" : "");
}

const v1::DataType kInt4 = Type(v1::TYPE_KIND_BASE, "pg_catalog", "int4");
const v1::DataType kNumeric = Type(v1::TYPE_KIND_BASE, "pg_catalog", "numeric", 655366);
const v1::DataType kEnum = Type(v1::TYPE_KIND_ENUM, "public", "mood");
const v1::DataType kComposite = Type(v1::TYPE_KIND_COMPOSITE, "public", "address");

TEST(TypeMapTest, BuiltInTypesStayWhatTheyAre) {
  EXPECT_EQ(Mapped(kInt4), "int4");
  EXPECT_EQ(Mapped(kNumeric), "numeric(655366)");
  EXPECT_EQ(Mapped(Type(v1::TYPE_KIND_RANGE, "pg_catalog", "tstzrange")), "tstzrange");
  EXPECT_EQ(Mapped(Of(v1::TYPE_KIND_ARRAY, "_int4", kInt4)), "int4[]");
}

TEST(TypeMapTest, AnArraysModifierIsItsOwn) {
  v1::DataType array =
      Of(v1::TYPE_KIND_ARRAY, "_numeric", Type(v1::TYPE_KIND_BASE, "pg_catalog", "numeric"));
  array.set_modifier(655366);
  EXPECT_EQ(Mapped(array), "numeric[](655366)");
}

TEST(TypeMapTest, DomainsBecomeTheirBase) {
  const v1::DataType domain = Of(v1::TYPE_KIND_DOMAIN, "price", kNumeric);
  EXPECT_EQ(Mapped(Of(v1::TYPE_KIND_DOMAIN, "net_price", domain)), "numeric(655366)");
  EXPECT_EQ(Mapped(Of(v1::TYPE_KIND_ARRAY, "_price", domain)), "numeric[](655366)");
  EXPECT_EQ(Mapped(Of(v1::TYPE_KIND_ARRAY, "_ints",
                      Of(v1::TYPE_KIND_DOMAIN, "ints", Of(v1::TYPE_KIND_ARRAY, "_int4", kInt4)))),
            "text[]");
}

TEST(TypeMapTest, WhatIsTheUsersOwnBecomesText) {
  EXPECT_EQ(Mapped(kEnum), "text");
  EXPECT_EQ(Mapped(Of(v1::TYPE_KIND_ARRAY, "_mood", kEnum)), "text[]");
  EXPECT_EQ(Mapped(Type(v1::TYPE_KIND_BASE, "public", "hstore")), "text");
  EXPECT_EQ(Mapped(Type(v1::TYPE_KIND_RANGE, "public", "floatrange")), "text");
}

TEST(TypeMapTest, WhatMeansNothingElsewhereBecomesText) {
  EXPECT_EQ(Mapped(Type(v1::TYPE_KIND_BASE, "pg_catalog", "regclass")), "text");
  EXPECT_EQ(Mapped(Type(v1::TYPE_KIND_BASE, "pg_catalog", "money")), "text");
  v1::DataType aclitem = Type(v1::TYPE_KIND_BASE, "pg_catalog", "aclitem");
  aclitem.set_binary(false);
  EXPECT_EQ(Mapped(aclitem), "text");
}

TEST(TypeMapTest, TypesThatTheDestinationLacksBecomeText) {
  EXPECT_EQ(Mapped(kInt4, /*exists=*/false), "text");
}

TEST(TypeMapTest, CompositesBecomeJson) {
  EXPECT_EQ(Mapped(kComposite), "json by to_json");
  EXPECT_EQ(Mapped(Of(v1::TYPE_KIND_ARRAY, "_address", kComposite)), "json by to_json");
}

TEST(TypeMapTest, PseudoTypesCannotBeRead) {
  EXPECT_EQ(Mapped(Type(v1::TYPE_KIND_PSEUDO, "pg_catalog", "record")), "COLUMN_UNSUPPORTED");
}

}  // namespace
}  // namespace lockstitch::schema
