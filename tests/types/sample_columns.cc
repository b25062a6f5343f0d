#include "tests/types/sample_columns.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "postgres/quote.h"

namespace lockstitch::tests {
namespace {

constexpr int kFirstWithArraysOfDomains = 11;  // And with domains over composites.

bool NeedsDomainArrays(Form form) {
  return form == Form::kArrayOfDomain || form == Form::kDomainOverComposite;
}

bool IsJson(Form form) {
  return form == Form::kComposite || form == Form::kArrayOfComposite ||
         form == Form::kDomainOverComposite;
}

bool IsArray(Form form) {
  return form == Form::kArray || form == Form::kMatrix || form == Form::kDomainOverArray ||
         form == Form::kArrayOfDomain;
}

const char* Name(Form form) {
  switch (form) {
    case Form::kScalar:
      return "";
    case Form::kArray:
      return "array of ";
    case Form::kMatrix:
      return "matrix of ";
    case Form::kDomain:
      return "domain over ";
    case Form::kDomainOfDomain:
      return "domain over domain over ";
    case Form::kDomainOverArray:
      return "domain over array of ";
    case Form::kArrayOfDomain:
      return "array of domain over ";
    case Form::kComposite:
      return "composite of ";
    case Form::kArrayOfComposite:
      return "array of composite of ";
    case Form::kDomainOverComposite:
      return "domain over composite of ";
  }
  return "";
}

}  // namespace

std::string Quoted(const std::string& name) { return postgres::QuoteIdentifier(name); }

SampleTypes::SampleTypes(testing::Database& source, int source_version, int destination_version,
                         const std::string& schema, std::vector<TypeValues> types)
    : schema_(schema), source_version_(source_version), destination_version_(destination_version) {
  std::string make = absl::StrCat("CREATE SCHEMA ", schema, ";");
  for (TypeValues& candidate : types) {
    if (!candidate.versions.Have(source_version)) continue;
    const size_t i = types_.size();
    const std::string type = candidate.type;
    types_.push_back(std::move(candidate));
    const std::string found = postgres::QuoteLiteral(type) + "::regtype";
    send_.push_back(source.Text("SELECT typsend FROM pg_type WHERE oid = " + found));
    has_array_.push_back(source.Text("SELECT typarray <> 0 FROM pg_type WHERE oid = " + found) ==
                         "t");
    absl::SubstituteAndAppend(&make,
                              "CREATE DOMAIN $2.domain_$0 AS $1; CREATE DOMAIN $2.deep_$0 "
                              "AS $2.domain_$0; CREATE TYPE $2.composite_$0 AS (member $1, "
                              "other int4);",
                              i, type, schema);
    if (has_array_.back())
      absl::SubstituteAndAppend(&make, "CREATE DOMAIN $2.array_$0 AS $1[];", i, type, schema);
    if (source_version >= kFirstWithArraysOfDomains)
      absl::SubstituteAndAppend(&make, "CREATE DOMAIN $1.row_$0 AS $1.composite_$0;", i, schema);
  }
  source.Run(make);
}

std::vector<std::string> SampleTypes::Values(size_t type) const {
  const TypeValues& of = types_[type];
  const bool changes = of.own_server_only || !of.versions.Have(destination_version_);
  std::vector<std::string> values;
  for (const Value& value : of.values) {
    if (value.versions.Have(source_version_) &&
        (changes || value.versions.Have(destination_version_)))
      values.push_back(value.sql);
  }
  return values;
}

std::vector<Form> SampleTypes::Forms(size_t type) const {
  std::vector<Form> forms;
  for (const Form form : {Form::kScalar, Form::kArray, Form::kMatrix, Form::kDomain,
                          Form::kDomainOfDomain, Form::kDomainOverArray, Form::kArrayOfDomain,
                          Form::kComposite, Form::kArrayOfComposite, Form::kDomainOverComposite}) {
    if (NeedsDomainArrays(form) && source_version_ < kFirstWithArraysOfDomains) continue;
    if (IsJson(form) && !types_[type].in_json) continue;
    if (IsArray(form) && !has_array_[type]) continue;
    forms.push_back(form);
  }
  return forms;
}

std::string SampleTypes::Declared(size_t type, Form form) const {
  switch (form) {
    case Form::kScalar:
      return types_[type].type;
    case Form::kArray:
    case Form::kMatrix:
      return types_[type].type + "[]";
    case Form::kDomain:
      return absl::StrCat(schema_, ".domain_", type);
    case Form::kDomainOfDomain:
      return absl::StrCat(schema_, ".deep_", type);
    case Form::kDomainOverArray:
      return absl::StrCat(schema_, ".array_", type);
    case Form::kArrayOfDomain:
      return absl::StrCat(schema_, ".domain_", type, "[]");
    case Form::kComposite:
      return absl::StrCat(schema_, ".composite_", type);
    case Form::kArrayOfComposite:
      return absl::StrCat(schema_, ".composite_", type, "[]");
    case Form::kDomainOverComposite:
      return absl::StrCat(schema_, ".row_", type);
  }
  return "";
}

std::string SampleTypes::MemberBytes(size_t type, const std::string& member) const {
  const std::string& name = types_[type].type;
  // JSON's null and NULL are one in JSON.
  if (name == "jsonb") return absl::StrCat("nullif(", member, "::text, 'null')");
  // JSON has no bounds of arrays, of which these are.
  if (name == "int2vector" || name == "oidvector") return member + "::text";
  // A refcursor is sent by text's function too.
  return absl::StrCat(send_[type], "(", member, send_[type] == "textsend" ? "::text)" : ")");
}

void SampleTypes::AddMember(size_t type, Form form, SampleColumn* column) const {
  // Not all values of these can be read, even at their own server: JSON that holds \u0000, the
  // least interval.
  const std::string& name = types_[type].type;
  if (types_[type].own_server_only || name == "json" || absl::StartsWith(name, "interval")) return;
  const std::string composite = Declared(type, Form::kComposite);
  const bool array = form == Form::kArrayOfComposite;
  column->source_member = MemberBytes(
      type,
      absl::StrCat("((", Quoted(column->name), array ? "[1]" : "", ")::", composite, ").member"));
  column->back_member = MemberBytes(type, absl::StrCat("(json_populate_record(NULL::", composite,
                                                       ", back", array ? "->0" : "", ")).member"));
}

SampleColumn SampleTypes::Column(size_t type, Form form, const std::string& name) const {
  const TypeValues& of = types_[type];
  SampleColumn column = {
      .name = name, .declared = Declared(type, form), .shown = absl::StrCat(Name(form), of.type)};
  const std::string value = Quoted(name);
  if (IsJson(form)) {
    column.arrives_as = "json";
    column.source_bytes = absl::StrCat("to_json(", value, ")::text");
    column.arrived_bytes = value + "::text";
    AddMember(type, form, &column);
    return column;
  }
  const std::string array = IsArray(form) ? "[]" : "";
  const bool stays = !of.own_server_only && of.versions.Have(destination_version_);
  column.arrives_as = (stays ? of.type : of.otherwise) + array;
  // A type that loses its modifier has the same values.
  const bool same_values = !of.own_server_only && (stays || of.otherwise != "text");
  const std::string send = IsArray(form) ? "array_send" : same_values ? send_[type] : "textsend";
  // A refcursor is sent by text's function too.
  const std::string text = send == "textsend" || !same_values ? "::text" + array : "";
  column.source_bytes = absl::StrCat(send, "(", value, "::", of.type, array, text, ")");
  column.arrived_bytes = absl::StrCat(send, "(", value, text, ")");
  return column;
}

std::string SampleTypes::Fill(size_t type, Form form, const std::string& value) const {
  const std::string scalar = absl::StrCat("(", value, ")::", types_[type].type);
  const std::string null = absl::StrCat("NULL::", types_[type].type);
  const std::string row = absl::Substitute("ROW($0, 7)::$2.composite_$1", scalar, type, schema_);
  std::string filled = scalar;
  if (form == Form::kMatrix) {
    filled = absl::Substitute(
        "array_cat(array_fill($0, ARRAY[1,2], ARRAY[-2,5]), array_fill($1, ARRAY[1,2], "
        "ARRAY[-2,5]))",
        scalar, null);
  } else if (IsArray(form)) {
    // ARRAY[...] takes vectors for arrays of another dimension.
    filled = absl::Substitute(
        "array_cat(array_fill($0, ARRAY[2], ARRAY[-2]), array_fill($1, ARRAY[1]))", scalar, null);
  } else if (form == Form::kArrayOfComposite) {
    filled =
        absl::Substitute("ARRAY[$0, NULL, ROW(NULL, NULL)::$2.composite_$1]", row, type, schema_);
  } else if (IsJson(form)) {
    filled = row;
  }
  return absl::StrCat("(", filled, ")::", Declared(type, form));
}

}  // namespace lockstitch::tests
