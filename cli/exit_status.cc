#include "cli/exit_status.h"

#include <iostream>
#include <nlohmann/json.hpp>

#include "status/reason.h"

namespace lockstitch::cli {

namespace {

using Json = nlohmann::ordered_json;

Json AsJson(const absl::Status& failure) {
  const Explanation why = Explain(failure);
  return {{"reason", why.reason}, {"message", why.message}, {"remedy", why.remedy}};
}

}  // namespace

int ExitStatusOf(const absl::Status& failure) {
  const auto reason = ReasonOf(failure);
  const bool usage = reason == Reason::kUsageInvalid || reason == Reason::kIntegrationInvalid ||
                     reason == Reason::kScheduleInvalid;
  return usage ? kWrongUsage : kFailed;
}

std::string FailureJson(const absl::Status& failure) {
  return AsJson(failure).dump(-1, ' ', false, Json::error_handler_t::replace);
}

int Fail(const absl::Status& failure, Output output) {
  if (output != Output::kTable) {
    const Json root = {{"error", AsJson(failure)}};
    std::cout << Structured(output,
                            root.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  } else {
    const Explanation why = Explain(failure);
    std::cerr << why.reason << ": " << why.message << "\n  " << why.remedy << "\n";
  }
  return ExitStatusOf(failure);
}

}  // namespace lockstitch::cli
