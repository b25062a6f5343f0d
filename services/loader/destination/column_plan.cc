#include "services/loader/destination/column_plan.h"

#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "postgres/quote.h"
#include "schema/destination_names.h"
#include "schema/key_order.h"
#include "schema/new_columns.h"
#include "schema/replication_keys.h"
#include "schema/type_map.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::loader {
namespace {

using schema::MappedType;

// $1 names of types. Those with a binary form that a column can have.
constexpr absl::string_view kBuiltInTypes =
    "SELECT typname FROM pg_catalog.pg_type "
    "WHERE typnamespace = 'pg_catalog'::pg_catalog.regnamespace AND typtype <> 'p' AND typsend <> "
    "0 "
    "AND typreceive <> 0 AND typname = ANY ($1::text[])";

// $1 names of extensions. Their types that have a binary form and that the user may use, and where
// they are.
constexpr absl::string_view kExtensionTypes = R"sql(
SELECT x.extname, t.typname, n.nspname
FROM pg_catalog.pg_extension x
     JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND d.refobjid = x.oid
          AND d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND d.objsubid = 0 AND d.deptype = 'e'
     JOIN pg_catalog.pg_type t ON t.oid = d.objid JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
WHERE x.extname = ANY ($1::text[]) AND t.typtype = 'b' AND t.typsend <> 0 AND t.typreceive <> 0 AND
      pg_catalog.has_schema_privilege(n.oid, 'USAGE'))sql";

constexpr absl::string_view kMoneyLocale = "SHOW lc_monetary";

// $1 type names, $2 whether arrays of them, $3 modifiers, $4 the types' schemas, $5 whether the key
// has them, in the order of the columns. Answers the column type as SQL, and whether a primary key
// that is to hold it can.
constexpr absl::string_view kDescribeTypes = R"sql(
SELECT pg_catalog.format_type(held.oid, wanted.modifier),
       wanted.in_key AND
       EXISTS (SELECT 1 FROM pg_catalog.pg_opclass o JOIN pg_catalog.pg_am m ON m.oid = o.opcmethod
               WHERE m.amname = 'btree' AND o.opcdefault AND (
                 o.opcintype = t.oid OR
                 t.typtype = 'r' AND o.opcintype = 'pg_catalog.anyrange'::pg_catalog.regtype OR
                 t.typtype = 'm' AND o.opcintype::pg_catalog.regtype::text = 'anymultirange' OR
                 EXISTS (SELECT 1 FROM pg_catalog.pg_cast c WHERE c.castsource = t.oid AND
                         c.casttarget = o.opcintype AND c.castmethod = 'b')))
FROM unnest($1::text[], $2::boolean[], $3::integer[], $4::text[], $5::boolean[])
     WITH ORDINALITY AS wanted(name, is_array, modifier, schema, in_key, place)
     JOIN pg_catalog.pg_namespace n ON n.nspname = wanted.schema
     JOIN pg_catalog.pg_type t ON t.typname = wanted.name AND t.typnamespace = n.oid
     CROSS JOIN LATERAL (SELECT CASE WHEN wanted.is_array THEN t.typarray ELSE t.oid END AS oid) held
ORDER BY wanted.place)sql";

std::vector<std::string> Sorted(const std::set<std::string>& names) {
  return {names.begin(), names.end()};
}

