#include "schema/catalog_queries.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/substitute.h"

namespace lockstitch::schema {
namespace {

// The tables at hand and the order in which all queries show them. Names compare byte by byte in
// every version. $0: which tables, a condition over pg_class c and pg_namespace n.
constexpr absl::string_view kChosen = R"sql((
  SELECT c.oid, pg_catalog.row_number() OVER (ORDER BY n.nspname, c.relname) AS place
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE $0) chosen)sql";

// The one table $1, which costs the queries no look at others.
constexpr absl::string_view kOne = "(SELECT $1::pg_catalog.oid AS oid, 1 AS place) chosen";

constexpr absl::string_view kUsersTables =
    "c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT IN ('pg_catalog', "
    "'information_schema', '_lockstitch') "
    "AND n.nspname NOT LIKE 'pg\\_toast%' AND n.nspname NOT LIKE 'pg\\_temp%'";

// The size is that of the statistics, with what is kept out of line: asking for the real one waits
// for every table that somebody has locked. $0: the chosen tables; $1: whether row security applies
// to the user.
constexpr absl::string_view kTables = R"sql(
SELECT c.oid, n.nspname, c.relname, c.relkind, c.reltuples::pg_catalog.int8,
       (greatest(c.relpages, 0)::pg_catalog.int8 + coalesce(greatest(o.relpages, 0), 0)) *
         pg_catalog.current_setting('block_size')::pg_catalog.int8,
       pg_catalog.has_table_privilege(c.oid, 'SELECT'), pg_catalog.has_schema_privilege(n.oid, 'USAGE'),
       $1, c.relispopulated, c.relhassubclass AND c.relkind <> 'p', d.description
FROM $0 JOIN pg_catalog.pg_class c ON c.oid = chosen.oid
     JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     LEFT JOIN pg_catalog.pg_class o ON o.oid = c.reltoastrelid
     LEFT JOIN pg_catalog.pg_description d ON d.objoid = c.oid AND d.objsubid = 0
          AND d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass
ORDER BY chosen.place)sql";

// Most columns have no typmod, default, comment or grant of their own, and cost nothing for it.
// $0: the chosen tables; $1: identity; $2: generated; $3: whether older rows have the value that
// the column was added with.
constexpr absl::string_view kColumns = R"sql(
SELECT a.attrelid, a.attnum, a.attname, a.atttypid, a.atttypmod,
       CASE WHEN a.atttypmod >= 0 THEN pg_catalog.format_type(a.atttypid, a.atttypmod) END,
       a.attnotnull, $1, $2, pg_catalog.pg_get_expr(v.adbin, v.adrelid), d.description,
       a.attacl IS NOT NULL AND pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'SELECT'), $3
FROM $0 JOIN pg_catalog.pg_attribute a ON a.attrelid = chosen.oid
     LEFT JOIN pg_catalog.pg_attrdef v ON a.atthasdef AND v.adrelid = a.attrelid AND v.adnum = a.attnum
     LEFT JOIN pg_catalog.pg_description d ON d.objoid = a.attrelid AND d.objsubid = a.attnum
          AND d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass
WHERE a.attnum > 0 AND NOT a.attisdropped
ORDER BY chosen.place, a.attnum)sql";

// 950 is the collation "C", by which text keys compare. $0: the chosen tables; $1: how many of an
// index's columns are its key.
constexpr absl::string_view kIndexes = R"sql(
SELECT i.indrelid, x.relname, i.indisprimary,
       i.indisunique AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS NULL,
       m.amname = 'btree' AND o.opcdefault AND i.indpred IS NULL AND i.indcollation[0] IN (0, 950), $1, i.indkey
FROM $0 JOIN pg_catalog.pg_index i ON i.indrelid = chosen.oid
     JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
     JOIN pg_catalog.pg_opclass o ON o.oid = i.indclass[0]
     JOIN pg_catalog.pg_am m ON m.oid = o.opcmethod
WHERE i.indisvalid
ORDER BY chosen.place, x.relname)sql";

