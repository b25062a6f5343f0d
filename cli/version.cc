#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/commands.h"

namespace lockstitch::cli {
namespace {

constexpr char kVersion[] = "0.1.0";

}  // namespace

int Run(const CompletionCommand& command, Output, std::stop_token) {
  std::cout << command.script;
  return kSucceeded;
}

int Run(const VersionCommand&, Output output, std::stop_token) {
  if (output == Output::kTable) {
    std::cout << "lockstitch " << kVersion << "\n";
  } else {
    std::cout << Structured(output, nlohmann::ordered_json{{"version", kVersion}}.dump(2) + "\n");
  }
  return kSucceeded;
}

}  // namespace lockstitch::cli
