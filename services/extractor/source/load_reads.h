#ifndef LOCKSTITCH_SERVICES_EXTRACTOR_SOURCE_LOAD_READS_H_
#define LOCKSTITCH_SERVICES_EXTRACTOR_SOURCE_LOAD_READS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lockstitch/v1/catalog.pb.h"
#include "lockstitch/v1/loader.pb.h"
#include "postgres/connection.h"
#include "schema/key_order.h"
#include "services/extractor/source/chunk_cutter.h"
#include "services/extractor/source/full_table.h"
#include "services/extractor/source/range_query.h"
#include "services/extractor/source/replication_key.h"

namespace lockstitch::extractor {

// The key in whose order a range's rows come, so that it can be cut into chunks.
struct OrderedBy {
  schema::KeyOrder order;
  KeyField field;
};

// How one range of a load is read and sent.
struct RangeRead {
  uint32_t number = 0;
  RangeQuery query;
  std::optional<OrderedBy> ordered;  // Unset: the range is one chunk.
  bool closing = false;              // To be sent when all others are durable.
  bool keys = false;                 // Of keys, which are no rows; closing as well.
  // If it holds just this, it need not be sent.
  std::optional<v1::Extent> unchanged = std::nullopt;
};

// The query for what is left of an ordered range past `last_key`.
RangeQuery QueryPast(const RangeRead& read, const std::string& last_key);

// Mode REPLACE: ranges are numbered by their places.
absl::StatusOr<std::vector<RangeRead>> ReadParts(const v1::Table& table, const v1::LoadPlan& plan,
                                                 const std::vector<TablePart>& parts,
                                                 const std::string& filter);

// Mode FIRST: the plan's ranges, cut by the key.
absl::StatusOr<std::vector<RangeRead>> ReadKeyRanges(const v1::Table& table,
                                                     const v1::LoadPlan& plan,
                                                     const ReplicationKey& key,
                                                     const std::string& filter);

// Mode CHANGES: the plan's only range of rows, and that of all keys if it has one. Where the source
// gives its rows in the key's order without a sort it is ordered, and the rest of the transaction
// kept to that plan. Within a transaction. PROTOCOL_VIOLATED where the plan has not one range with
// a lower bound, or leaves out the key.
absl::StatusOr<std::vector<RangeRead>> ReadChanges(postgres::Connection& source,
                                                   const v1::Table& table, const v1::LoadPlan& plan,
                                                   const ReplicationKey& key,
                                                   const std::string& filter);

}  // namespace lockstitch::extractor

#endif  // LOCKSTITCH_SERVICES_EXTRACTOR_SOURCE_LOAD_READS_H_
