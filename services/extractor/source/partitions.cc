#include "services/extractor/source/partitions.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "schema/stream_name.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::extractor {
namespace {

constexpr int kFirstToDetachConcurrently = 140000;
constexpr int kFirstToGenerateWhenRead = 180000;

// A partition may generate other values than its parent does.
constexpr absl::string_view kGeneratesNothing =
    "NOT EXISTS (SELECT 1 FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND "
    "a.attgenerated = 'v')";

// $1 the table's OID; $stays: what of pg_inherits i is still a partition; $as_parent: whether c
// gives what the parent would. In the order of their OIDs.
constexpr absl::string_view kLeaves = R"sql(
WITH RECURSIVE tree(oid) AS (
  SELECT $1::pg_catalog.oid
  UNION ALL SELECT i.inhrelid FROM pg_catalog.pg_inherits i JOIN tree ON i.inhparent = tree.oid WHERE $stays
)
SELECT pg_catalog.format('%I.%I', n.nspname, c.relname), c.relkind = 'f',
       coalesce(pg_catalog.pg_relation_size(c.oid), 0) /
         pg_catalog.current_setting('block_size')::pg_catalog.int8,
       coalesce(pg_catalog.pg_table_size(c.oid), 0),
       pg_catalog.has_table_privilege(c.oid, 'SELECT') AND NOT pg_catalog.row_security_active(c.oid) AND
         pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND $as_parent,
       EXISTS (SELECT 1 FROM pg_catalog.pg_locks l
               WHERE l.locktype = 'relation' AND l.relation = c.oid AND l.granted AND
                     l.pid = pg_catalog.pg_backend_pid())
FROM tree JOIN pg_catalog.pg_class c ON c.oid = tree.oid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'f')
ORDER BY c.oid)sql";

}  // namespace

absl::StatusOr<std::vector<Partition>> ReadPartitions(postgres::Connection& source,
                                                      const v1::Table& table) {
  const int version = source.server_version();
  const std::string leaves_query = absl::StrReplaceAll(
      kLeaves,
      {{"$stays", version >= kFirstToDetachConcurrently ? "NOT i.inhdetachpending" : "true"},
       {"$as_parent", version >= kFirstToGenerateWhenRead ? kGeneratesNothing : "true"}});
  ASSIGN_OR_RETURN(const postgres::Result leaves,
                   source.Query(leaves_query, {absl::StrCat(table.oid())}));
  std::vector<Partition> partitions;
  bool readable = true;
  for (int row = 0; row < leaves.rows(); ++row) {
    readable = readable && leaves.Bool(row, 4);
    if (!leaves.Bool(row, 5)) {
      return Error(Reason::kSourceTableChanged,
                   absl::StrCat(schema::StreamName(table.name()),
                                " got a partition while its snapshot was taken"));
    }
    partitions.push_back({.name = leaves.String(row, 0),
                          .foreign = leaves.Bool(row, 1),
                          .blocks = leaves.Int(row, 2),
                          .bytes = leaves.Int(row, 3)});
  }
  if (!readable) partitions.clear();
  return partitions;
}

}  // namespace lockstitch::extractor
