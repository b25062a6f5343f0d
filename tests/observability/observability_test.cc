// Dashboards, rules and metrics agree: a name or a label in a panel or a rule that is misspelt, or
// that nobody shows any more, fails here.

#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "tests/observability/expression.h"
#include "tests/observability/watched_installation.h"

namespace lockstitch::tests {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// What Grafana puts in the place of a dashboard's variables.
std::string WithVariables(const std::string& text) {
  const std::string with = absl::StrReplaceAll(text, {{"$__rate_interval", "1m"},
                                                      {"$namespace", "observed"},
                                                      {"$integration", "shop"},
                                                      {"$service", ".*"},
                                                      {"$job", ".*"}});
  EXPECT_THAT(with, Not(HasSubstr("$")));
  return with;
}

// A legend or an annotation names only labels that the series have.
void ExpectLabels(const std::string& text, const std::vector<Labels>& series) {
  for (const std::string& label : TemplateLabels(text)) {
    for (const Labels& one : series)
      EXPECT_TRUE(one.contains(label)) << '"' << text << "\" names a label that isn't there";
  }
}

class ObservabilityTest : public WatchedInstallationTest {
 protected:
  void CheckRule(const json& rule) {
    const std::string name = rule["name"];
    SCOPED_TRACE(name);
    EXPECT_EQ(rule["health"], "ok") << rule.value("lastError", "");
    const std::vector<Labels> series = ExpectSeries(rule["query"]);
    if (rule["type"] != "alerting") return;
    const json& annotations = rule["annotations"];
    ExpectLabels(annotations["summary"], series);
    ExpectLabels(annotations["description"], series);
    const std::string severity = rule["labels"]["severity"];
    const std::string url = annotations["runbook_url"];
    ASSERT_THAT(url, HasSubstr("/docs/runbooks/"));
    const std::string runbook = url.substr(url.find("runbooks/"));
    EXPECT_THAT(ReadFile("docs/monitoring.md"),
                HasSubstr(absl::StrCat("| [", name, "](", runbook, ") | ", severity, " |")));
    EXPECT_THAT(
        ReadFile("docs/" + runbook),
        StartsWith(absl::StrCat("# ", name, "\n\n", severity == "page" ? "Page" : "Ticket", ". ")));
  }

  void CheckDashboard(const json& dashboard) {
    SCOPED_TRACE(dashboard["title"].get<std::string>());
    for (const json& variable : dashboard["templating"]["list"]) {
      if (variable["type"] == "query") CheckVariable(variable);
    }
    for (const json& mark : dashboard["annotations"]["list"])
      ExpectLabels(mark["textFormat"], ExpectSeries(WithVariables(mark["expr"])));
    for (const json& panel : dashboard["panels"]) {
      SCOPED_TRACE(panel["title"].get<std::string>());
      EXPECT_EQ(panel["type"] == "row", !panel.contains("targets"));
      for (const json& target : panel.value("targets", json::array()))
        ExpectLabels(target["legendFormat"], ExpectSeries(WithVariables(target["expr"])));
    }
  }

  // label_values(SELECTOR, LABEL)
  void CheckVariable(const json& variable) {
    const std::string definition = WithVariables(variable["definition"]);
    ASSERT_THAT(definition, StartsWith("label_values("));
    const size_t comma = definition.rfind(", ");
    const std::string label = definition.substr(comma + 2, definition.size() - comma - 3);
    ExpectLabels("{{" + label + "}}", ExpectSeries(definition.substr(13, comma - 13)));
  }
};

TEST_F(ObservabilityTest, WhateverRulesAndPanelsAskForHasSeries) {
  const std::vector<json> rules = prometheus_->Rules();
  EXPECT_FALSE(rules.empty());
  for (const json& rule : rules) CheckRule(rule);
  int dashboards = 0;
  for (const auto& entry : std::filesystem::directory_iterator("deploy/grafana/dashboards")) {
    CheckDashboard(json::parse(ReadFile(entry.path())));
    ++dashboards;
  }
  EXPECT_EQ(dashboards, 6);
}

}  // namespace
}  // namespace lockstitch::tests
