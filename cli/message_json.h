#ifndef LOCKSTITCH_CLI_MESSAGE_JSON_H_
#define LOCKSTITCH_CLI_MESSAGE_JSON_H_

#include <google/protobuf/message.h>

#include <nlohmann/json.hpp>

namespace lockstitch::cli {

// A message as people and scripts read it, and as integration files are written: fields by their
// names, those that aren't set left out, numbers as numbers, enum values without their prefix
// (FULL_TABLE), times as 2026-01-31T12:00:00Z, durations as 30m.
nlohmann::ordered_json MessageAsJson(const google::protobuf::Message& message);

// The same as text, for people to read.
std::string MessageAsJsonText(const google::protobuf::Message& message);

}  // namespace lockstitch::cli

#endif  // LOCKSTITCH_CLI_MESSAGE_JSON_H_
