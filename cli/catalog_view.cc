#include "cli/catalog_view.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "cli/text_table.h"
#include "schema/stream_name.h"

namespace lockstitch::cli {
namespace {

std::string KindOf(const v1::Table& table) {
  return absl::AsciiStrToLower(absl::StrReplaceAll(
      absl::StripPrefix(v1::TableKind_Name(table.kind()), "TABLE_KIND_"), {{"_", " "}}));
}

// Empty for a column of its own.
std::string GenerationOf(const v1::Column& column) {
  if (column.generation() == v1::COLUMN_GENERATION_UNSPECIFIED) return "";
  return absl::AsciiStrToLower(
      absl::StripPrefix(v1::ColumnGeneration_Name(column.generation()), "COLUMN_GENERATION_"));
}

// JSON is written as text here: a catalog has hundreds of thousands of values, and a tree of them
// costs more than reading them.

// A text that needs no escapes, as nearly all do.
bool IsPlain(absl::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c >= ' ' && c < 127 && c != '"' && c != '\\'; });
}

std::string Json(const std::string& text) {
  using Value = nlohmann::json;
  if (IsPlain(text)) return absl::StrCat("\"", text, "\"");
  return Value(text).dump(-1, ' ', false, Value::error_handler_t::replace);
}

std::string JsonOrNull(const std::string& text) { return text.empty() ? "null" : Json(text); }

absl::string_view JsonBool(bool value) { return value ? "true" : "false"; }

template <typename List, typename Convert>
std::string JsonList(const List& list, Convert convert) {
  std::string json = "[";
  for (const auto& element : list)
    absl::StrAppend(&json, json.size() > 1 ? "," : "", convert(element));
  return json + "]";
}

std::string JsonNames(const google::protobuf::RepeatedPtrField<std::string>& names) {
  return JsonList(names, [](const std::string& name) { return Json(name); });
}

template <typename Message>
std::string ObstacleJson(const Message& message) {
  if (!message.has_obstacle()) return "null";
  return absl::StrCat("{\"reason\":", Json(message.obstacle().reason()),
                      ",\"message\":", Json(message.obstacle().message()), "}");
}

std::string ColumnJson(const v1::Column& column) {
  return absl::StrCat(
      "{\"name\":", Json(column.name()), ",\"type\":", Json(column.type().display()),
      ",\"nullable\":", JsonBool(column.nullable()),
      ",\"default\":", JsonOrNull(column.default_expression()),
      ",\"generated\":", JsonOrNull(GenerationOf(column)),
      ",\"comment\":", JsonOrNull(column.comment()), ",\"obstacle\":", ObstacleJson(column), "}");
}

std::string IndexJson(const v1::UniqueIndex& index) {
  return absl::StrCat("{\"name\":", Json(index.name()), ",\"columns\":", JsonNames(index.columns()),
                      ",\"identifies_rows\":", JsonBool(index.identifies_rows()), "}");
}

std::string KeyJson(const v1::ReplicationKeyCandidate& key) {
  return absl::StrCat("{\"column\":", Json(key.column()), ",\"indexed\":", JsonBool(key.indexed()),
                      ",\"tracks_updates\":", JsonBool(key.tracks_updates()), "}");
}

std::string RecommendationJson(const v1::Table& table) {
  if (!table.has_recommendation()) return "null";
  const v1::Recommendation& recommended = table.recommendation();
  return absl::StrCat("{\"method\":", Json(recommended.method()),
                      ",\"replication_key\":", JsonOrNull(recommended.replication_key()),
                      ",\"reason\":", Json(recommended.reason()), "}");
}

std::string RowsOf(const v1::Table& table) {
  return table.row_estimate() < 0 ? "?" : absl::StrCat("~", GroupedNumber(table.row_estimate()));
}

std::string SizeOf(const v1::Table& table) {
  return ReadableBytes(static_cast<double>(table.size_bytes()));
}

std::string MethodOf(const v1::Table& table) {
  if (!table.has_recommendation()) return "none, see below";
  const v1::Recommendation& recommended = table.recommendation();
  return recommended.replication_key().empty()
             ? recommended.method()
             : absl::StrCat(recommended.method(), " by ", recommended.replication_key());
}

// One line of text, whatever the names in it hold.
template <typename... Parts>
std::string Line(const Parts&... parts) {
  return Printable(absl::StrCat(parts...)) + "\n";
}

std::string ObstacleText(const std::string& what, const v1::Obstacle& obstacle) {
  return Line(what, ": ", obstacle.reason()) + Line("  ", obstacle.message());
}

std::vector<std::string> Blocked(const v1::Table& table) {
  std::vector<std::string> names;
  for (const v1::Column& column : table.columns()) {
    if (column.has_obstacle()) names.push_back(column.name());
  }
  return names;
}

std::string ColumnsText(const v1::Table& table) {
  std::vector<std::vector<std::string>> rows;
  for (const v1::Column& column : table.columns()) {
    rows.push_back({column.name(), column.type().display(), column.nullable() ? "yes" : "no",
                    column.default_expression(), GenerationOf(column), column.comment()});
  }
  return TextTable({{"COLUMN"}, {"TYPE"}, {"NULLABLE"}, {"DEFAULT"}, {"GENERATED"}, {"COMMENT"}},
                   rows);
}

