#include "schema/catalog_reader.h"

#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "status/macros.h"

namespace lockstitch::schema {
namespace {

// The size is that of the statistics: asking for the real one waits for every table that somebody
// has locked. $0: which tables, a condition over pg_class c and pg_namespace n.
constexpr absl::string_view kTables = R"sql(
SELECT c.oid, n.nspname, c.relname, c.relkind, c.reltuples::pg_catalog.int8,
       c.relpages::pg_catalog.int8 * pg_catalog.current_setting('block_size')::pg_catalog.int8
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE $0
ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C")sql";

constexpr absl::string_view kColumns = R"sql(
SELECT a.attrelid, a.attname, a.atttypid, a.atttypmod, NOT a.attnotnull,
       pg_catalog.format_type(a.atttypid, a.atttypmod)
FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
     JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE a.attnum > 0 AND NOT a.attisdropped AND $0
ORDER BY a.attrelid, a.attnum)sql";

// $1: how many of an index's columns are its key.
constexpr absl::string_view kPrimaryKeys = R"sql(
SELECT i.indrelid, a.attname
FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indrelid
     JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     CROSS JOIN LATERAL pg_catalog.generate_series(0, $1 - 1) AS k(place)
     JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[k.place]
WHERE i.indisprimary AND i.indisvalid AND $0
ORDER BY i.indrelid, k.place)sql";

// Every type that a column has, holds, restricts or spans. $1: multiranges and their ranges, where
// there are any.
constexpr absl::string_view kTypes = R"sql(
WITH RECURSIVE held(holder, element) AS (
  SELECT oid, typbasetype FROM pg_catalog.pg_type WHERE typtype = 'd'
  UNION ALL SELECT typarray, oid FROM pg_catalog.pg_type WHERE typarray <> 0
  UNION ALL SELECT rngtypid, rngsubtype FROM pg_catalog.pg_range
  $1
), used(oid) AS (
  SELECT a.atttypid
  FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
       JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE a.attnum > 0 AND NOT a.attisdropped AND $0
  UNION SELECT held.element FROM held JOIN used ON used.oid = held.holder
)
SELECT t.oid, tn.nspname, t.typname,
       CASE WHEN EXISTS (SELECT 1 FROM pg_catalog.pg_type e WHERE e.typarray = t.oid) THEN 'a' ELSE t.typtype::text END,
       t.typsend <> 0 AND t.typreceive <> 0, x.extname, coalesce(held.element, 0), t.typtypmod,
       pg_catalog.format_type(t.oid, NULL)
FROM used JOIN pg_catalog.pg_type t ON t.oid = used.oid
     JOIN pg_catalog.pg_namespace tn ON tn.oid = t.typnamespace
     LEFT JOIN held ON held.holder = t.oid
     LEFT JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND d.objid = t.oid
          AND d.objsubid = 0 AND d.deptype = 'e'
     LEFT JOIN pg_catalog.pg_extension x ON x.oid = d.refobjid)sql";

constexpr absl::string_view kUsersTables =
    "c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT IN ('pg_catalog', "
    "'information_schema', '_lockstitch') "
    "AND n.nspname NOT LIKE 'pg\\_toast%' AND n.nspname NOT LIKE 'pg\\_temp%'";

v1::TableKind TableKindOf(absl::string_view relkind) {
  if (relkind == "p") return v1::TABLE_KIND_PARTITIONED_TABLE;
  if (relkind == "v") return v1::TABLE_KIND_VIEW;
  if (relkind == "m") return v1::TABLE_KIND_MATERIALIZED_VIEW;
  if (relkind == "f") return v1::TABLE_KIND_FOREIGN_TABLE;
  return v1::TABLE_KIND_TABLE;
}

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

// pg_type as far as the columns at hand reach into it.
class Types {
 public:
  explicit Types(const postgres::Result& rows) {
    for (int row = 0; row < rows.rows(); ++row) {
      v1::DataType type;
      type.set_schema(rows.String(row, 1));
      type.set_name(rows.String(row, 2));
      type.set_kind(TypeKindOf(rows.Text(row, 3)));
      type.set_binary(rows.Bool(row, 4));
      type.set_extension(rows.String(row, 5));
      type.set_display(rows.String(row, 8));
      types_[rows.Int(row, 0)] = {std::move(type), rows.Int(row, 6),
                                  static_cast<int>(rows.Int(row, 7))};
    }
  }

