#ifndef LOCKSTITCH_CLI_OUTPUT_H_
#define LOCKSTITCH_CLI_OUTPUT_H_

#include <string>

namespace lockstitch::cli {

// How results are printed.
enum class Output { kTable, kJson, kYaml };

// A result that is JSON, as the output wants it: itself, or as YAML.
std::string Structured(Output output, const std::string& json);

}  // namespace lockstitch::cli

#endif  // LOCKSTITCH_CLI_OUTPUT_H_
