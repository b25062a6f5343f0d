#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "status/reason.h"

namespace lockstitch::cli {

int Fail(const absl::Status& failure, Output output) {
  const Explanation why = Explain(failure);
  if (output == Output::kJson) {
    using Json = nlohmann::ordered_json;
    const Json root = {
        {"error", {{"reason", why.reason}, {"message", why.message}, {"remedy", why.remedy}}}};
    std::cout << root.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
  } else {
    std::cerr << why.reason << ": " << why.message << "\n  " << why.remedy << "\n";
  }
  const auto reason = ReasonOf(failure);
  return reason == Reason::kUsageInvalid || reason == Reason::kIntegrationInvalid ? kWrongUsage
                                                                                  : kFailed;
}

}  // namespace lockstitch::cli
