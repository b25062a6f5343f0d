#include "services/extractor/source/full_table.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "postgres/quote.h"
#include "services/extractor/source/key_ranges.h"
#include "services/extractor/source/partitions.h"
#include "services/extractor/source/range_size.h"
#include "services/extractor/source/replication_key.h"
#include "status/macros.h"

namespace lockstitch::extractor {
namespace {

using postgres::QuoteLiteral;

constexpr int kFirstWithTidRangeScan = 140000;

// Partitions that are more, and of fewer bytes each, than ranges would be, are read through their
// parent: a range costs a call and two commits.
constexpr int64_t kLeastPartitionBytes = int64_t{8} << 20;
constexpr int64_t kMostPartitions = 512;

// $1 schema, $2 table, $3 column. Where rows lie in another order each range would read blocks of
// all the others.
constexpr absl::string_view kLiesInOrder = R"sql(
SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_stats
               WHERE schemaname = $1 AND tablename = $2 AND attname = $3 AND NOT inherited AND
                     pg_catalog.abs(correlation) > 0.9))sql";

std::vector<TablePart> PartsOf(const std::vector<v1::RangeBounds>& ranges,
                               const std::string& from) {
  std::vector<TablePart> parts;
  for (const v1::RangeBounds& bounds : ranges)
    parts.push_back({.bounds = bounds, .from = from, .condition = BlockCondition(bounds)});
  return parts;
}

// The integer that the primary key begins with, of the columns that are read; empty if it doesn't.
std::string LeadingInteger(const v1::Table& table) {
  if (table.primary_key().empty()) return "";
  const std::string type = FindReplicationKey(table, table.primary_key(0)).type;
  return type == "int2" || type == "int4" || type == "int8" ? table.primary_key(0) : "";
}

// By the size of the partitions together: the parent has none.
absl::StatusOr<std::vector<TablePart>> CutByPartition(Snapshot& snapshot,
                                                      const CutOptions& options) {
  ASSIGN_OR_RETURN(const std::vector<Partition> partitions,
                   ReadPartitions(snapshot.connection(), snapshot.table()));
  int64_t bytes = 0;
  for (const Partition& partition : partitions) bytes += partition.bytes;
  const int64_t range_bytes = RangeBytes(bytes, options.sessions, options.wanted);
  const int64_t ranges = CountRanges(bytes, range_bytes), number = std::ssize(partitions);
  const bool cut = number > 0 && number <= kMostPartitions && ranges > 1 &&
                   (number <= ranges || bytes / number >= kLeastPartitionBytes);
  if (!cut) return std::vector<TablePart>(1);
  const bool by_ctid = snapshot.server_version() >= kFirstWithTidRangeScan;
  std::vector<TablePart> parts;
  for (const Partition& partition : partitions) {
    const uint32_t count =
        by_ctid && !partition.foreign ? CountRanges(partition.bytes, range_bytes) : 1;
    std::vector<TablePart> of_it = PartsOf(CutByBlocks(partition.blocks, count), partition.name);
    parts.insert(parts.end(), std::make_move_iterator(of_it.begin()),
                 std::make_move_iterator(of_it.end()));
  }
  return parts;
}

}  // namespace

absl::StatusOr<std::vector<TablePart>> CutTable(Snapshot& snapshot, const v1::Table& table,
                                                const CutOptions& options) {
  // Without a right to the whole table there is none to its ctid.
  if (!snapshot.locked()) return std::vector<TablePart>(1);
  // The server leaves out partitions that a filter rules out.
  if (table.kind() == v1::TABLE_KIND_PARTITIONED_TABLE && options.filter.empty())
    return CutByPartition(snapshot, options);
  if (table.kind() != v1::TABLE_KIND_TABLE) return std::vector<TablePart>(1);
  const int64_t bytes = snapshot.bytes();
  const uint32_t count = CountRanges(bytes, RangeBytes(bytes, options.sessions, options.wanted));
  if (snapshot.server_version() < kFirstWithTidRangeScan)
    return CutByInteger(snapshot.connection(), table, count);
  return PartsOf(CutByBlocks(snapshot.blocks(), count), /*from=*/"");
}

absl::StatusOr<std::vector<TablePart>> CutByInteger(postgres::Connection& source,
                                                    const v1::Table& table, uint32_t count) {
  std::vector<TablePart> parts(1);
  const std::string column = LeadingInteger(table);
  if (count == 1 || column.empty()) return parts;
  ASSIGN_OR_RETURN(
      const postgres::Result in_order,
      source.Query(kLiesInOrder, {table.name().schema(), table.name().name(), column}));
  if (!in_order.Bool(0, 0)) return parts;
  const ReplicationKey key = FindReplicationKey(table, column);
  ASSIGN_OR_RETURN(const std::vector<v1::RangeBounds> ranges, CutByKey(source, key, count));
  parts.clear();
  for (const v1::RangeBounds& bounds : ranges)
    parts.push_back({.bounds = bounds, .from = "", .condition = KeyCondition(key.order, bounds)});
  return parts;
}

std::vector<v1::RangeBounds> CutByBlocks(int64_t blocks, uint32_t wanted) {
  const int64_t count = std::clamp<int64_t>(wanted, 1, std::max<int64_t>(blocks, 1));
  std::vector<v1::RangeBounds> ranges(static_cast<size_t>(count));
  for (int64_t i = 1; i < count; ++i) {
    const std::string boundary = absl::StrCat("(", blocks * i / count, ",0)");
    ranges[static_cast<size_t>(i - 1)].set_upper(boundary);
    ranges[static_cast<size_t>(i)].set_lower(boundary);
  }
  return ranges;
}

std::string BlockCondition(const v1::RangeBounds& bounds) {
  std::vector<std::string> conditions;
  if (bounds.has_lower()) {
    conditions.push_back(
        absl::StrCat("ctid >= ", QuoteLiteral(bounds.lower()), "::pg_catalog.tid"));
  }
  if (bounds.has_upper())
    conditions.push_back(absl::StrCat("ctid < ", QuoteLiteral(bounds.upper()), "::pg_catalog.tid"));
  return absl::StrJoin(conditions, " AND ");
}

}  // namespace lockstitch::extractor
