#ifndef LOCKSTITCH_CLI_COMPLETION_H_
#define LOCKSTITCH_CLI_COMPLETION_H_

#include <string>

namespace CLI {
class App;
}

namespace lockstitch::cli {

enum class Shell { kBash, kZsh };

// A script for the shell that completes `app`'s commands and flags, as they are.
std::string CompletionScript(const CLI::App& app, Shell shell);

}  // namespace lockstitch::cli

#endif  // LOCKSTITCH_CLI_COMPLETION_H_
