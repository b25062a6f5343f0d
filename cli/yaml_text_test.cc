#include "cli/yaml_text.h"

#include <yaml-cpp/yaml.h>

#include <nlohmann/json.hpp>

#include "gtest/gtest.h"

namespace lockstitch::cli {
namespace {

using Json = nlohmann::ordered_json;

TEST(YamlTextTest, StandsInBlocksInTheOrderGiven) {
  const Json value = {{"name", "shop"},
                      {"streams", {{{"stream", "public.orders"}, {"ranges", 2}}}},
                      {"empty", Json::array()},
                      {"none", nullptr},
                      {"paused", false}};
  EXPECT_EQ(YamlText(value),
            "name: shop\n"
            "streams:\n"
            "  - stream: public.orders\n"
            "    ranges: 2\n"
            "empty: []\n"
            "none: ~\n"
            "paused: false\n");
}

TEST(YamlTextTest, TextsComeBackAsTexts) {
  for (const char* text :
       {"", "7", "1e3", "true", "no", "null", "~", "2026-01-31", "a: b", "#x", "'", "\"", "a\nb",
        "*.*", "!public.*", "0 0 3 ? * MON-FRI", "- a", "ä", " a "}) {
    const Json value = {{"text", text}};
    const YAML::Node node = YAML::Load(YamlText(value))["text"];
    EXPECT_EQ(node.Scalar(), text);
    bool flag = false;
    double number = 0;
    EXPECT_FALSE(node.Tag() != "!" && YAML::convert<bool>::decode(node, flag)) << text;
    EXPECT_FALSE(node.Tag() != "!" && YAML::convert<double>::decode(node, number)) << text;
  }
}

}  // namespace
}  // namespace lockstitch::cli
