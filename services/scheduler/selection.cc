#include "services/scheduler/selection.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "schema/column_selection.h"
#include "schema/destination_names.h"
#include "schema/new_columns.h"
#include "schema/stream_name.h"
#include "schema/stream_pattern.h"
#include "status/reason.h"

namespace lockstitch::scheduler {
namespace {

using schema::StreamName;
using schema::StreamPattern;

constexpr uint32_t kMostParallelStreams = 1'000;  // Each is a thread of the scheduler.

void TestStreamNames(const v1::Integration& integration, std::vector<std::string>* problems) {
  std::set<std::string> seen;
  for (const v1::StreamSettings& settings : integration.streams()) {
    const absl::StatusOr<v1::TableName> table = schema::ParseStreamName(settings.stream());
    if (!table.ok()) {
      problems->push_back(std::string(table.status().message()));
    } else if (!seen.insert(StreamName(*table)).second) {
      problems->push_back(absl::StrCat("stream ", StreamName(*table), " is given twice"));
    }
  }
}

bool IsSelected(const v1::StreamSettings& settings) {
  return !settings.has_selected() || settings.selected();
}

// Those of the integration, or what stands for them.
std::vector<StreamPattern> PatternsOf(const v1::Integration& integration) {
  std::vector<std::string> texts(integration.selection().patterns().begin(),
                                 integration.selection().patterns().end());
  if (texts.empty() && !SelectsByName(integration)) texts = {"*.*"};
  std::vector<StreamPattern> patterns;
  for (const std::string& text : texts) {
    if (absl::StatusOr<StreamPattern> pattern = StreamPattern::Parse(text); pattern.ok())
      patterns.push_back(*std::move(pattern));
  }
  return patterns;
}

// Why patterns don't select the table, as a clause; empty if they do.
std::string WhyOutOfReach(const v1::Table& table, const v1::StreamSelection& selection) {
  const bool view =
      table.kind() == v1::TABLE_KIND_VIEW || table.kind() == v1::TABLE_KIND_MATERIALIZED_VIEW;
  if (table.kind() == v1::TABLE_KIND_FOREIGN_TABLE)
    return "it is a foreign table now, which patterns don't select";
  if (view && !selection.views())
    return "it is a view now, which patterns select only where selection.views is set";
  // It holds nothing that could be missed.
  if (table.columns().empty()) return "it has no columns any more";
  return "";
}

absl::Status StreamNotFound(const std::string& stream) {
  return Error(Reason::kStreamNotFound, absl::StrCat("the source has no table or view ", stream));
}

// Of a stream that a pattern found before. `why` says what has become of it.
absl::Status StreamLost(const std::string& stream, const std::string& why) {
  return Error(
      Reason::kStreamNotFound,
      absl::StrCat(stream, " was loaded before, and ", why,
                   ": what was loaded stays, and goes out of date"),
      absl::StrCat("Put it back, or name it in streams if it is there as something else. To do "
                   "without it, add the pattern !",
                   stream, ", or drop its destination table: then it is asked for no more."));
}

class Selector {
 public:
  Selector(const v1::Integration& integration, const std::vector<v1::Table>& catalog,
           const v1::RegisterStreamsResponse& registered)
      : integration_(integration), catalog_(catalog), registered_(registered) {
    for (const v1::Table& table : catalog) by_name_[StreamName(table.name())] = &table;
    for (const v1::KnownStream& stream : registered.known())
      known_[StreamName(stream.table())] = &stream;
  }

  std::vector<SelectedStream> Run() && {
    std::set<std::string> named;
    for (const v1::StreamSettings& settings : integration_.streams()) {
      const absl::StatusOr<v1::TableName> table = schema::ParseStreamName(settings.stream());
      if (!table.ok() || !named.insert(StreamName(*table)).second || !IsSelected(settings))
        continue;
      Add(settings, *table, /*by_pattern=*/false);
    }
    const std::vector<StreamPattern> patterns = PatternsOf(integration_);
    for (const v1::Table& table : catalog_) {
      if (named.count(StreamName(table.name())) == 0 &&
          WhyOutOfReach(table, integration_.selection()).empty() &&
          schema::Selects(patterns, table.name())) {
        Add({}, table.name(), /*by_pattern=*/true);
      }
    }
    for (const v1::TableName& table : registered_.others()) {
      if (named.count(StreamName(table)) == 0 && schema::Selects(patterns, table)) AddLost(table);
    }
    return std::move(streams_);
  }

