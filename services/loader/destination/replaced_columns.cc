#include "services/loader/destination/replaced_columns.h"

#include <map>
#include <string>

#include "absl/strings/str_cat.h"

namespace lockstitch::loader {
namespace {

bool IsReplaced(const v1::ColumnMapping& last, const v1::ColumnMapping& now) {
  return last.source_number() != 0 && now.source_number() != 0 &&
         last.source_number() != now.source_number() &&
         last.destination_column() == now.destination_column();
}

}  // namespace

std::vector<v1::SchemaChange> ReplacedColumns(const v1::LoadPlan& last, const v1::LoadPlan& plan) {
  std::vector<v1::SchemaChange> changes;
  if (last.source_oid() != plan.source_oid()) return changes;
  std::map<std::string, const v1::ColumnMapping*> loaded;
  for (const v1::ColumnMapping& column : last.columns()) loaded[column.source_column()] = &column;
  const bool reload = plan.settings().backfill() == v1::BACKFILL_RELOAD;
  for (const v1::ColumnMapping& column : plan.columns()) {
    const auto found = loaded.find(column.source_column());
    if (found == loaded.end() || !IsReplaced(*found->second, column)) continue;
    v1::SchemaChange& change = changes.emplace_back();
    change.set_kind(v1::CHANGE_KIND_COLUMN_ADDED);
    change.set_column(column.source_column());
    change.set_destination_column(column.destination_column());
    change.set_to(column.destination_type());
    change.set_effect(absl::StrCat(
        "column ", column.source_column(),
        " is another one than before, under the same name: the destination's column ",
        column.destination_column(), " takes its values; rows loaded before keep what it holds; ",
        reload ? "backfill is reload, which reads them anew" : "backfill: reload reads them anew"));
  }
  return changes;
}

}  // namespace lockstitch::loader
