#include "tests/observability/expression.h"

#include <cctype>
#include <regex>

namespace lockstitch::tests {
namespace {

const std::set<std::string> kLabelLists = {"by",      "on",       "group_left",
                                           "without", "ignoring", "group_right"};
const std::set<std::string> kWords = {"and",    "or",    "unless", "bool",
                                      "offset", "atan2", "inf",    "nan"};
const std::set<std::string> kComparisons = {"==", "!=", "<", ">", "<=", ">="};

// A token as it is written: a name, a string, {matchers}, [range], an operator, or other text.
std::vector<std::string> Tokens(const std::string& expression) {
  static const std::regex token(
      R"re([A-Za-z_:][A-Za-z0-9_:]*|"(?:[^"\\]|\\.)*"|\{(?:[^}"]|"(?:[^"\\]|\\.)*")*\}|\[[^\]]*\]|[=!<>]=|[0-9][0-9a-z.]*|\s+|.)re");
  return {std::sregex_token_iterator(expression.begin(), expression.end(), token),
          std::sregex_token_iterator()};
}

bool IsName(const std::string& token) {
  return std::isalpha(static_cast<unsigned char>(token[0])) || token[0] == '_' || token[0] == ':';
}

bool IsSpace(const std::string& token) {
  return std::isspace(static_cast<unsigned char>(token[0]));
}

std::vector<std::string> TokensWithoutSpace(const std::string& expression) {
  std::vector<std::string> tokens = Tokens(expression);
  std::erase_if(tokens, IsSpace);
  tokens.emplace_back(" ");  // So that each has one after it.
  return tokens;
}

// What a walk over the tokens meets.
struct Found {
  std::vector<std::string> selectors;
  std::set<std::string> labels;
};

Found Walk(const std::string& expression) {
  Found found;
  const std::vector<std::string> tokens = TokensWithoutSpace(expression);
  for (size_t place = 0; place + 1 < tokens.size(); ++place) {
    const std::string& token = tokens[place];
    if (!IsName(token) || kWords.contains(token)) continue;
    if (kLabelLists.contains(token)) {
      if (tokens[place + 1] != "(") continue;
      for (place += 2; tokens[place] != ")"; ++place) {
        if (tokens[place] != "," && token != "without" && token != "ignoring")
          found.labels.insert(tokens[place]);
      }
    } else if (tokens[place + 1] != "(" && !kLabelLists.contains(tokens[place + 1])) {
      const bool matched = tokens[place + 1][0] == '{';
      found.selectors.push_back(matched ? token + tokens[place + 1] : token);
    }
  }
  return found;
}

}  // namespace

std::vector<std::string> Selectors(const std::string& expression) {
  return Walk(expression).selectors;
}

std::set<std::string> GroupingLabels(const std::string& expression) {
  return Walk(expression).labels;
}

std::string WithoutFilters(const std::string& expression) {
  std::string text;
  bool compared = false;  // The token before was a comparison, blanks aside.
  for (const std::string& token : Tokens(expression)) {
    if (compared && !IsSpace(token)) {
      if (token != "bool") text += "bool ";
      compared = false;
    }
    text += token == "absent" ? "group" : token;
    if (kComparisons.contains(token)) compared = true;
  }
  return text;
}

std::set<std::string> TemplateLabels(const std::string& text) {
  static const std::regex label(R"(\{\{\s*(?:[a-zA-Z]+\s+)?(?:\$labels\.)?([a-z_]+)\s*\}\})");
  return {std::sregex_token_iterator(text.begin(), text.end(), label, 1),
          std::sregex_token_iterator()};
}

}  // namespace lockstitch::tests
