#include "services/extractor/source/load_reads.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/extractor/source/key_ranges.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::extractor {
namespace {

std::optional<KeyField> FieldOf(const v1::LoadPlan& plan, const ReplicationKey& key) {
  for (int i = 0; i < plan.columns_size(); ++i) {
    if (plan.columns(i).source_column() == key.column)
      return KeyField{.number = static_cast<size_t>(i), .numeric = key.type == "numeric"};
  }
  return std::nullopt;
}

// The keys of every row, in no order.
absl::StatusOr<RangeRead> ReadKeys(const v1::Table& table, const v1::LoadPlan& plan,
                                   uint32_t number, const std::string& filter) {
  v1::LoadPlan keys;
  *keys.mutable_columns() = plan.keys();
  ASSIGN_OR_RETURN(RangeQuery query, QueryRange(table, keys, /*condition=*/"", filter));
  return RangeRead{.number = number, .query = std::move(query), .closing = true, .keys = true};
}

}  // namespace

RangeQuery QueryPast(const RangeRead& read, const std::string& last_key) {
  RangeQuery query = read.query;
  const schema::KeyOrder& order = read.ordered->order;
  query.conditions.push_back(absl::StrCat(order.expression(), " > ", order.Constant(last_key)));
  return query;
}

absl::StatusOr<std::vector<RangeRead>> ReadParts(const v1::Table& table, const v1::LoadPlan& plan,
                                                 const std::vector<TablePart>& parts,
                                                 const std::string& filter) {
  std::vector<RangeRead> reads;
  for (const TablePart& part : parts) {
    ASSIGN_OR_RETURN(RangeQuery query, QueryRange(table, plan, part.condition, filter));
    if (!part.from.empty()) query.table = absl::StrCat("ONLY ", part.from);
    reads.push_back({.number = static_cast<uint32_t>(reads.size()), .query = std::move(query)});
  }
  return reads;
}

absl::StatusOr<std::vector<RangeRead>> ReadKeyRanges(const v1::Table& table,
                                                     const v1::LoadPlan& plan,
                                                     const ReplicationKey& key,
                                                     const std::string& filter) {
  std::vector<RangeRead> reads;
  for (const v1::PlannedRange& range : plan.ranges()) {
    if (range.keys()) {
      ASSIGN_OR_RETURN(RangeRead keys, ReadKeys(table, plan, range.number(), filter));
      reads.push_back(std::move(keys));
      continue;
    }
    ASSIGN_OR_RETURN(RangeQuery query,
                     QueryRange(table, plan, KeyCondition(key.order, range.bounds()), filter));
    reads.push_back(
        {.number = range.number(), .query = std::move(query), .closing = range.closing()});
  }
  return reads;
}

absl::StatusOr<std::vector<RangeRead>> ReadChanges(postgres::Connection& source,
                                                   const v1::Table& table, const v1::LoadPlan& plan,
                                                   const ReplicationKey& key,
                                                   const std::string& filter) {
  const std::optional<KeyField> field = FieldOf(plan, key);
  const bool keys = plan.ranges_size() == 2 && plan.ranges(1).keys() && !plan.keys().empty();
  const bool one_of_rows = plan.ranges_size() == (keys ? 2 : 1);
  if (!field || !one_of_rows || !plan.ranges(0).bounds().has_lower()) {
    return Error(Reason::kProtocolViolated,
                 "the loader planned changes without the replication key or its lower bound");
  }
  ASSIGN_OR_RETURN(std::vector<RangeRead> reads, ReadKeyRanges(table, plan, key, filter));
  if (plan.has_unchanged()) reads[0].unchanged = plan.unchanged();
  RangeQuery ordered = reads[0].query;
  ordered.order = key.order.expression();
  ASSIGN_OR_RETURN(const bool in_order, ComesInOrder(source, SelectOf(ordered)));
  if (!in_order) return reads;
  AvoidSorts(source);
  reads[0].query = std::move(ordered);
  reads[0].ordered = OrderedBy{.order = key.order, .field = *field};
  return reads;
}

}  // namespace lockstitch::extractor
