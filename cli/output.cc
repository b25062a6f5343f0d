#include "cli/output.h"

#include <nlohmann/json.hpp>

#include "cli/yaml_text.h"

namespace lockstitch::cli {

std::string Structured(Output output, const std::string& json) {
  return output == Output::kYaml ? YamlText(nlohmann::ordered_json::parse(json)) : json;
}

}  // namespace lockstitch::cli
