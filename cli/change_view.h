#ifndef LOCKSTITCH_CLI_CHANGE_VIEW_H_
#define LOCKSTITCH_CLI_CHANGE_VIEW_H_

#include <google/protobuf/repeated_field.h>

#include <nlohmann/json.hpp>
#include <string>

#include "lockstitch/v1/change.pb.h"

namespace lockstitch::cli {

using SchemaChanges = google::protobuf::RepeatedPtrField<v1::SchemaChange>;

// A list of objects, as docs/command.md tells.
nlohmann::ordered_json ChangesAsJson(const SchemaChanges& changes);

// What has changed about a stream and what becomes of its table: a line for each change, then for
// the reason to load it anew unless a change has told it. Each line begins with the stream.
std::string ChangesAsText(const std::string& stream, const SchemaChanges& changes,
                          const std::string& why_anew = "");

}  // namespace lockstitch::cli

#endif  // LOCKSTITCH_CLI_CHANGE_VIEW_H_