std::string KeyText(const v1::ReplicationKeyCandidate& key) {
  std::vector<std::string> qualities;
  if (key.tracks_updates()) qualities.emplace_back("tracks updates");
  qualities.emplace_back(key.indexed() ? "indexed" : "no index");
  return Line("  ", key.column(), ": ", absl::StrJoin(qualities, ", "));
}

std::string KeysText(const v1::Table& table) {
  std::string text =
      Line("Primary key: ",
           table.primary_key().empty() ? "none" : absl::StrJoin(table.primary_key(), ", "));
  for (const v1::UniqueIndex& index : table.unique_indexes()) {
    text += Line("Unique index ", index.name(), ": ", absl::StrJoin(index.columns(), ", "),
                 index.identifies_rows() ? "" : " (NULLs are not unique)");
  }
  if (!table.replication_keys().empty()) absl::StrAppend(&text, "Replication keys, best first:\n");
  for (const auto& key : table.replication_keys()) absl::StrAppend(&text, KeyText(key));
  return text;
}

}  // namespace

std::string TableJson(const v1::Table& table) {
  const bool view =
      table.kind() == v1::TABLE_KIND_VIEW || table.kind() == v1::TABLE_KIND_MATERIALIZED_VIEW;
  std::string json = absl::StrCat(
      "{\"stream\":", Json(schema::StreamName(table.name())), ",\"kind\":", Json(KindOf(table)),
      ",\"is_view\":", JsonBool(view),
      ",\"row_estimate\":", table.row_estimate() < 0 ? "null" : absl::StrCat(table.row_estimate()),
      ",\"size_bytes\":", table.size_bytes(), ",\"comment\":", JsonOrNull(table.comment()),
      ",\"partitions\":", table.partitions());
  absl::StrAppend(
      &json, ",\"inherits\":",
      JsonList(table.inherits(),
               [](const v1::TableName& name) { return Json(schema::StreamName(name)); }),
      ",\"primary_key\":", JsonNames(table.primary_key()),
      ",\"unique_indexes\":", JsonList(table.unique_indexes(), IndexJson),
      ",\"replication_keys\":", JsonList(table.replication_keys(), KeyJson),
      ",\"recommendation\":", RecommendationJson(table), ",\"obstacle\":", ObstacleJson(table),
      ",\"columns\":", JsonList(table.columns(), ColumnJson), "}");
  return json;
}

void CatalogText::Add(const v1::Table& table) {
  const std::string name = schema::StreamName(table.name());
  const std::vector<std::string> blocked = Blocked(table);
  const std::string readable =
      table.has_obstacle() || blocked.empty()
          ? ""
          : absl::StrCat(table.columns_size() - static_cast<int>(blocked.size()), " of ");
  rows_.push_back({name, KindOf(table), RowsOf(table), SizeOf(table),
                   absl::StrCat(readable, table.columns_size()),
                   absl::StrJoin(table.primary_key(), ", "), MethodOf(table)});
  if (table.has_obstacle()) {
    absl::StrAppend(&obstacles_, ObstacleText(name, table.obstacle()));
  } else if (!blocked.empty()) {
    absl::StrAppend(&obstacles_,
                    Line(name, ": columns that can't be selected: ", absl::StrJoin(blocked, ", ")),
                    Line("  --stream '", name, "' tells why."));
  }
}

std::string CatalogText::Text() const {
  if (rows_.empty()) return "The source has no table or view that its user may see.\n";
  return absl::StrCat(TextTable({{"STREAM"},
                                 {"KIND"},
                                 {"ROWS", true},
                                 {"SIZE", true},
                                 {"COLUMNS", true},
                                 {"PRIMARY KEY"},
                                 {"RECOMMENDED"}},
                                rows_),
                      obstacles_.empty() ? "" : "\n", obstacles_,
                      "\nMore of one: lockstitch discover --source URL --stream SCHEMA.TABLE\n"
                      "Replicate with: lockstitch sync --source URL --destination URL --name "
                      "NAME [--stream SCHEMA.TABLE]...\n");
}

std::string TableText(const v1::Table& table) {
  const std::string name = schema::StreamName(table.name());
  std::string text = Line(name, ": ", KindOf(table), ", ", RowsOf(table), " rows, ", SizeOf(table));
  if (!table.comment().empty()) text += Line(table.comment());
  if (table.partitions() > 0) text += Line("Partitions: ", table.partitions());
  for (const v1::TableName& parent : table.inherits())
    text += Line("Inherits from ", schema::StreamName(parent));
  absl::StrAppend(&text, "\n", ColumnsText(table), "\n", KeysText(table));
  if (table.has_recommendation()) {
    absl::StrAppend(&text, "\n", Line("Recommended: ", MethodOf(table)),
                    Line("  ", table.recommendation().reason()));
  }
  std::string obstacles;
  if (table.has_obstacle()) absl::StrAppend(&obstacles, ObstacleText(name, table.obstacle()));
  for (const v1::Column& column : table.columns()) {
    // What stands in the way of the whole table is said once.
    if (column.has_obstacle() && column.obstacle().reason() != table.obstacle().reason())
      absl::StrAppend(&obstacles, ObstacleText("Column " + column.name(), column.obstacle()));
  }
  return absl::StrCat(text, obstacles.empty() ? "" : "\n", obstacles);
}

}  // namespace lockstitch::cli
