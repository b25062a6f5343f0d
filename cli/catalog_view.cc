#include "cli/catalog_view.h"

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

using Json = nlohmann::ordered_json;

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

Json OrNull(const std::string& text) { return text.empty() ? Json() : Json(text); }

template <typename Message>
Json ObstacleOf(const Message& message) {
  if (!message.has_obstacle()) return Json();
  return {{"reason", message.obstacle().reason()}, {"message", message.obstacle().message()}};
}

Json ColumnJson(const v1::Column& column) {
  return {{"name", column.name()},
          {"type", column.type().display()},
          {"nullable", column.nullable()},
          {"default", OrNull(column.default_expression())},
          {"generated", OrNull(GenerationOf(column))},
          {"comment", OrNull(column.comment())},
          {"obstacle", ObstacleOf(column)}};
}

Json IndexJson(const v1::UniqueIndex& index) {
  return {{"name", index.name()},
          {"columns", Json(index.columns())},
          {"identifies_rows", index.identifies_rows()}};
}

Json KeyJson(const v1::ReplicationKeyCandidate& key) {
  return {{"column", key.column()},
          {"indexed", key.indexed()},
          {"tracks_updates", key.tracks_updates()}};
}

Json RecommendationJson(const v1::Table& table) {
  if (!table.has_recommendation()) return Json();
  const v1::Recommendation& recommended = table.recommendation();
  return {{"method", recommended.method()},
          {"replication_key", OrNull(recommended.replication_key())},
          {"reason", recommended.reason()}};
}

template <typename List, typename Convert>
Json ListOf(const List& list, Convert convert) {
  Json json = Json::array();
  for (const auto& element : list) json.push_back(convert(element));
  return json;
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

std::string ObstacleText(const std::string& what, const v1::Obstacle& obstacle) {
  return absl::StrCat(what, ": ", obstacle.reason(), "\n  ", obstacle.message(), "\n");
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
  if (key.tracks_updates()) qualities.push_back("tracks updates");
  qualities.push_back(key.indexed() ? "indexed" : "no index");
  return absl::StrCat("  ", key.column(), ": ", absl::StrJoin(qualities, ", "), "\n");
}

std::string KeysText(const v1::Table& table) {
  std::string text = absl::StrCat(
      "Primary key: ",
      table.primary_key().empty() ? "none" : absl::StrJoin(table.primary_key(), ", "), "\n");
  for (const v1::UniqueIndex& index : table.unique_indexes()) {
    absl::StrAppend(&text, "Unique index ", index.name(), ": ",
                    absl::StrJoin(index.columns(), ", "),
                    index.identifies_rows() ? "" : " (NULLs are not unique)", "\n");
  }
  if (!table.replication_keys().empty()) absl::StrAppend(&text, "Replication keys, best first:\n");
  for (const auto& key : table.replication_keys()) absl::StrAppend(&text, KeyText(key));
  return text;
}

}  // namespace

std::string TableJson(const v1::Table& table) {
  const Json json = {
      {"stream", schema::StreamName(table.name())},
      {"kind", KindOf(table)},
      {"is_view",
       table.kind() == v1::TABLE_KIND_VIEW || table.kind() == v1::TABLE_KIND_MATERIALIZED_VIEW},
      {"row_estimate", table.row_estimate() < 0 ? Json() : Json(table.row_estimate())},
      {"size_bytes", table.size_bytes()},
      {"comment", OrNull(table.comment())},
      {"partitions", table.partitions()},
      {"inherits", ListOf(table.inherits(), schema::StreamName)},
      {"primary_key", Json(table.primary_key())},
      {"unique_indexes", ListOf(table.unique_indexes(), IndexJson)},
      {"replication_keys", ListOf(table.replication_keys(), KeyJson)},
      {"recommendation", RecommendationJson(table)},
      {"obstacle", ObstacleOf(table)},
      {"columns", ListOf(table.columns(), ColumnJson)}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
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
    absl::StrAppend(&obstacles_, name,
                    ": columns that can't be selected: ", absl::StrJoin(blocked, ", "),
                    "\n  --stream '", name, "' tells why.\n");
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
  std::string text =
      absl::StrCat(name, ": ", KindOf(table), ", ", RowsOf(table), " rows, ", SizeOf(table), "\n");
  if (!table.comment().empty()) absl::StrAppend(&text, table.comment(), "\n");
  if (table.partitions() > 0) absl::StrAppend(&text, "Partitions: ", table.partitions(), "\n");
  for (const v1::TableName& parent : table.inherits())
    absl::StrAppend(&text, "Inherits from ", schema::StreamName(parent), "\n");
  absl::StrAppend(&text, "\n", ColumnsText(table), "\n", KeysText(table));
  if (table.has_recommendation()) {
    absl::StrAppend(&text, "\nRecommended: ", MethodOf(table), "\n  ",
                    table.recommendation().reason(), "\n");
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
