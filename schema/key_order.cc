#include "schema/key_order.h"

#include "absl/strings/str_cat.h"
#include "postgres/quote.h"

namespace lockstitch::schema {
namespace {

constexpr int kFirstWithInfiniteNumeric = 140000;

bool IsText(absl::string_view type) { return type == "text" || type == "varchar"; }

bool IsTime(absl::string_view type) {
  return type == "timestamptz" || type == "timestamp" || type == "date";
}

}  // namespace

std::string KeyType(const v1::DataType& type) {
  return type.kind() == v1::TYPE_KIND_DOMAIN ? KeyType(type.element()) : type.name();
}

KeyOrder::KeyOrder(absl::string_view column, absl::string_view type)
    : type_(type), expression_(absl::StrCat(column, IsText(type) ? " COLLATE \"C\"" : "")) {}

std::string KeyOrder::Constant(absl::string_view value) const {
  return absl::StrCat(postgres::QuoteLiteral(value),
                      "::", postgres::QuoteQualified("pg_catalog", type_));
}

std::string KeyOrder::IsFinite(int server_version) const {
  if (IsTime(type_)) {
    return absl::StrCat("(", expression_, " > ", Constant("-infinity"), " AND ", expression_, " < ",
                        Constant("infinity"), ")");
  }
  if (type_ != "numeric") return absl::StrCat("(", expression_, " IS NOT NULL)");
  // NaN is greater than infinity.
  if (server_version < kFirstWithInfiniteNumeric)
    return absl::StrCat("(", expression_, " < ", Constant("NaN"), ")");
  return absl::StrCat("(", expression_, " > ", Constant("-Infinity"), " AND ", expression_, " < ",
                      Constant("Infinity"), ")");
}

}  // namespace lockstitch::schema
