#include "services/scheduler/selection.h"

#include <map>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "schema/destination_names.h"
#include "schema/stream_name.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::scheduler {
namespace {

using schema::StreamName;

void TestStream(const v1::StreamSettings& settings, std::set<std::string>* seen,
                std::vector<std::string>* problems) {
  const absl::StatusOr<v1::TableName> table = schema::ParseStreamName(settings.stream());
  if (!table.ok()) {
    problems->push_back(std::string(table.status().message()));
    return;
  }
  if (!seen->insert(StreamName(*table)).second) {
    problems->push_back(absl::StrCat("stream ", StreamName(*table), " is selected twice"));
  }
  if (settings.method() != v1::REPLICATION_METHOD_UNSPECIFIED &&
      settings.method() != v1::REPLICATION_METHOD_FULL_TABLE) {
    problems->push_back(
        absl::StrCat("stream ", StreamName(*table), ": only method FULL_TABLE is available"));
  }
}

bool IsTable(const v1::Table& table) {
  return table.kind() == v1::TABLE_KIND_TABLE || table.kind() == v1::TABLE_KIND_PARTITIONED_TABLE;
}

SelectedStream Select(v1::StreamSettings settings, const v1::TableName& name,
                      const v1::Table* table) {
  settings.set_stream(StreamName(name));
  settings.set_method(v1::REPLICATION_METHOD_FULL_TABLE);
  SelectedStream stream = {.settings = std::move(settings), .table = name};
  if (table != nullptr) {
    stream.size_bytes = table->size_bytes();
  } else {
    stream.problem = Error(Reason::kStreamNotFound,
                           absl::StrCat("the source has no table or view ", StreamName(name)));
  }
  return stream;
}

absl::Status TestDestinationTables(const std::vector<SelectedStream>& streams) {
  std::map<std::string, std::string> by_table;
  std::vector<std::string> problems;
  for (const SelectedStream& stream : streams) {
    const auto [taken, fresh] = by_table.emplace(stream.table.name(), stream.settings.stream());
    if (!fresh) problems.push_back(absl::StrCat(taken->second, " and ", stream.settings.stream()));
  }
  if (problems.empty()) return absl::OkStatus();
  return Error(
      Reason::kIntegrationInvalid,
      absl::StrCat("streams that would go to the same destination table: ",
                   absl::StrJoin(problems, "; ")),
      "Select one of each with --stream, and the other in an integration of another name.");
}

}  // namespace

absl::Status ValidateIntegration(const v1::Integration& integration) {
  std::vector<std::string> problems;
  const absl::StatusOr<std::string> schema = schema::DestinationSchema(integration.name());
  if (!schema.ok()) problems.push_back(std::string(schema.status().message()));
  if (integration.source().postgres().url().empty())
    problems.push_back("source.postgres.url is missing");
  if (integration.destination().postgres().url().empty())
    problems.push_back("destination.postgres.url is missing");
  std::set<std::string> seen;
  for (const v1::StreamSettings& settings : integration.streams())
    TestStream(settings, &seen, &problems);
  if (problems.empty()) return absl::OkStatus();
  return Error(Reason::kIntegrationInvalid, absl::StrJoin(problems, "; "));
}

absl::StatusOr<std::vector<SelectedStream>> SelectStreams(const v1::Integration& integration,
                                                          const std::vector<v1::Table>& catalog) {
  std::vector<SelectedStream> streams;
  if (integration.streams().empty()) {
    for (const v1::Table& table : catalog) {
      if (IsTable(table)) streams.push_back(Select({}, table.name(), &table));
    }
  } else {
    std::map<std::string, const v1::Table*> by_name;
    for (const v1::Table& table : catalog) by_name[StreamName(table.name())] = &table;
    for (const v1::StreamSettings& settings : integration.streams()) {
      ASSIGN_OR_RETURN(const v1::TableName name, schema::ParseStreamName(settings.stream()));
      const auto found = by_name.find(StreamName(name));
      streams.push_back(Select(settings, name, found == by_name.end() ? nullptr : found->second));
    }
  }
  RETURN_IF_ERROR(TestDestinationTables(streams));
  return streams;
}

}  // namespace lockstitch::scheduler