  v1::DataType Get(int64_t oid, int modifier) const {
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

 private:
  struct Entry {
    v1::DataType type;
    int64_t element;
    int domain_modifier;
  };
  std::map<int64_t, Entry> types_;
};

// The planner takes the recursion for large and has it compiled, which costs more than all four
// queries.
absl::Status SetJit(postgres::Connection& connection, absl::string_view value) {
  if (connection.server_version() < 110000) return absl::OkStatus();
  return connection.Execute(absl::StrCat("SET jit = ", value));
}

absl::StatusOr<std::vector<v1::Table>> Read(postgres::Connection& connection,
                                            const std::string& which) {
  const int version = connection.server_version();
  RETURN_IF_ERROR(SetJit(connection, "off"));
  const std::string multiranges = version >= 140000
                                      ? "UNION ALL SELECT rngmultitypid, rngtypid FROM "
                                        "pg_catalog.pg_range WHERE rngmultitypid <> 0"
                                      : "";
  ASSIGN_OR_RETURN(const postgres::Result tables,
                   connection.Query(absl::Substitute(kTables, which)));
  ASSIGN_OR_RETURN(const postgres::Result columns,
                   connection.Query(absl::Substitute(kColumns, which)));
  ASSIGN_OR_RETURN(const postgres::Result keys,
                   connection.Query(absl::Substitute(
                       kPrimaryKeys, which, version >= 110000 ? "i.indnkeyatts" : "i.indnatts")));
  ASSIGN_OR_RETURN(const postgres::Result types,
                   connection.Query(absl::Substitute(kTypes, which, multiranges)));

  RETURN_IF_ERROR(SetJit(connection, "DEFAULT"));

  std::vector<v1::Table> found(static_cast<size_t>(tables.rows()));
  std::map<int64_t, v1::Table*> by_oid;
  for (int row = 0; row < tables.rows(); ++row) {
    v1::Table& table = found[static_cast<size_t>(row)];
    table.mutable_name()->set_schema(tables.String(row, 1));
    table.mutable_name()->set_name(tables.String(row, 2));
    table.set_kind(TableKindOf(tables.Text(row, 3)));
    // Servers before 14 say 0 for "never analyzed".
    const int64_t estimate = tables.Int(row, 4);
    table.set_row_estimate(estimate == 0 && version < 140000 ? -1 : estimate);
    table.set_size_bytes(tables.Int(row, 5));
    by_oid[tables.Int(row, 0)] = &table;
  }
  const Types known(types);
  for (int row = 0; row < columns.rows(); ++row) {
    const auto table = by_oid.find(columns.Int(row, 0));
    if (table == by_oid.end()) continue;
    v1::Column* column = table->second->add_columns();
    column->set_name(columns.String(row, 1));
    *column->mutable_type() = known.Get(columns.Int(row, 2), static_cast<int>(columns.Int(row, 3)));
    column->set_nullable(columns.Bool(row, 4));
    column->mutable_type()->set_display(columns.String(row, 5));
  }
  for (int row = 0; row < keys.rows(); ++row) {
    const auto table = by_oid.find(keys.Int(row, 0));
    if (table != by_oid.end()) table->second->add_primary_key(keys.String(row, 1));
  }
  return found;
}

}  // namespace

absl::StatusOr<std::vector<v1::Table>> ReadTables(postgres::Connection& connection) {
  return Read(connection, connection.server_version() >= 100000
                              ? absl::StrCat(kUsersTables, " AND NOT c.relispartition")
                              : std::string(kUsersTables));
}

absl::StatusOr<v1::Table> ReadTable(postgres::Connection& connection, int64_t oid) {
  ASSIGN_OR_RETURN(std::vector<v1::Table> tables, Read(connection, absl::StrCat("c.oid = ", oid)));
  if (tables.empty()) return Error(Reason::kStreamNotFound, "the table is gone");
  return std::move(tables.front());
}

}  // namespace lockstitch::schema
