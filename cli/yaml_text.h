#ifndef LOCKSTITCH_CLI_YAML_TEXT_H_
#define LOCKSTITCH_CLI_YAML_TEXT_H_

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace lockstitch::cli {

// A value as a YAML document in block style. Texts that YAML would take for something else stand in
// quotes.
std::string YamlText(const nlohmann::ordered_json& value);

}  // namespace lockstitch::cli

#endif  // LOCKSTITCH_CLI_YAML_TEXT_H_
