#ifndef LOCKSTITCH_SCHEMA_CATALOG_QUERIES_H_
#define LOCKSTITCH_SCHEMA_CATALOG_QUERIES_H_

#include <string>

namespace lockstitch::schema {

// The query set that a catalog is read by, for one version of server (150018) and either every
// table of the users' schemas or one. The same queries, however many tables there are. All but
// `types` begin with the table's OID and come in one order of tables, by schema and name, so that
// they can be read side by side.
struct CatalogQueries {
  // oid, schema, name, relkind, reltuples, bytes, may SELECT, may use the schema, row security
  // applies, populated, others inherit from it, comment.
  std::string tables;
  // oid, attnum, name, type, typmod, type with its typmod or NULL, not null, identity, generated,
  // default, comment, granted by itself.
  std::string columns;
  // oid, name, is primary, is unique over columns alone, gives rows in its first column's order,
  // columns in its key, attnums.
  std::string indexes;
  // oid, schema and name of a table that it inherits from.
  std::string parents;
  // oid, partitions at every level, rows or -1, bytes. Empty where there are no partitions.
  std::string partitions;
  // oid, schema, name, typtype or 'a', binary and in a schema that the user may use, extension,
  // element's oid or NULL, typmod of a domain's base, as SQL shows it, typdelim, composite that
  // to_json would show something of by a cast, extension has a cast to jsonb.
  std::string types;
};

// Which tables are listed: every one of the users' schemas, partitions left out. A condition over
// pg_class c and pg_namespace n.
std::string ListedTables(int server_version);

// Of every table that is listed.
CatalogQueries CatalogQueriesFor(int server_version);

// Of the one whose OID is $1: the same text for every table, so that a session plans it once.
CatalogQueries CatalogQueriesForOne(int server_version);

}  // namespace lockstitch::schema

#endif  // LOCKSTITCH_SCHEMA_CATALOG_QUERIES_H_
