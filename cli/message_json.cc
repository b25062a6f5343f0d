#include "cli/message_json.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "cli/enum_name.h"

namespace lockstitch::cli {
namespace {

using google::protobuf::Duration;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::Timestamp;
using Json = nlohmann::ordered_json;

std::string TimeText(const Timestamp& time) {
  return absl::FormatTime("%Y-%m-%d%ET%H:%M:%E*SZ",
                          absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos()),
                          absl::UTCTimeZone());
}

// In the largest unit that says it in a whole number.
std::string DurationText(const Duration& duration) {
  const int64_t seconds = duration.seconds();
  if (duration.nanos() != 0) return absl::StrCat(seconds + 1e-9 * duration.nanos(), "s");
  if (seconds % 86'400 == 0 && seconds > 86'400) return absl::StrCat(seconds / 86'400, "d");
  if (seconds % 3'600 == 0 && seconds != 0) return absl::StrCat(seconds / 3'600, "h");
  if (seconds % 60 == 0 && seconds != 0) return absl::StrCat(seconds / 60, "m");
  return absl::StrCat(seconds, "s");
}

Json MessageValue(const Message& message) {
  if (const auto* time = dynamic_cast<const Timestamp*>(&message)) return TimeText(*time);
  if (const auto* duration = dynamic_cast<const Duration*>(&message))
    return DurationText(*duration);
  return MessageAsJson(message);
}

// `index` is -1 for a field that isn't repeated.
Json ValueOf(const Message& message, const FieldDescriptor& field, int index) {
  const Reflection& reflection = *message.GetReflection();
  const bool one = index < 0;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return MessageValue(one ? reflection.GetMessage(message, &field)
                              : reflection.GetRepeatedMessage(message, &field, index));
    case FieldDescriptor::CPPTYPE_ENUM:
      return ShortName(one ? *reflection.GetEnum(message, &field)
                           : *reflection.GetRepeatedEnum(message, &field, index));
    case FieldDescriptor::CPPTYPE_STRING:
      return one ? reflection.GetString(message, &field)
                 : reflection.GetRepeatedString(message, &field, index);
    case FieldDescriptor::CPPTYPE_BOOL:
      return one ? reflection.GetBool(message, &field)
                 : reflection.GetRepeatedBool(message, &field, index);
    case FieldDescriptor::CPPTYPE_INT32:
      return one ? reflection.GetInt32(message, &field)
                 : reflection.GetRepeatedInt32(message, &field, index);
    case FieldDescriptor::CPPTYPE_UINT32:
      return one ? reflection.GetUInt32(message, &field)
                 : reflection.GetRepeatedUInt32(message, &field, index);
    case FieldDescriptor::CPPTYPE_INT64:
      return one ? reflection.GetInt64(message, &field)
                 : reflection.GetRepeatedInt64(message, &field, index);
    case FieldDescriptor::CPPTYPE_UINT64:
      return one ? reflection.GetUInt64(message, &field)
                 : reflection.GetRepeatedUInt64(message, &field, index);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return one ? reflection.GetDouble(message, &field)
                 : reflection.GetRepeatedDouble(message, &field, index);
    case FieldDescriptor::CPPTYPE_FLOAT:
      return one ? reflection.GetFloat(message, &field)
                 : reflection.GetRepeatedFloat(message, &field, index);
  }
  return nullptr;
}

}  // namespace

Json MessageAsJson(const Message& message) {
  Json object = Json::object();
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (!field->is_repeated()) {
      object[field->name()] = ValueOf(message, *field, -1);
      continue;
    }
    Json& list = object[field->name()] = Json::array();
    const int size = message.GetReflection()->FieldSize(message, field);
    for (int i = 0; i < size; ++i) list.push_back(ValueOf(message, *field, i));
  }
  return object;
}

std::string MessageAsJsonText(const Message& message) {
  return MessageAsJson(message).dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace lockstitch::cli