// What the type map must know of this destination.
absl::StatusOr<schema::TypeEnds> AskEnds(postgres::Connection& connection,
                                         const v1::BeginLoadRequest& request,
                                         const v1::Table& table) {
  schema::TypesToAskFor types;
  for (const v1::Column& column : table.columns()) schema::CollectTypes(column.type(), &types);
  schema::TypeEnds ends = {.source_version = request.source_version(),
                           .destination_version = connection.server_version()};
  ASSIGN_OR_RETURN(const postgres::Result built_in,
                   connection.Query(kBuiltInTypes, {postgres::ArrayText(Sorted(types.built_in))}));
  for (int row = 0; row < built_in.rows(); ++row) ends.built_in.insert(built_in.String(row, 0));
  if (types.built_in.count("money") > 0) {
    ASSIGN_OR_RETURN(const postgres::Result locale, connection.Query(kMoneyLocale));
    ends.same_money = locale.Text(0, 0) == request.lc_monetary();
  }
  std::set<std::string> extensions;
  for (const schema::ExtensionType& type : types.extension) extensions.insert(type.first);
  if (extensions.empty()) return ends;
  ASSIGN_OR_RETURN(const postgres::Result extension,
                   connection.Query(kExtensionTypes, {postgres::ArrayText(Sorted(extensions))}));
  for (int row = 0; row < extension.rows(); ++row) {
    ends.extension[{extension.String(row, 0), extension.String(row, 1)}] = extension.String(row, 2);
  }
  return ends;
}

std::vector<std::string> ColumnNames(const v1::Table& table) {
  std::vector<std::string> names;
  for (const v1::Column& column : table.columns()) names.push_back(column.name());
  return names;
}

// The request's table without the columns that it wants ignored.
v1::Table WithoutNewColumns(const v1::BeginLoadRequest& request, const std::set<std::string>& known,
                            std::vector<std::string>* notes) {
  v1::Table table = request.table();
  if (request.new_columns() != v1::NEW_POLICY_IGNORE) return table;
  std::set<std::string> wanted(table.primary_key().begin(), table.primary_key().end());
  wanted.insert(request.named_columns().begin(), request.named_columns().end());
  wanted.insert(request.replication_key());
  for (const std::string& name : schema::NewColumns(ColumnNames(table), known, wanted)) {
    const auto is_new = [&](const v1::Column& column) { return column.name() == name; };
    table.mutable_columns()->erase(
        std::find_if(table.columns().begin(), table.columns().end(), is_new));
    notes->push_back(schema::LeftOutNote(name));
  }
  return table;
}

absl::StatusOr<std::vector<MappedType>> MapTypes(const v1::Table& table,
                                                 const schema::TypeEnds& ends) {
  std::vector<MappedType> mapped;
  std::vector<std::string> problems;
  for (const v1::Column& column : table.columns()) {
    auto type = schema::MapType(column.type(), ends);
    if (type.ok()) {
      mapped.push_back(*std::move(type));
    } else {
      problems.push_back(absl::StrCat(column.name(), ": ", type.status().message()));
    }
  }
  if (problems.empty()) return mapped;
  return Error(Reason::kColumnUnsupported, absl::StrJoin(problems, "; "));
}

// `mapped` are the types of the table's columns.
absl::StatusOr<postgres::Result> DescribeTypes(postgres::Connection& connection,
                                               const v1::Table& table,
                                               const std::vector<MappedType>& mapped) {
  const std::set<std::string> key(table.primary_key().begin(), table.primary_key().end());
  std::vector<std::string> names, arrays, modifiers, schemas, in_key;
  for (size_t i = 0; i < mapped.size(); ++i) {
    const MappedType& type = mapped[i];
    in_key.emplace_back(key.count(table.columns(static_cast<int>(i)).name()) > 0 ? "t" : "f");
    names.push_back(type.name);
    schemas.push_back(type.schema);
    arrays.emplace_back(type.array ? "t" : "f");
    modifiers.push_back(absl::StrCat(type.modifier));
  }
  return connection.Query(
      kDescribeTypes,
      {postgres::ArrayText(names), postgres::ArrayText(arrays), postgres::ArrayText(modifiers),
       postgres::ArrayText(schemas), postgres::ArrayText(in_key)});
}

// `names` are the destination's of the table's columns.
std::vector<std::string> PlanKey(const v1::Table& table,
                                 const std::map<std::string, std::string>& names,
                                 const std::set<std::string>& orderable,
                                 std::vector<std::string>* notes) {
  std::vector<std::string> key;
  for (const std::string& column : table.primary_key()) {
    if (orderable.count(column) == 0) {
      notes->push_back(absl::StrCat("no primary key at the destination: key column ", column,
                                    " becomes a type that has no order"));
      return {};
    }
    key.push_back(names.at(column));
  }
  return key;
}

