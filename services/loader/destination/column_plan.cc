#include "services/loader/destination/column_plan.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "postgres/quote.h"
#include "schema/destination_names.h"
#include "schema/type_map.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::loader {
namespace {

using schema::MappedType;

// $1 names of types.
constexpr absl::string_view kPresentTypes =
    "SELECT typname FROM pg_catalog.pg_type WHERE typnamespace = "
    "'pg_catalog'::pg_catalog.regnamespace AND "
    "typname = ANY ($1::text[])";

// $1 type names, $2 whether arrays of them, $3 modifiers, in the order of the columns. Answers the
// column type as SQL, and whether a primary key can hold it.
constexpr absl::string_view kDescribeTypes = R"sql(
SELECT pg_catalog.format_type(held.oid, wanted.modifier),
       EXISTS (SELECT 1 FROM pg_catalog.pg_opclass o JOIN pg_catalog.pg_am m ON m.oid = o.opcmethod
               WHERE m.amname = 'btree' AND o.opcdefault AND (
                 o.opcintype = t.oid OR
                 t.typtype = 'r' AND o.opcintype = 'pg_catalog.anyrange'::pg_catalog.regtype OR
                 t.typtype = 'm' AND o.opcintype::pg_catalog.regtype::text = 'anymultirange' OR
                 EXISTS (SELECT 1 FROM pg_catalog.pg_cast c WHERE c.castsource = t.oid AND
                         c.casttarget = o.opcintype AND c.castmethod = 'b')))
FROM unnest($1::text[], $2::boolean[], $3::integer[])
     WITH ORDINALITY AS wanted(name, is_array, modifier, place)
     JOIN pg_catalog.pg_type t ON t.typname = wanted.name AND t.typnamespace = 'pg_catalog'::pg_catalog.regnamespace
     CROSS JOIN LATERAL (SELECT CASE WHEN wanted.is_array THEN t.typarray ELSE t.oid END AS oid) held
ORDER BY wanted.place)sql";

absl::StatusOr<std::set<std::string>> PresentTypes(postgres::Connection& connection,
                                                   const v1::Table& table) {
  std::vector<std::string> names;
  for (const v1::Column& column : table.columns())
    schema::CollectBuiltInNames(column.type(), &names);
  ASSIGN_OR_RETURN(const postgres::Result rows,
                   connection.Query(kPresentTypes, {postgres::ArrayText(names)}));
  std::set<std::string> present;
  for (int row = 0; row < rows.rows(); ++row) present.insert(rows.String(row, 0));
  return present;
}

absl::Status TestNames(const v1::Table& table, v1::SystemColumns system_columns) {
  std::vector<std::string> taken;
  for (const schema::SystemColumn& system : schema::SystemColumnsOf(system_columns)) {
    for (const v1::Column& column : table.columns()) {
      if (column.name() == system.name) taken.push_back(column.name());
    }
  }
  if (taken.empty()) return absl::OkStatus();
  return Error(Reason::kDestinationNameReserved,
               absl::StrCat("columns with names of system columns: ", absl::StrJoin(taken, ", ")));
}

absl::StatusOr<std::vector<MappedType>> MapTypes(const v1::Table& table,
                                                 const std::set<std::string>& present) {
  std::vector<MappedType> mapped;
  std::vector<std::string> problems;
  for (const v1::Column& column : table.columns()) {
    auto type = schema::MapType(column.type(), [&](absl::string_view name) {
      return present.count(std::string(name)) > 0;
    });
    if (type.ok()) {
      mapped.push_back(*std::move(type));
    } else {
      problems.push_back(absl::StrCat(column.name(), ": ", type.status().message()));
    }
  }
  if (problems.empty()) return mapped;
  return Error(Reason::kColumnUnsupported, absl::StrJoin(problems, "; "));
}

absl::StatusOr<postgres::Result> DescribeTypes(postgres::Connection& connection,
                                               const std::vector<MappedType>& mapped) {
  std::vector<std::string> names, arrays, modifiers;
  for (const MappedType& type : mapped) {
    names.push_back(type.name);
    arrays.push_back(type.array ? "t" : "f");
    modifiers.push_back(absl::StrCat(type.modifier));
  }
  return connection.Query(kDescribeTypes, {postgres::ArrayText(names), postgres::ArrayText(arrays),
                                           postgres::ArrayText(modifiers)});
}

std::vector<std::string> PlanKey(const v1::Table& table, const std::set<std::string>& orderable,
                                 std::vector<std::string>* notes) {
  std::vector<std::string> key(table.primary_key().begin(), table.primary_key().end());
  for (const std::string& column : key) {
    if (orderable.count(column) > 0) continue;
    notes->push_back(absl::StrCat("no primary key at the destination: key column ", column,
                                  " becomes a type that has no order"));
    return {};
  }
  return key;
}

}  // namespace

absl::StatusOr<ColumnPlan> PlanColumns(postgres::Connection& connection, const v1::Table& table,
                                       v1::SystemColumns system_columns) {
  if (table.columns().empty()) return Error(Reason::kColumnUnsupported, "the table has no columns");
  RETURN_IF_ERROR(TestNames(table, system_columns));
  ASSIGN_OR_RETURN(const std::set<std::string> present, PresentTypes(connection, table));
  ASSIGN_OR_RETURN(const std::vector<MappedType> mapped, MapTypes(table, present));
  ASSIGN_OR_RETURN(const postgres::Result types, DescribeTypes(connection, mapped));

  ColumnPlan plan;
  std::set<std::string> orderable;
  for (int i = 0; i < table.columns_size(); ++i) {
    const MappedType& type = mapped[static_cast<size_t>(i)];
    v1::ColumnMapping& column = plan.columns.emplace_back();
    column.set_source_column(table.columns(i).name());
    column.set_destination_column(table.columns(i).name());
    column.set_wire_type(type.name);
    column.set_wire_array(type.array);
    column.set_conversion(type.conversion);
    column.set_destination_type(types.String(i, 0));
    if (types.Bool(i, 1)) orderable.insert(column.source_column());
  }
  plan.key_columns = PlanKey(table, orderable, &plan.notes);
  return plan;
}

}  // namespace lockstitch::loader
