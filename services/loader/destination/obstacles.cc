#include "services/loader/destination/obstacles.h"

#include "absl/strings/str_cat.h"
#include "postgres/quote.h"
#include "schema/destination_names.h"
#include "status/macros.h"

namespace lockstitch::loader {
namespace {

// $1 the table's OID. What PostgreSQL would have to drop with the table, or refuses to drop it for:
// whatever depends on it, its columns or its row type. What is part of the table depends on it in
// another way, and often refers to it a second time.
constexpr absl::string_view kDependents = R"sql(
SELECT DISTINCT
       CASE WHEN k.contype = 'f'
            THEN pg_catalog.format('foreign key %I of table %s refers to it', k.conname, k.conrelid::pg_catalog.regclass)
            WHEN w.oid IS NOT NULL
            THEN pg_catalog.pg_describe_object('pg_catalog.pg_class'::pg_catalog.regclass, w.ev_class, 0) || ' depends on it'
            ELSE pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) || ' depends on it' END
FROM pg_catalog.pg_class t
     JOIN pg_catalog.pg_type r ON r.oid = t.reltype
     CROSS JOIN LATERAL (VALUES ('pg_catalog.pg_class'::pg_catalog.regclass, t.oid),
                                ('pg_catalog.pg_type'::pg_catalog.regclass, r.oid),
                                ('pg_catalog.pg_type'::pg_catalog.regclass, r.typarray)) AS referenced(class, object)
     JOIN pg_catalog.pg_depend d ON d.refclassid = referenced.class AND d.refobjid = referenced.object
     LEFT JOIN pg_catalog.pg_rewrite w ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND w.oid = d.objid
     LEFT JOIN pg_catalog.pg_constraint k
               ON d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND k.oid = d.objid
WHERE t.oid = $1::oid AND d.deptype = 'n' AND
      NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend part
                  WHERE part.classid = d.classid AND part.objid = d.objid AND part.objsubid = d.objsubid AND
                        part.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND part.refobjid = t.oid AND
                        part.deptype IN ('a', 'i'))
ORDER BY 1)sql";

// $1 the table's OID, $2 the columns that loads have made, $3 those of their key. What is part of
// the table, or it of something else, and would be lost with it.
constexpr absl::string_view kParts = R"sql(
SELECT clause FROM (
  SELECT 1 AS place, pg_catalog.format('column %I was added to it', attname) AS clause
  FROM pg_catalog.pg_attribute
  WHERE attrelid = $1::oid AND attnum > 0 AND NOT attisdropped AND attname <> ALL ($2::text[])
  UNION ALL SELECT 2, pg_catalog.format('column %I of it was made NOT NULL', attname)
  FROM pg_catalog.pg_attribute
  WHERE attrelid = $1::oid AND attnum > 0 AND NOT attisdropped AND attnotnull AND attname = ANY ($2::text[]) AND
        attname <> ALL ($3::text[])
  UNION ALL SELECT 3, pg_catalog.format('it has constraint %I', c.conname)
  FROM pg_catalog.pg_constraint c
  WHERE c.conrelid = $1::oid AND
        (c.contype IN ('c', 'f', 'u', 'x') OR
         c.contype = 'p' AND
         ARRAY(SELECT a.attname::text
               FROM pg_catalog.unnest(c.conkey) WITH ORDINALITY AS k(number, place)
                    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.number
               ORDER BY k.place) <> $3::text[])
  UNION ALL SELECT 4, pg_catalog.format('it has trigger %I', tgname)
  FROM pg_catalog.pg_trigger WHERE tgrelid = $1::oid AND NOT tgisinternal
  UNION ALL SELECT 5, pg_catalog.format('it has rule %I', rulename)
  FROM pg_catalog.pg_rewrite WHERE ev_class = $1::oid
  UNION ALL SELECT 6, pg_catalog.format('it has policy %I', polname)
  FROM pg_catalog.pg_policy WHERE polrelid = $1::oid
  UNION ALL SELECT 7, 'it has row-level security'
  FROM pg_catalog.pg_class WHERE oid = $1::oid AND (relrowsecurity OR relforcerowsecurity)
  UNION ALL SELECT 8, pg_catalog.format('publication %I publishes it', p.pubname)
  FROM pg_catalog.pg_publication_rel r JOIN pg_catalog.pg_publication p ON p.oid = r.prpubid
  WHERE r.prrelid = $1::oid
  UNION ALL SELECT 9, pg_catalog.format('it is a child of table %s', inhparent::pg_catalog.regclass)
  FROM pg_catalog.pg_inherits WHERE inhrelid = $1::oid
  UNION ALL SELECT 10, pg_catalog.format('sequence %s belongs to it', d.objid::pg_catalog.regclass)
  FROM pg_catalog.pg_depend d
       JOIN pg_catalog.pg_class c ON c.oid = d.objid AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
  WHERE d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = $1::oid AND c.relkind = 'S'
  UNION ALL SELECT 11, pg_catalog.format('extension %I has it', e.extname)
  FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
  WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = $1::oid AND d.deptype = 'e'
  UNION ALL SELECT 12, pg_catalog.format('role %I owns it', r.rolname)
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_roles r ON r.oid = c.relowner
  WHERE c.oid = $1::oid AND r.rolname <> current_user
  UNION ALL SELECT DISTINCT 13, 'it has a security label'
  FROM pg_catalog.pg_seclabel
  WHERE classoid = 'pg_catalog.pg_class'::pg_catalog.regclass AND objoid = $1::oid
) parts ORDER BY place, clause)sql";

}  // namespace

std::vector<std::string> ColumnsOf(const v1::LoadPlan& plan) {
  std::vector<std::string> columns;
  for (const v1::ColumnMapping& column : plan.columns())
    columns.push_back(column.destination_column());
  for (const v1::RetiredColumn& column : plan.retired())
    columns.push_back(column.destination_column());
  for (const schema::SystemColumn& column : schema::SystemColumnsOf(plan.system().columns()))
    columns.emplace_back(column.name);
  if (plan.marks_deletes()) columns.emplace_back(schema::kDeletedAtColumn);
  return columns;
}

absl::StatusOr<std::vector<std::string>> FindObstacles(postgres::Connection& connection,
                                                       int64_t oid, const LoadRecord& last) {
  const std::string table = absl::StrCat(oid);
  ASSIGN_OR_RETURN(const std::vector<postgres::Result> answers,
                   connection.QueryAll({{std::string(kDependents), {table}},
                                        {std::string(kParts),
                                         {table, postgres::ArrayText(ColumnsOf(last.plan)),
                                          postgres::ArrayText(last.key_columns)}}}));
  std::vector<std::string> clauses;
  for (const postgres::Result& found : answers) {
    for (int row = 0; row < found.rows(); ++row) clauses.push_back(found.String(row, 0));
  }
  return clauses;
}

}  // namespace lockstitch::loader
