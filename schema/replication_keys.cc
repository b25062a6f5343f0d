#include "schema/replication_keys.h"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"

namespace lockstitch::schema {
namespace {

// The better key first. Two of one rank stay in the table's order.
constexpr std::pair<absl::string_view, int> kRanks[] = {
    {"timestamptz", 0}, {"timestamp", 1}, {"int8", 2}, {"int4", 2}, {"int2", 2},
    {"date", 3},        {"numeric", 4},   {"uuid", 5}, {"text", 6}, {"varchar", 6}};

// What frameworks and people call the time of a row's last change: updated_at, updatedAt,
// last_modified, date_modified, changed_on, SystemModstamp, write_date ...
constexpr absl::string_view kNamesOfChange[] = {"updat",    "modif",      "changed", "last_change",
                                                "modstamp", "write_date", "mtime"};

const v1::DataType& Base(const v1::DataType& type) {
  return type.kind() == v1::TYPE_KIND_DOMAIN ? Base(type.element()) : type;
}

std::optional<int> RankOf(const v1::DataType& type) {
  const v1::DataType& base = Base(type);
  if (base.kind() != v1::TYPE_KIND_BASE || base.schema() != "pg_catalog") return std::nullopt;
  for (const auto& [name, rank] : kRanks) {
    if (base.name() == name) return rank;
  }
  return std::nullopt;
}

bool TracksUpdates(const v1::Column& column) {
  const std::string& type = Base(column.type()).name();
  if (type != "timestamptz" && type != "timestamp") return false;
  const std::string name = absl::AsciiStrToLower(column.name());
  return std::any_of(std::begin(kNamesOfChange), std::end(kNamesOfChange),
                     [&](absl::string_view part) { return absl::StrContains(name, part); });
}

}  // namespace

bool FitsReplicationKey(const v1::DataType& type) { return RankOf(type).has_value(); }

void AddReplicationKeys(const std::set<std::string>& indexed, v1::Table* table) {
  using Ranked = std::pair<std::tuple<bool, bool, int>, v1::ReplicationKeyCandidate>;
  std::vector<Ranked> found;
  for (const v1::Column& column : table->columns()) {
    const std::optional<int> rank = RankOf(column.type());
    if (!rank || column.has_obstacle()) continue;
    v1::ReplicationKeyCandidate key;
    key.set_column(column.name());
    key.set_indexed(indexed.count(column.name()) > 0);
    key.set_tracks_updates(TracksUpdates(column));
    found.emplace_back(std::tuple(!key.tracks_updates(), !key.indexed(), *rank), std::move(key));
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const Ranked& a, const Ranked& b) { return a.first < b.first; });
  for (Ranked& ranked : found) *table->add_replication_keys() = std::move(ranked.second);
}

}  // namespace lockstitch::schema
