#include "cli/integration_file.h"
#include "cli/message_json.h"
#include "cli/yaml_text.h"
#include "status/reason.h"
#include "testing/fuzz_target.h"

namespace lockstitch::cli {
namespace {

using testing::Require;

// Every variable whose name is in capitals.
std::optional<std::string> Lookup(const std::string& name) {
  if (name.empty() || name[0] < 'A' || name[0] > 'Z') return std::nullopt;
  return "value of " + name;
}

FUZZ_TARGET(input) {
  const auto integration = ParseIntegration(std::string(input), Lookup);
  if (!integration.ok()) {
    Require(ReasonOf(integration.status()) == Reason::kUsageInvalid, "a reason");
    return;
  }
  const std::string bytes = integration->SerializeAsString();
  v1::Integration sent;
  Require(sent.ParseFromString(bytes), "what is read can be sent");
  const auto again = ParseIntegration(YamlText(MessageAsJson(*integration)), Lookup);
  Require(again.ok() && again->SerializeAsString() == bytes, "what is written is what was read");
}

}  // namespace
}  // namespace lockstitch::cli