constexpr absl::string_view kEncoding = "SHOW server_encoding";

// Of encodings whose bytes have the order of UTF-8's, which all texts travel in.
bool HasOrderOfUtf8(absl::string_view encoding) {
  return encoding == "UTF8" || encoding == "LATIN1" || encoding == "SQL_ASCII";
}

// Whether texts that are compared by their bytes have the same order at both ends.
absl::Status TestEncodings(postgres::Connection& connection, const std::string& source) {
  ASSIGN_OR_RETURN(const postgres::Result shown, connection.Query(kEncoding));
  const std::string destination = shown.String(0, 0);
  if (source.empty() || source == destination ||
      (HasOrderOfUtf8(source) && HasOrderOfUtf8(destination)))
    return absl::OkStatus();
  return Error(
      Reason::kReplicationKeyUnfit,
      absl::StrCat("texts have another order at the destination: the source's encoding is ", source,
                   ", the destination's ", destination));
}

// Rows must have the same order on both sides.
absl::Status TestReplicationKey(const v1::Column& source, const v1::ColumnMapping& mapped) {
  if (schema::FitsReplicationKey(source.type()) &&
      schema::KeyType(source.type()) == mapped.wire_type() && !mapped.wire_array())
    return absl::OkStatus();
  return Error(Reason::kReplicationKeyUnfit,
               absl::StrCat("column ", source.name(),
                            " has another type at the destination: ", mapped.destination_type()));
}

}  // namespace

absl::StatusOr<ColumnPlan> PlanColumns(postgres::Connection& connection,
                                       const v1::BeginLoadRequest& request,
                                       const std::set<std::string>& known) {
  ColumnPlan plan;
  const v1::Table table = WithoutNewColumns(request, known, &plan.notes);
  if (table.columns().empty()) return Error(Reason::kColumnUnsupported, "the table has no columns");
  ASSIGN_OR_RETURN(const std::vector<std::string> names,
                   schema::DestinationColumns(ColumnNames(table), request.claim().target().naming(),
                                              request.system_columns()));
  ASSIGN_OR_RETURN(const schema::TypeEnds ends, AskEnds(connection, request, table));
  ASSIGN_OR_RETURN(const std::vector<MappedType> mapped, MapTypes(table, ends));
  ASSIGN_OR_RETURN(const postgres::Result types, DescribeTypes(connection, table, mapped));
  if (types.rows() != table.columns_size()) {
    return Error(Reason::kDestinationConflict,
                 "a type went away at the destination while columns were planned");
  }

  std::set<std::string> orderable;
  std::map<std::string, std::string> named;
  for (int i = 0; i < table.columns_size(); ++i) {
    const MappedType& type = mapped[static_cast<size_t>(i)];
    v1::ColumnMapping& column = plan.columns.emplace_back();
    column.set_source_column(table.columns(i).name());
    column.set_source_number(table.columns(i).number());
    column.set_destination_column(names[static_cast<size_t>(i)]);
    column.set_wire_schema(type.wire_schema);
    column.set_wire_type(type.name);
    column.set_wire_array(type.array);
    column.set_conversion(type.conversion);
    column.set_destination_type(types.String(i, 0));
    named[column.source_column()] = column.destination_column();
    if (types.Bool(i, 1)) orderable.insert(column.source_column());
    if (column.source_column() != request.replication_key()) continue;
    RETURN_IF_ERROR(TestReplicationKey(table.columns(i), column));
    if (type.name == "text" || type.name == "varchar")
      RETURN_IF_ERROR(TestEncodings(connection, request.source_encoding()));
  }
  plan.key_columns = PlanKey(table, named, orderable, &plan.notes);
  return plan;
}

}  // namespace lockstitch::loader
