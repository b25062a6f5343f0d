#include "cli/completion.h"

#include <CLI/CLI.hpp>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace lockstitch::cli {
namespace {

// What may follow a command: its own commands and its flags.
std::vector<std::string> WordsAfter(const CLI::App& app) {
  std::vector<std::string> words;
  for (const CLI::App* command : app.get_subcommands({})) words.push_back(command->get_name());
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) words.push_back("--" + name);
  }
  return words;
}

// A line of a case for `app` and for each command below it; `path` is what stands before, a space
// in front of each word.
void AddCases(const CLI::App& app, const std::string& path, std::string* cases,
              std::vector<std::string>* paths) {
  absl::StrAppend(cases, "    '", path, "') words='", absl::StrJoin(WordsAfter(app), " "),
                  "' ;;\n");
  for (const CLI::App* command : app.get_subcommands({})) {
    const std::string below = absl::StrCat(path, " ", command->get_name());
    paths->push_back(absl::StrCat("'", below, "'"));
    AddCases(*command, below, cases, paths);
  }
}

}  // namespace

std::string CompletionScript(const CLI::App& app, Shell shell) {
  std::string cases;
  std::vector<std::string> paths;
  AddCases(app, "", &cases, &paths);
  const std::string& name = app.get_name();
  return absl::StrCat(shell == Shell::kZsh ? "autoload -U +X bashcompinit && bashcompinit\n" : "",
                      "_", name,
                      "() {\n"
                      "  local path= words= word\n"
                      "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
                      "    case \"$path $word\" in\n"
                      "      ",
                      absl::StrJoin(paths, " | "),
                      ") path=\"$path $word\" ;;\n"
                      "    esac\n"
                      "  done\n"
                      "  case \"$path\" in\n",
                      cases,
                      "  esac\n"
                      "  COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n"
                      "}\n"
                      "complete -o default -F _",
                      name, " ", name, "\n");
}

}  // namespace lockstitch::cli