 private:
  void Add(v1::StreamSettings settings, const v1::TableName& name, bool by_pattern) {
    settings.set_stream(StreamName(name));
    if (settings.method() == v1::REPLICATION_METHOD_UNSPECIFIED)
      settings.set_method(v1::REPLICATION_METHOD_FULL_TABLE);
    settings.set_reset(integration_.reset() + settings.reset());
    SelectedStream& stream = streams_.emplace_back();
    stream.table = name;
    stream.by_pattern = by_pattern;
    const auto table = by_name_.find(settings.stream());
    if (table == by_name_.end()) {
      stream.readable = false;
      stream.problems.push_back(StreamNotFound(settings.stream()));
    } else {
      Fill(*table->second, settings, &stream);
    }
    stream.settings = std::move(settings);
  }

  void Fill(const v1::Table& table, const v1::StreamSettings& settings, SelectedStream* stream) {
    stream->size_bytes = table.size_bytes();
    if (const auto known = known_.find(settings.stream()); known != known_.end())
      stream->known_columns = ColumnsOf(*known->second);
    schema::ColumnSelection selection =
        schema::SelectColumns(table, settings, stream->known_columns);
    stream->problems = std::move(selection.problems);
    stream->notes = std::move(selection.notes);
    stream->replication_key_lost = selection.replication_key_lost;
    for (const v1::Column& column : selection.table.columns())
      stream->columns.push_back(column.name());
    stream->key = {selection.table.primary_key().begin(), selection.table.primary_key().end()};
    stream->readable = !table.has_obstacle();
  }

  void AddLost(const v1::TableName& name) {
    const std::string stream = StreamName(name);
    const auto table = by_name_.find(stream);
    const std::string why = table == by_name_.end()
                                ? "the source has it no more"
                                : WhyOutOfReach(*table->second, integration_.selection());
    if (why.empty()) return;
    SelectedStream& lost = streams_.emplace_back();
    lost.settings.set_stream(stream);
    lost.settings.set_method(v1::REPLICATION_METHOD_FULL_TABLE);
    lost.table = name;
    lost.by_pattern = true;
    lost.readable = false;
    lost.problems.push_back(StreamLost(stream, why));
  }

  static std::set<std::string> ColumnsOf(const v1::KnownStream& known) {
    std::set<std::string> columns(known.columns().begin(), known.columns().end());
    const v1::StreamSettings& settings = known.settings();
    columns.insert(settings.include_columns().begin(), settings.include_columns().end());
    columns.insert(settings.exclude_columns().begin(), settings.exclude_columns().end());
    return columns;
  }

