#include "services/extractor/source/replication_key.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "postgres/quote.h"
#include "status/macros.h"

namespace lockstitch::extractor {
namespace {

constexpr int kFirstWithIncrementalSort = 130000;

bool HasSort(const nlohmann::json& node) {
  const std::string type = node.value("Node Type", "");
  if (type == "Sort" || type == "Incremental Sort") return true;
  const auto plans = node.find("Plans");
  return plans != node.end() && std::any_of(plans->begin(), plans->end(), HasSort);
}

absl::StatusOr<bool> IsPlannedWithoutSort(postgres::Connection& source, absl::string_view select) {
  AvoidSorts(source);
  ASSIGN_OR_RETURN(const postgres::Result plan,
                   source.Query(absl::StrCat("EXPLAIN (COSTS off, FORMAT json) ", select)));
  const nlohmann::json parsed =
      nlohmann::json::parse(plan.String(0, 0), nullptr, /*allow_exceptions=*/false);
  return parsed.is_array() && !parsed.empty() && parsed[0].contains("Plan") &&
         !HasSort(parsed[0]["Plan"]);
}

}  // namespace

ReplicationKey FindReplicationKey(const v1::Table& table, const std::string& column) {
  std::string type;
  for (const v1::Column& candidate : table.columns()) {
    if (candidate.name() == column) type = schema::KeyType(candidate.type());
  }
  const bool indexed = std::any_of(table.replication_keys().begin(), table.replication_keys().end(),
                                   [&](const v1::ReplicationKeyCandidate& key) {
                                     return key.column() == column && key.indexed();
                                   });
  return {.stream = table.name(),
          .column = column,
          .type = type,
          .indexed = indexed,
          .table = postgres::QuoteQualified(table.name().schema(), table.name().name()),
          .order = schema::KeyOrder(postgres::QuoteQualified(table.name().name(), column), type)};
}

absl::StatusOr<bool> ComesInOrder(postgres::Connection& source, absl::string_view select) {
  source.Defer({"SAVEPOINT plan"});
  ASSIGN_OR_RETURN(const bool in_order, IsPlannedWithoutSort(source, select));
  source.Defer({"ROLLBACK TO SAVEPOINT plan"});
  source.Defer({"RELEASE SAVEPOINT plan"});
  return in_order;
}

void AvoidSorts(postgres::Connection& source) {
  source.Defer({"SET LOCAL enable_sort = off"});
  if (source.server_version() >= kFirstWithIncrementalSort)
    source.Defer({"SET LOCAL enable_incremental_sort = off"});
}

}  // namespace lockstitch::extractor
