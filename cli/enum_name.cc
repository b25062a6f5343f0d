#include "cli/enum_name.h"

#include "absl/strings/ascii.h"

namespace lockstitch::cli {

std::string NamePrefix(const google::protobuf::EnumDescriptor& type) {
  std::string prefix;
  for (const char c : type.name()) {
    if (absl::ascii_isupper(c) && !prefix.empty()) prefix.push_back('_');
    prefix.push_back(absl::ascii_toupper(c));
  }
  return prefix + "_";
}

std::string ShortName(const google::protobuf::EnumValueDescriptor& value) {
  return value.name().substr(NamePrefix(*value.type()).size());
}

}  // namespace lockstitch::cli