  const v1::Integration& integration_;
  const std::vector<v1::Table>& catalog_;
  const v1::RegisterStreamsResponse& registered_;
  std::map<std::string, const v1::Table*> by_name_;
  std::map<std::string, const v1::KnownStream*> known_;
  std::vector<SelectedStream> streams_;
};

void NameStream(const v1::Integration& integration, SelectedStream* stream) {
  absl::StatusOr<std::string> name = schema::DestinationTable(stream->table, integration.naming());
  if (name.ok()) {
    stream->destination_table = *std::move(name);
  } else {
    stream->problems.push_back(name.status());
  }
  const absl::Status columns = schema::DestinationColumns(stream->columns, integration.naming(),
                                                          integration.system_columns())
                                   .status();
  if (!columns.ok()) stream->problems.push_back(columns);
}

void FindCollisions(std::vector<SelectedStream>* streams) {
  std::map<std::string, std::vector<SelectedStream*>> by_table;
  for (SelectedStream& stream : *streams) {
    if (stream.readable && !stream.destination_table.empty())
      by_table[stream.destination_table].push_back(&stream);
  }
  const auto name = [](std::string* out, const SelectedStream* stream) {
    out->append(stream->settings.stream());
  };
  for (const auto& [table, sharing] : by_table) {
    if (sharing.size() < 2) continue;
    const absl::Status problem =
        Error(Reason::kDestinationNameCollision,
              absl::StrCat(absl::StrJoin(sharing, " and ", name),
                           " would go to the same destination table ", table));
    for (SelectedStream* stream : sharing) stream->problems.push_back(problem);
  }
}

// Takes the new columns away from a stream that has been loaded before.
void LeaveOutNewColumns(const v1::KnownStream& known, SelectedStream* stream,
                        std::vector<LeftOut>* left_out) {
  std::set<std::string> wanted(stream->key.begin(), stream->key.end());
  wanted.insert(stream->settings.include_columns().begin(),
                stream->settings.include_columns().end());
  wanted.insert(stream->settings.replication_key());
  for (const std::string& column : schema::NewColumns(
           stream->columns, {known.columns().begin(), known.columns().end()}, wanted)) {
    left_out->push_back({stream->settings.stream(), column, schema::LeftOutNote(column)});
    std::erase(stream->columns, column);
  }
}

}  // namespace

std::vector<std::string> TestIntegration(const v1::Integration& integration) {
  std::vector<std::string> problems;
  const absl::StatusOr<std::string> schema = schema::DestinationSchema(integration.name());
  if (!schema.ok()) problems.push_back(std::string(schema.status().message()));
  if (!integration.source().has_postgres()) problems.emplace_back("source.postgres is missing");
  if (!integration.destination().has_postgres())
    problems.emplace_back("destination.postgres is missing");
  TestStreamNames(integration, &problems);
  for (const std::string& text : integration.selection().patterns()) {
    const absl::Status pattern = StreamPattern::Parse(text).status();
    if (!pattern.ok()) problems.push_back(std::string(pattern.message()));
  }
  if (integration.max_parallel_streams() > kMostParallelStreams) {
    problems.push_back(absl::StrCat("max_parallel_streams must be at most ", kMostParallelStreams));
  }
  return problems;
}

bool SelectsByName(const v1::Integration& integration) {
  return std::any_of(integration.streams().begin(), integration.streams().end(), IsSelected);
}

absl::Status ProblemOf(const SelectedStream& stream) {
  if (stream.problems.size() < 2)
    return stream.problems.empty() ? absl::OkStatus() : stream.problems.front();
  const auto message = [](std::string* out, const absl::Status& problem) {
    absl::StrAppend(out, problem.message());
  };
  const absl::Status& first = stream.problems.front();
  return Error(ReasonOf(first).value_or(Reason::kInternal),
               absl::StrJoin(stream.problems, "; ", message), Explain(first).remedy);
}

std::vector<SelectedStream> SelectStreams(const v1::Integration& integration,
                                          const std::vector<v1::Table>& catalog,
                                          const v1::RegisterStreamsResponse& registered) {
  return Selector(integration, catalog, registered).Run();
}

bool DependsOnKnown(const v1::Integration& integration,
                    const std::vector<SelectedStream>& streams) {
  const auto lacks_column = [](const absl::Status& problem) {
    return ReasonOf(problem) == Reason::kColumnNotFound;
  };
  return integration.selection().new_tables() == v1::NEW_POLICY_IGNORE ||
         integration.selection().new_columns() == v1::NEW_POLICY_IGNORE ||
         std::any_of(streams.begin(), streams.end(), [&](const SelectedStream& stream) {
           return std::any_of(stream.problems.begin(), stream.problems.end(), lacks_column);
         });
}

std::vector<LeftOut> LeaveOutNew(const v1::Integration& integration,
                                 const v1::RegisterStreamsResponse& registered,
                                 std::vector<SelectedStream>* streams) {
  std::map<std::string, const v1::KnownStream*> known;
  for (const v1::KnownStream& stream : registered.known())
    known[StreamName(stream.table())] = &stream;
  std::set<std::string> others;
  for (const v1::TableName& table : registered.others()) others.insert(StreamName(table));
  std::vector<LeftOut> left_out;
  std::vector<SelectedStream> kept;
  for (SelectedStream& stream : *streams) {
    const auto found = known.find(stream.settings.stream());
    if (found != known.end() && integration.selection().new_columns() == v1::NEW_POLICY_IGNORE) {
      LeaveOutNewColumns(*found->second, &stream, &left_out);
    }
    if (!registered.first() && found == known.end() &&
        others.count(stream.settings.stream()) == 0 && stream.by_pattern &&
        integration.selection().new_tables() == v1::NEW_POLICY_IGNORE) {
      left_out.push_back({stream.settings.stream(), "",
                          "is new and left out: new_tables is IGNORE; name it in streams to "
                          "replicate it"});
    } else {
      kept.push_back(std::move(stream));
    }
  }
  *streams = std::move(kept);
  return left_out;
}

void NameStreams(const v1::Integration& integration, std::vector<SelectedStream>* streams) {
  for (SelectedStream& stream : *streams) NameStream(integration, &stream);
  FindCollisions(streams);
}

}  // namespace lockstitch::scheduler