// Partitions have parents too, but are no streams of their own. $0: the chosen tables.
constexpr absl::string_view kParents = R"sql(
SELECT i.inhrelid, pn.nspname, p.relname
FROM $0 JOIN pg_catalog.pg_inherits i ON i.inhrelid = chosen.oid
     JOIN pg_catalog.pg_class p ON p.oid = i.inhparent
     JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
WHERE p.relkind <> 'p'
ORDER BY chosen.place, i.inhseqno)sql";

// $0: the chosen tables; $1: whether a partition's reltuples are known.
constexpr absl::string_view kPartitions = R"sql(
WITH RECURSIVE tree(root, place, oid) AS (
  SELECT chosen.oid, chosen.place, i.inhrelid
  FROM $0 JOIN pg_catalog.pg_class r ON r.oid = chosen.oid JOIN pg_catalog.pg_inherits i ON i.inhparent = r.oid
  WHERE r.relkind = 'p'
  UNION ALL
  SELECT tree.root, tree.place, i.inhrelid FROM tree JOIN pg_catalog.pg_inherits i ON i.inhparent = tree.oid
)
SELECT tree.root, pg_catalog.count(*),
       coalesce(pg_catalog.sum(CASE WHEN p.relkind <> 'p' AND $1 THEN p.reltuples::pg_catalog.int8 END), -1),
       pg_catalog.sum(greatest(p.relpages, 0)::pg_catalog.int8 + coalesce(greatest(o.relpages, 0), 0)) * pg_catalog.current_setting('block_size')::pg_catalog.int8
FROM tree JOIN pg_catalog.pg_class p ON p.oid = tree.oid LEFT JOIN pg_catalog.pg_class o ON o.oid = p.reltoastrelid
GROUP BY tree.root, tree.place
ORDER BY tree.place)sql";

// Every type that a column has, holds, restricts or spans. Where any type has a cast to json, what
// the composites among them are made of as to_json goes into it. It takes casts that are functions,
// and from types that are no part of the server (whose OIDs end at 16383); that of hstore loses
// nothing. 114 is json, 3802 jsonb. LATERAL with OFFSET, and the array, have types found by their
// index, one after the other: a database has two of them for each table. $0: the chosen tables; $1:
// kHeld; $2: kElement.
constexpr absl::string_view kTypes = R"sql(
WITH RECURSIVE used(oid) AS (
  SELECT a.atttypid
  FROM $0 JOIN pg_catalog.pg_attribute a ON a.attrelid = chosen.oid
  WHERE a.attnum > 0 AND NOT a.attisdropped
  UNION SELECT held.oid
  FROM used CROSS JOIN LATERAL (SELECT $2 AS oid FROM pg_catalog.pg_type t $1 WHERE t.oid = used.oid OFFSET 0) held
  WHERE held.oid IS NOT NULL
), extended(classid, objid, oid, extname) AS (
  SELECT d.classid, d.objid, x.oid, x.extname
  FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_extension x ON x.oid = d.refobjid
  WHERE d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND d.deptype = 'e'
        AND d.objsubid = 0 AND d.classid IN ('pg_catalog.pg_type'::pg_catalog.regclass,
                                             'pg_catalog.pg_cast'::pg_catalog.regclass)
), casts(type, target, extension, extname) AS (
  SELECT k.castsource, k.casttarget, extended.oid, extended.extname
  FROM pg_catalog.pg_cast k
       LEFT JOIN extended ON extended.classid = 'pg_catalog.pg_cast'::pg_catalog.regclass AND extended.objid = k.oid
  WHERE k.casttarget IN (114, 3802) AND k.castsource >= 16384 AND k.castmethod = 'f'
), shown_by_cast(type) AS (
  SELECT casts.type FROM casts WHERE casts.target = 114 AND casts.extname IS DISTINCT FROM 'hstore'
), parts(whole, oid) AS (
  SELECT t.oid, t.oid FROM used JOIN pg_catalog.pg_type t ON t.oid = used.oid
  WHERE t.typtype = 'c' AND EXISTS (SELECT FROM shown_by_cast)
  UNION
  SELECT parts.whole, coalesce(a.atttypid, nullif(t.typbasetype, 0), t.typelem)
  FROM parts JOIN pg_catalog.pg_type t ON t.oid = parts.oid
       LEFT JOIN pg_catalog.pg_attribute a ON t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0
            AND NOT a.attisdropped
  WHERE a.atttypid IS NOT NULL OR t.typbasetype <> 0 OR t.typelem <> 0
)
SELECT t.oid, tn.nspname, t.typname, CASE WHEN e.oid IS NULL THEN t.typtype::pg_catalog.text ELSE 'a' END,
       t.typsend <> 0 AND t.typreceive <> 0 AND pg_catalog.has_schema_privilege(tn.oid, 'USAGE'), x.extname, $2,
       t.typtypmod, pg_catalog.format_type(t.oid, -1), t.typdelim,
       t.oid IN (SELECT parts.whole FROM parts JOIN shown_by_cast s ON s.type = parts.oid),
       (t.oid, x.oid) IN (SELECT casts.type, casts.extension FROM casts WHERE casts.target = 3802)
