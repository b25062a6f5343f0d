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

// Of an extension, in another schema than at the destination.
v1::DataType ExtensionBase(const std::string& extension, const std::string& name) {
  v1::DataType type = Type(v1::TYPE_KIND_BASE, "public", name);
  type.set_extension(extension);
  return type;
}

v1::DataType Hstore() {
  v1::DataType type = ExtensionBase("hstore", "hstore");
  type.set_jsonb_cast(true);
  return type;
}

TypeEnds EndsOf(int source_version, int destination_version) {
  return {.source_version = source_version,
          .destination_version = destination_version,
          .built_in = {"int4", "numeric", "interval", "tstzrange", "money", "regclass", "aclitem"},
          .extension = {{{"hstore", "hstore"}, "extensions"}, {{"postgis", "geometry"}, "gis"}}};
}

std::string Mapped(const v1::DataType& type, const TypeEnds& ends = EndsOf(150000, 150000)) {
  const auto mapped = MapType(type, ends);
  if (!mapped.ok()) return Explain(mapped.status()).reason;
  std::string text = mapped->schema == "pg_catalog" ? "" : mapped->schema + ".";
  text += mapped->name + (mapped->array ? "[]" : "");
  if (mapped->modifier >= 0) text += "(" + std::to_string(mapped->modifier) + ")";
  if (mapped->wire_schema != mapped->schema) text += " from " + mapped->wire_schema;
  switch (mapped->conversion) {
    case v1::WIRE_CONVERSION_TO_JSON:
      return text + " by to_json";
    case v1::WIRE_CONVERSION_OUTPUT:
      return text + " by output";
    case v1::WIRE_CONVERSION_FINITE_INTERVAL:
      return text + " if finite";
    default:
      return text;
  }
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
  const v1::DataType ints =
      Of(v1::TYPE_KIND_DOMAIN, "ints", Of(v1::TYPE_KIND_ARRAY, "_int4", kInt4));
  EXPECT_EQ(Mapped(ints), "int4[]");
  EXPECT_EQ(Mapped(Of(v1::TYPE_KIND_ARRAY, "_ints", ints)), "text[] by output");
}

TEST(TypeMapTest, WhatIsTheUsersOwnBecomesText) {
  EXPECT_EQ(Mapped(kEnum), "text by output");
  EXPECT_EQ(Mapped(Of(v1::TYPE_KIND_ARRAY, "_mood", kEnum)), "text[] by output");
  EXPECT_EQ(Mapped(Type(v1::TYPE_KIND_BASE, "public", "int4")), "text by output");
  EXPECT_EQ(Mapped(Type(v1::TYPE_KIND_RANGE, "public", "floatrange")), "text by output");
}

TEST(TypeMapTest, WhatMeansNothingElsewhereBecomesText) {
  EXPECT_EQ(Mapped(Type(v1::TYPE_KIND_BASE, "pg_catalog", "regclass")), "text");
  v1::DataType aclitem = Type(v1::TYPE_KIND_BASE, "pg_catalog", "aclitem");
  aclitem.set_binary(false);
  EXPECT_EQ(Mapped(aclitem), "text");
}

TEST(TypeMapTest, MoneyIsMoneyWhereBothEndsCountAlike) {
  const v1::DataType money = Type(v1::TYPE_KIND_BASE, "pg_catalog", "money");
  TypeEnds ends = EndsOf(150000, 150000);
  EXPECT_EQ(Mapped(money, ends), "text");
  ends.same_money = true;
  EXPECT_EQ(Mapped(money, ends), "money");
}

TEST(TypeMapTest, TypesThatTheDestinationLacksBecomeText) {
  const v1::DataType xid8 = Type(v1::TYPE_KIND_BASE, "pg_catalog", "xid8");
  EXPECT_EQ(Mapped(xid8), "text");
  EXPECT_EQ(Mapped(Of(v1::TYPE_KIND_ARRAY, "_xid8", xid8)), "text[]");
}

TEST(TypeMapTest, ExtensionTypesStayWhereTheDestinationHasThem) {
  const v1::DataType hstore = Hstore();
  EXPECT_EQ(Mapped(hstore), "extensions.hstore from public");
  EXPECT_EQ(Mapped(Of(v1::TYPE_KIND_ARRAY, "_hstore", hstore)), "extensions.hstore[] from public");
  EXPECT_EQ(Mapped(Of(v1::TYPE_KIND_ARRAY, "_hstore", hstore), EndsOf(150000, 130000)),
            "text[] by output");
  v1::DataType unreadable = hstore;
  unreadable.set_binary(false);
  EXPECT_EQ(Mapped(unreadable), "jsonb");
}

