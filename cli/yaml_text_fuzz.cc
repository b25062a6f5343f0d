#include <yaml-cpp/yaml.h>

#include <nlohmann/json.hpp>

#include "absl/strings/match.h"
#include "cli/yaml_text.h"
#include "testing/fuzz_target.h"

namespace lockstitch::cli {
namespace {

using Json = nlohmann::ordered_json;
using testing::Require;

// Whether a reader of YAML would take a text for something else.
bool LooksLikeAnother(const YAML::Node& node) {
  bool flag = false;
  double number = 0;
  return node.Tag() != "!" && (node.IsNull() || YAML::convert<bool>::decode(node, flag) ||
                               YAML::convert<double>::decode(node, number));
}

void RequireSame(const Json& value, const YAML::Node& node) {
  if (value.is_object()) {
    Require(node.IsMap() && node.size() == value.size(), "a mapping has its members");
    for (const auto& [key, member] : value.items()) RequireSame(member, node[key]);
  } else if (value.is_array()) {
    Require(node.IsSequence() && node.size() == value.size(), "a list has its elements");
    for (size_t i = 0; i < value.size(); ++i) RequireSame(value[i], node[i]);
  } else if (value.is_string()) {
    // yaml-cpp writes noncharacters, as U+FFFE, as the replacement character.
    const bool replaced = node.IsScalar() && absl::StrContains(node.Scalar(), "\xEF\xBF\xBD");
    Require(replaced || (node.IsScalar() && node.Scalar() == value.get<std::string>()),
            "a text comes back");
    Require(!LooksLikeAnother(node), "a text stays a text");
  } else if (value.is_null()) {
    Require(node.IsNull(), "nothing stays nothing");
  } else {
    Require(node.IsScalar() && node.Scalar() == value.dump(), "a number or flag comes back");
  }
}

// The input is a value as JSON.
FUZZ_TARGET(input) {
  const Json value = Json::parse(input.begin(), input.end(), nullptr, /*allow_exceptions=*/false);
  if (value.is_discarded()) return;
  RequireSame(value, YAML::Load(YamlText(value)));
}

}  // namespace
}  // namespace lockstitch::cli
