#include "schema/recommendation.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace lockstitch::schema {
namespace {

constexpr int64_t kSmall = 10'000;

v1::Recommendation FullTable(absl::string_view reason) {
  v1::Recommendation recommendation;
  recommendation.set_method("FULL_TABLE");
  recommendation.set_reason(std::string(reason));
  return recommendation;
}

v1::Recommendation Incremental(const v1::ReplicationKeyCandidate& key) {
  v1::Recommendation recommendation;
  recommendation.set_method("INCREMENTAL");
  recommendation.set_replication_key(key.column());
  recommendation.set_reason(absl::StrCat(
      key.column(), " seems to hold when a row last changed, ",
      key.indexed() ? "and an index finds the changed rows."
                    : "but no index begins with it, so that every run reads the whole table."));
  return recommendation;
}

const v1::Column* Find(const v1::Table& table, const std::string& name) {
  const auto found = std::find_if(table.columns().begin(), table.columns().end(),
                                  [&](const v1::Column& column) { return column.name() == name; });
  return found == table.columns().end() ? nullptr : &*found;
}

// A row whose key is NULL is seen by the first load only.
bool MayStayNull(const v1::Table& table, const v1::ReplicationKeyCandidate& key) {
  const v1::Column* column = Find(table, key.column());
  return column == nullptr || (column->nullable() && column->default_expression().empty());
}

bool HoldsTable(const v1::Table& table) {
  return table.kind() == v1::TABLE_KIND_TABLE || table.kind() == v1::TABLE_KIND_PARTITIONED_TABLE;
}

}  // namespace

v1::Recommendation Recommend(const v1::Table& table, bool has_children) {
  if (!HoldsTable(table))
    return FullTable("Only tables have a primary key, by which changed rows could be replaced.");
  if (table.row_estimate() >= 0 && table.row_estimate() < kSmall)
    return FullTable("It is small, and a full copy also sees deleted rows.");
  if (table.primary_key().empty())
    return FullTable("It has no primary key, by which changed rows could be replaced.");
  for (const std::string& name : table.primary_key()) {
    const v1::Column* column = Find(table, name);
    if (column == nullptr || column->has_obstacle())
      return FullTable(absl::StrCat("Its primary key's column ", name, " can't be read."));
  }
  if (has_children)
    return FullTable(
        "Other tables inherit from it, and its primary key doesn't tell their rows apart.");
  const auto& keys = table.replication_keys();
  if (keys.empty() || !keys[0].tracks_updates())
    return FullTable("No column seems to hold when a row last changed.");
  for (const v1::ReplicationKeyCandidate& key : keys) {
    if (key.tracks_updates() && !MayStayNull(table, key)) return Incremental(key);
  }
  return FullTable(
      absl::StrCat(keys[0].column(), " may be NULL, and changes of such rows would not be seen."));
}

}  // namespace lockstitch::schema
