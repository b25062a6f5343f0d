#include "rpc/requested_resource.h"

#include <google/protobuf/descriptor.h>

#include "absl/strings/str_cat.h"
#include "status/utf8.h"

namespace lockstitch::rpc {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// Of a name that somebody made up; those of resources are shorter.
constexpr size_t kLongest = 256;

// The field's value; empty where the message has no such field.
std::string Text(const Message& message, const char* name) {
  const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(name);
  if (field == nullptr || field->type() != FieldDescriptor::TYPE_STRING || field->is_repeated())
    return "";
  return ValidUtf8(message.GetReflection()->GetString(message, field).substr(0, kLongest));
}

bool IsSet(const Message& message, const char* name) {
  const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(name);
  return field != nullptr && field->type() == FieldDescriptor::TYPE_BOOL &&
         message.GetReflection()->GetBool(message, field);
}

}  // namespace

RequestedResource ResourceOf(const Message& request) {
  RequestedResource resource = {.dry_run =
                                    IsSet(request, "validate_only") || IsSet(request, "dry_run")};
  for (const char* field : {"name", "parent"}) {
    resource.name = Text(request, field);
    if (!resource.name.empty()) return resource;
  }
  if (const std::string id = Text(request, "integration_id"); !id.empty()) {
    resource.name = absl::StrCat("integrations/", id);
  } else if (const std::string token = Text(request, "token_id"); !token.empty()) {
    resource.name = absl::StrCat("tokens/", token);
  } else if (const FieldDescriptor* made = request.GetDescriptor()->FindFieldByName("integration");
             made != nullptr && made->type() == FieldDescriptor::TYPE_MESSAGE) {
    resource.name = Text(request.GetReflection()->GetMessage(request, made), "name");
  }
  return resource;
}

}  // namespace lockstitch::rpc
