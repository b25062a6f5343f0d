#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "cli/commands.h"
#include "cli/local_services.h"
#include "cli/text_table.h"
#include "lockstitch/v1/discovery.pb.h"
#include "lockstitch/v1/loader.pb.h"
#include "status/macros.h"

namespace lockstitch::cli {
namespace {

using Json = nlohmann::ordered_json;

// The steps of one end.
struct Checked {
  std::string end;  // "source" or "destination"
  std::vector<v1::CheckStep> steps;
};

// What to check; an end that isn't named is left out.
struct Requests {
  v1::CheckConnectionRequest source;
  v1::CheckDestinationRequest destination;
};

Requests RequestsOf(const CheckCommand& command) {
  Requests requests;
  if (!command.source.empty())
    requests.source.mutable_source()->mutable_postgres()->set_url(command.source);
  if (!command.destination.empty()) {
    requests.destination.mutable_destination()->mutable_postgres()->set_url(command.destination);
  }
  return requests;
}

absl::StatusOr<std::vector<Checked>> Check(const Requests& requests) {
  ASSIGN_OR_RETURN(const std::unique_ptr<LocalServices> services, LocalServices::Start());
  std::vector<Checked> checked;
  if (requests.source.has_source()) {
    ASSIGN_OR_RETURN(std::vector<v1::CheckStep> steps,
                     services->discovery().CheckConnection(requests.source));
    checked.push_back({"source", std::move(steps)});
  }
  if (requests.destination.has_destination()) {
    ASSIGN_OR_RETURN(const v1::CheckDestinationResponse response,
                     services->loader().CheckDestination(requests.destination));
    checked.push_back({"destination", {response.steps().begin(), response.steps().end()}});
  }
  return checked;
}

std::string ResultOf(const v1::CheckStep& step) {
  return absl::AsciiStrToLower(
      absl::StripPrefix(v1::CheckResult_Name(step.result()), "CHECK_RESULT_"));
}

double SecondsOf(const v1::CheckStep& step) {
  return static_cast<double>(step.duration().seconds()) + 1e-9 * step.duration().nanos();
}

bool Passed(const std::vector<Checked>& checked) {
  for (const Checked& end : checked) {
    for (const v1::CheckStep& step : end.steps) {
      if (step.result() == v1::CHECK_RESULT_FAILED) return false;
    }
  }
  return true;
}

std::string AsJson(const std::vector<Checked>& checked) {
  Json root = {{"passed", Passed(checked)}};
  for (const Checked& end : checked) {
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
  return root.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string AsTable(const std::vector<Checked>& checked) {
  std::vector<std::vector<std::string>> rows;
  std::string remedies;
  for (const Checked& end : checked) {
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
                      remedies);
}

}  // namespace

int Run(const CheckCommand& command, Output output, std::stop_token) {
  const absl::StatusOr<std::vector<Checked>> checked = Check(RequestsOf(command));
  if (!checked.ok()) return Fail(checked.status(), output);
  std::cout << (output == Output::kJson ? AsJson(*checked) : AsTable(*checked));
  return Passed(*checked) ? kSucceeded : kFailed;
}

}  // namespace lockstitch::cli