FROM pg_catalog.pg_type t $1
     JOIN pg_catalog.pg_namespace tn ON tn.oid = t.typnamespace
     LEFT JOIN extended x ON x.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND x.objid = t.oid
WHERE t.oid = ANY (ARRAY(SELECT used.oid FROM used)))sql";

// What a type t is made of: a domain's base, an array's element, a range's subtype, a multirange's
// range. The right columns have indexes, so that one table costs little among many.
constexpr absl::string_view kHeld =
    "LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem AND e.typarray = t.oid "
    "LEFT JOIN pg_catalog.pg_range r ON r.rngtypid = t.oid";
constexpr absl::string_view kElement = "coalesce(nullif(t.typbasetype, 0), e.oid, r.rngsubtype)";
constexpr absl::string_view kHeldSince14 =
    "LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem AND e.typarray = t.oid "
    "LEFT JOIN pg_catalog.pg_range r ON r.rngtypid = t.oid "
    "LEFT JOIN pg_catalog.pg_range m ON m.rngmultitypid = t.oid";
constexpr absl::string_view kElementSince14 =
    "coalesce(nullif(t.typbasetype, 0), e.oid, r.rngsubtype, m.rngtypid)";

// `chosen` is kChosen or kOne.
CatalogQueries Queries(int version, absl::string_view chosen) {
  // Servers before 14 say 0 for "never analyzed".
  const absl::string_view known =
      version >= 140000 ? "p.reltuples >= 0" : "(p.reltuples > 0 OR p.relpages > 0)";
  return {
      .tables = absl::Substitute(
          kTables, chosen, version >= 90500 ? "pg_catalog.row_security_active(c.oid)" : "false"),
      .columns = absl::Substitute(kColumns, chosen, version >= 100000 ? "a.attidentity" : "''",
                                  version >= 120000 ? "a.attgenerated" : "''",
                                  version >= 110000 ? "a.atthasmissing" : "false"),
      .indexes =
          absl::Substitute(kIndexes, chosen, version >= 110000 ? "i.indnkeyatts" : "i.indnatts"),
      .parents = absl::Substitute(kParents, chosen),
      .partitions = version >= 100000 ? absl::Substitute(kPartitions, chosen, known) : "",
      .types = version >= 140000 ? absl::Substitute(kTypes, chosen, kHeldSince14, kElementSince14)
                                 : absl::Substitute(kTypes, chosen, kHeld, kElement),
  };
}

}  // namespace

std::string ListedTables(int server_version) {
  return absl::StrCat(kUsersTables, server_version >= 100000 ? " AND NOT c.relispartition" : "");
}

CatalogQueries CatalogQueriesFor(int version) {
  return Queries(version, absl::Substitute(kChosen, ListedTables(version)));
}

CatalogQueries CatalogQueriesForOne(int version) { return Queries(version, kOne); }

}  // namespace lockstitch::schema
