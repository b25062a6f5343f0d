#include <algorithm>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "cli/change_view.h"
#include "cli/commands.h"
#include "cli/integration_file.h"
#include "cli/integration_flags.h"
#include "cli/local_services.h"
#include "cli/text_table.h"
#include "lockstitch/v1/discovery.pb.h"
#include "lockstitch/v1/loader.pb.h"
#include "lockstitch/v1/scheduler.pb.h"
#include "schema/stream_name.h"
#include "status/macros.h"

namespace lockstitch::cli {
namespace {

using Json = nlohmann::ordered_json;

// The steps of one end.
struct Checked {
  std::string end;  // "source" or "destination"
  std::vector<v1::CheckStep> steps;
};

// What was found of both ends and, of a whole integration, of its selection.
struct Findings {
  std::vector<Checked> ends;
  std::optional<v1::ValidateIntegrationResponse> selection;
};

// What to check; an end that isn't named is left out.
absl::StatusOr<v1::Integration> IntegrationOf(const CheckCommand& command) {
  v1::Integration integration;
  if (!command.file.empty()) {
    ASSIGN_OR_RETURN(integration, ReadIntegration(command.file));
  }
  SetUrls(command.source, command.destination, &integration);
  return integration;
}

absl::StatusOr<Findings> Check(const v1::Integration& integration, bool whole) {
  ASSIGN_OR_RETURN(const std::unique_ptr<LocalServices> services, LocalServices::Start());
  Findings findings;
  v1::CheckConnectionRequest source;
  v1::CheckDestinationRequest destination;
  if (whole) {
    ASSIGN_OR_RETURN(findings.selection, services->scheduler().ValidateIntegration(integration));
    for (const v1::SelectedStream& stream : findings.selection->streams()) {
      ASSIGN_OR_RETURN(*source.add_tables(), schema::ParseStreamName(stream.stream()));
    }
    *destination.mutable_extensions() = findings.selection->extensions();
    destination.set_integration(integration.name());
    destination.set_integration_uid(integration.uid());
  }
  if (integration.has_source()) {
    *source.mutable_source() = integration.source();
    ASSIGN_OR_RETURN(std::vector<v1::CheckStep> steps,
                     services->discovery().CheckConnection(source));
    findings.ends.push_back({"source", std::move(steps)});
  }
  if (integration.has_destination()) {
    *destination.mutable_destination() = integration.destination();
    ASSIGN_OR_RETURN(const v1::CheckDestinationResponse response,
                     services->loader().CheckDestination(destination));
    findings.ends.push_back({"destination", {response.steps().begin(), response.steps().end()}});
  }
  return findings;
}

std::string ResultOf(const v1::CheckStep& step) {
  return absl::AsciiStrToLower(
      absl::StripPrefix(v1::CheckResult_Name(step.result()), "CHECK_RESULT_"));
}

std::string MethodOf(const v1::SelectedStream& stream) {
  return std::string(
      absl::StripPrefix(v1::ReplicationMethod_Name(stream.method()), "REPLICATION_METHOD_"));
}

// What a run would do to the destination table as a whole.
std::string NextRunOf(const v1::SelectedStream& stream) {
  if (!stream.loaded()) return "first load";
  if (!stream.why_anew().empty()) return "loaded anew";
  if (stream.method() != v1::REPLICATION_METHOD_INCREMENTAL) return "full copy";
  const auto alters = [](const v1::SchemaChange& change) {
    return change.kind() != v1::CHANGE_KIND_FILTER;
  };
  return std::any_of(stream.changes().begin(), stream.changes().end(), alters) ? "altered in place"
                                                                               : "goes on";
}

double SecondsOf(const v1::CheckStep& step) {
  return static_cast<double>(step.duration().seconds()) + 1e-9 * step.duration().nanos();
}

bool Passed(const Findings& findings) {
  for (const Checked& end : findings.ends) {
    for (const v1::CheckStep& step : end.steps) {
      if (step.result() == v1::CHECK_RESULT_FAILED) return false;
    }
  }
  return !findings.selection || findings.selection->problems().empty();
}

std::vector<std::string> ListOf(const google::protobuf::RepeatedPtrField<std::string>& texts) {
  return {texts.begin(), texts.end()};
}

Json SelectionAsJson(const v1::ValidateIntegrationResponse& selection) {
  Json problems = Json::array(), streams = Json::array();
  for (const v1::Problem& problem : selection.problems()) {
    problems.push_back({{"stream", problem.stream().empty() ? Json() : Json(problem.stream())},
                        {"reason", problem.reason()},
                        {"message", problem.message()},
                        {"remedy", problem.remedy()}});
  }
  for (const v1::SelectedStream& stream : selection.streams()) {
    streams.push_back({{"stream", stream.stream()},
                       {"method", MethodOf(stream)},
                       {"destination_table", stream.destination_table()},
                       {"columns", ListOf(stream.columns())},
                       {"next_run", NextRunOf(stream)},
                       {"why_anew", stream.why_anew().empty() ? Json() : Json(stream.why_anew())},
                       {"changes", ChangesAsJson(stream.changes())},
                       {"notes", ListOf(stream.notes())}});
  }
  return {{"problems", problems}, {"streams", streams}, {"notes", ListOf(selection.notes())}};
}

std::string AsJson(const Findings& findings) {
  Json root = {{"passed", Passed(findings)}};
  for (const Checked& end : findings.ends) {
    for (const v1::CheckStep& step : end.steps) {
      const bool failed = step.result() == v1::CHECK_RESULT_FAILED;
      root[end.end].push_back({{"step", step.name()},
                               {"result", ResultOf(step)},
                               {"message", step.message()},
                               {"seconds", SecondsOf(step)},
                               {"remedy", step.remedy().empty() ? Json() : Json(step.remedy())},
                               {"error", failed ? Json{{"reason", step.reason()},
                                                       {"message", step.message()},
                                                       {"remedy", step.remedy()}}
                                                : Json()}});
    }
  }
  if (findings.selection) root["selection"] = SelectionAsJson(*findings.selection);
  return root.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string Counted(int count, absl::string_view noun) {
  return absl::StrCat(count, " ", noun, count == 1 ? "" : "s");
}

std::string SelectionAsTable(const v1::ValidateIntegrationResponse& selection) {
  std::vector<std::vector<std::string>> rows;
  for (const v1::SelectedStream& stream : selection.streams()) {
    rows.push_back({stream.stream(), MethodOf(stream), absl::StrCat(stream.columns_size()),
                    NextRunOf(stream), stream.destination_table()});
  }
  std::string text = "\n";
  if (!rows.empty()) {
    absl::StrAppend(
        &text,
        TextTable({{"STREAM"}, {"METHOD"}, {"COLUMNS", true}, {"NEXT RUN"}, {"DESTINATION TABLE"}},
                  rows));
  }
  for (const v1::SelectedStream& stream : selection.streams()) {
    const std::string changes = ChangesAsText(stream.stream(), stream.changes(), stream.why_anew());
    if (!changes.empty()) absl::StrAppend(&text, "\n", changes);
  }
  for (const v1::SelectedStream& stream : selection.streams()) {
    for (const std::string& note : stream.notes())
      absl::StrAppend(&text, "\n", Printable(stream.stream()), ": ", Printable(note), "\n");
  }
  for (const std::string& note : selection.notes())
    absl::StrAppend(&text, "\n", Printable(note), "\n");
  for (const v1::Problem& problem : selection.problems()) {
    absl::StrAppend(
        &text, "\n", problem.stream().empty() ? "integration" : Printable(problem.stream()), ": ",
        problem.reason(), ": ", Printable(problem.message()), "\n  ", problem.remedy(), "\n");
  }
  absl::StrAppend(&text, "\n", Counted(selection.streams_size(), "stream"), " would run, ",
                  Counted(selection.problems_size(), "problem"), "\n");
  return text;
}

std::string AsTable(const Findings& findings) {
  std::vector<std::vector<std::string>> rows;
  std::string remedies;
  for (const Checked& end : findings.ends) {
    for (const v1::CheckStep& step : end.steps) {
      rows.push_back(
          {end.end, step.name(), ResultOf(step), ReadableSeconds(SecondsOf(step)), step.message()});
      if (step.remedy().empty()) continue;
      const bool failed = step.result() == v1::CHECK_RESULT_FAILED;
      absl::StrAppend(&remedies, "\n", end.end, " ", step.name(), ": ",
                      failed ? step.reason() : ResultOf(step), "\n  ", step.remedy(), "\n");
    }
  }
  return absl::StrCat(TextTable({{"END"}, {"STEP"}, {"RESULT"}, {"TIME", true}, {"FOUND"}}, rows),
                      remedies, findings.selection ? SelectionAsTable(*findings.selection) : "");
}

}  // namespace

int Run(const CheckCommand& command, Output output, std::stop_token) {
  const absl::StatusOr<v1::Integration> integration = IntegrationOf(command);
  if (!integration.ok()) return Fail(integration.status(), output);
  const absl::StatusOr<Findings> findings = Check(*integration, !command.file.empty());
  if (!findings.ok()) return Fail(findings.status(), output);
  std::cout << (output == Output::kTable ? AsTable(*findings)
                                         : Structured(output, AsJson(*findings)));
  return Passed(*findings) ? kSucceeded : kFailed;
}

}  // namespace lockstitch::cli
