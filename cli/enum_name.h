#ifndef LOCKSTITCH_CLI_ENUM_NAME_H_
#define LOCKSTITCH_CLI_ENUM_NAME_H_

#include <google/protobuf/descriptor.h>

#include <string>

namespace lockstitch::cli {

// What the names of an enum's values begin with: ReplicationMethod -> REPLICATION_METHOD_
std::string NamePrefix(const google::protobuf::EnumDescriptor& type);

// A value's name without that: FULL_TABLE.
std::string ShortName(const google::protobuf::EnumValueDescriptor& value);

}  // namespace lockstitch::cli

#endif  // LOCKSTITCH_CLI_ENUM_NAME_H_
