#include "cli/yaml_text.h"

#include <yaml-cpp/yaml.h>

#include <nlohmann/json.hpp>

#include "absl/strings/ascii.h"

namespace lockstitch::cli {
namespace {

using Json = nlohmann::ordered_json;

// Whether a text may stand without quotes: it reads as a text, and not as a number, a truth value,
// a time or nothing.
bool IsPlain(const std::string& text) {
  if (text.empty() || !absl::ascii_isalpha(text.front())) return false;
  bool flag = false;
  if (YAML::convert<bool>::decode(YAML::Node(text), flag)) return false;
  const std::string lower = absl::AsciiStrToLower(text);
  return lower != "null" && lower != "nan" && lower != "inf";
}

void Emit(const Json& value, YAML::Emitter* out) {
  if (value.is_object()) {
    *out << YAML::BeginMap;
    for (const auto& [key, member] : value.items()) {
      *out << YAML::Key << key << YAML::Value;
      Emit(member, out);
    }
    *out << YAML::EndMap;
  } else if (value.is_array()) {
    if (value.empty()) *out << YAML::Flow;
    *out << YAML::BeginSeq;
    for (const Json& element : value) Emit(element, out);
    *out << YAML::EndSeq;
  } else if (value.is_string()) {
    const std::string text = value.get<std::string>();
    if (!IsPlain(text)) *out << YAML::DoubleQuoted;
    *out << text;
  } else if (value.is_null()) {
    *out << YAML::Null;
  } else {
    *out << value.dump();
  }
}

}  // namespace

std::string YamlText(const Json& value) {
  YAML::Emitter out;
  Emit(value, &out);
  return std::string(out.c_str()) + "\n";
}

}  // namespace lockstitch::cli
