#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "cli/commands.h"
#include "cli/local_services.h"
#include "cli/text_table.h"
#include "lockstitch/v1/catalog.pb.h"
#include "schema/stream_name.h"

namespace lockstitch::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string KindOf(const v1::Table& table) {
  return absl::AsciiStrToLower(absl::StrReplaceAll(
      absl::StripPrefix(v1::TableKind_Name(table.kind()), "TABLE_KIND_"), {{"_", " "}}));
}

Json TableAsJson(const v1::Table& table) {
  Json columns = Json::array();
  for (const v1::Column& column : table.columns()) {
    columns.push_back({{"name", column.name()},
                       {"type", column.type().display()},
                       {"nullable", column.nullable()}});
  }
  Json key = Json::array();
  for (const std::string& column : table.primary_key()) key.push_back(column);
  return {{"stream", schema::StreamName(table.name())},
          {"kind", KindOf(table)},
          {"is_view",
           table.kind() == v1::TABLE_KIND_VIEW || table.kind() == v1::TABLE_KIND_MATERIALIZED_VIEW},
          {"row_estimate", table.row_estimate() < 0 ? Json() : Json(table.row_estimate())},
          {"size_bytes", table.size_bytes()},
          {"primary_key", key},
          {"columns", columns}};
}

std::string AsJson(const std::vector<v1::Table>& tables) {
  Json list = Json::array();
  for (const v1::Table& table : tables) list.push_back(TableAsJson(table));
  return Json{{"streams", list}}.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string AsTable(const std::vector<v1::Table>& tables) {
  if (tables.empty()) return "The source has no table or view that its user may see.\n";
  std::vector<std::vector<std::string>> rows;
  for (const v1::Table& table : tables) {
    rows.push_back(
        {schema::StreamName(table.name()), KindOf(table),
         table.row_estimate() < 0 ? "?" : absl::StrCat("~", GroupedNumber(table.row_estimate())),
         ReadableBytes(static_cast<double>(table.size_bytes())), absl::StrCat(table.columns_size()),
         absl::StrJoin(table.primary_key(), ", ")});
  }
  return absl::StrCat(TextTable({{"STREAM"},
                                 {"KIND"},
                                 {"ROWS", true},
                                 {"SIZE", true},
                                 {"COLUMNS", true},
                                 {"PRIMARY KEY"}},
                                rows),
                      "\nReplicate with: lockstitch sync --source URL --destination URL --name "
                      "NAME [--stream SCHEMA.TABLE]...\n");
}

}  // namespace

int Run(const DiscoverCommand& command, Output output, std::stop_token stop) {
  const absl::StatusOr<std::unique_ptr<LocalServices>> services = LocalServices::Start();
  if (!services.ok()) return Fail(services.status(), output);
  v1::Source source;
  source.mutable_postgres()->set_url(command.source);
  const absl::StatusOr<std::vector<v1::Table>> tables =
      (*services)->discovery().Discover(source, stop);
  if (!tables.ok()) return Fail(tables.status(), output);
  std::cout << (output == Output::kJson ? AsJson(*tables) : AsTable(*tables));
  return kSucceeded;
}

}  // namespace lockstitch::cli