TEST(TypeMapTest, ExtensionTypesThatTheDestinationLacks) {
  TypeEnds ends = EndsOf(150000, 150000);
  ends.extension.clear();
  EXPECT_EQ(Mapped(Hstore(), ends), "jsonb");
  EXPECT_EQ(Mapped(ExtensionBase("citext", "citext"), ends), "text by output");
  // An hstore that came without its cast, or has lost it.
  EXPECT_EQ(Mapped(ExtensionBase("hstore", "hstore"), ends), "text by output");
}

// `{a:b}` is one element to whoever reads text[].
TEST(TypeMapTest, ArraysWithAnotherDelimiterAreReadElementByElement) {
  v1::DataType geometry = ExtensionBase("postgis", "geometry");
  geometry.set_delimiter(":");
  EXPECT_EQ(Mapped(Of(v1::TYPE_KIND_ARRAY, "_geometry", geometry), EndsOf(150000, 130000)),
            "text[]");
  EXPECT_EQ(Mapped(Of(v1::TYPE_KIND_ARRAY, "_geometry", geometry), EndsOf(100000, 130000)),
            "text by output");
}

TEST(TypeMapTest, ModifiersThatAnOlderDestinationRefusesAreLeftOut) {
  const auto numeric = [](int precision, int scale) {
    return Type(v1::TYPE_KIND_BASE, "pg_catalog", "numeric",
                ((precision << 16) | (scale & 0x7ff)) + 4);
  };
  for (const v1::DataType& type : {numeric(3, -2), numeric(3, 5)}) {
    EXPECT_EQ(Mapped(type, EndsOf(150000, 140000)), "numeric");
    EXPECT_NE(Mapped(type, EndsOf(150000, 150000)), "numeric");
  }
  EXPECT_NE(Mapped(numeric(1000, 1000), EndsOf(150000, 140000)), "numeric");
}

TEST(TypeMapTest, InfiniteIntervalsAreTestedForWhereOneEndHasNone) {
  const v1::DataType interval = Type(v1::TYPE_KIND_BASE, "pg_catalog", "interval");
  EXPECT_EQ(Mapped(interval, EndsOf(170000, 160000)), "interval if finite");
  EXPECT_EQ(Mapped(Of(v1::TYPE_KIND_ARRAY, "_interval", interval), EndsOf(170000, 160000)),
            "interval[] if finite");
  EXPECT_EQ(Mapped(interval, EndsOf(170000, 170000)), "interval");
  EXPECT_EQ(Mapped(interval, EndsOf(160000, 150000)), "interval");
  EXPECT_EQ(Mapped(interval, EndsOf(160000, 170000)), "interval if finite");
}

TEST(TypeMapTest, CompositesBecomeJson) {
  EXPECT_EQ(Mapped(kComposite), "json by to_json");
  EXPECT_EQ(Mapped(Of(v1::TYPE_KIND_ARRAY, "_address", kComposite)), "json by to_json");
  EXPECT_EQ(Mapped(Of(v1::TYPE_KIND_DOMAIN, "home", kComposite)), "json by to_json");
}

TEST(TypeMapTest, CompositesThatACastWouldChangeInJsonBecomeText) {
  v1::DataType composite = kComposite;
  composite.set_json_cast(true);
  composite.set_delimiter(",");
  EXPECT_EQ(Mapped(composite), "text by output");
  EXPECT_EQ(Mapped(Of(v1::TYPE_KIND_DOMAIN, "home", composite)), "text by output");
  const v1::DataType array = Of(v1::TYPE_KIND_ARRAY, "_address", composite);
  EXPECT_EQ(Mapped(array), "text[] by output");
  EXPECT_EQ(Mapped(array, EndsOf(100000, 150000)), "text[] by output");
}

TEST(TypeMapTest, PseudoTypesCannotBeRead) {
  EXPECT_EQ(Mapped(Type(v1::TYPE_KIND_PSEUDO, "pg_catalog", "record")), "COLUMN_UNSUPPORTED");
}

TEST(CollectTypesTest, ReachesElements) {
  TypesToAskFor types;
  CollectTypes(Of(v1::TYPE_KIND_DOMAIN, "d", ExtensionBase("hstore", "hstore")), &types);
  CollectTypes(Of(v1::TYPE_KIND_ARRAY, "_price", Of(v1::TYPE_KIND_DOMAIN, "price", kNumeric)),
               &types);
  EXPECT_EQ(types.built_in, std::set<std::string>{"numeric"});
  EXPECT_EQ(types.extension, (std::set<ExtensionType>{{"hstore", "hstore"}}));
}

}  // namespace
}  // namespace lockstitch::schema
