#include "testing/protocol_image.h"

#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/unknown_field_set.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>

namespace lockstitch::testing {
namespace {

namespace pb = google::protobuf;

[[noreturn]] void Fail(const std::string& what) {
  std::cerr << "protocol image: " << what << std::endl;
  std::abort();
}

void AddUnknown(const pb::Message& message, std::set<std::string>* fields) {
  const pb::Reflection& reflection = *message.GetReflection();
  const pb::UnknownFieldSet& unknown = reflection.GetUnknownFields(message);
  for (int i = 0; i < unknown.field_count(); ++i) {
    fields->insert(message.GetDescriptor()->full_name() + "." +
                   std::to_string(unknown.field(i).number()));
  }
  std::vector<const pb::FieldDescriptor*> set;
  reflection.ListFields(message, &set);
  for (const pb::FieldDescriptor* field : set) {
    if (field->cpp_type() != pb::FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) {
      AddUnknown(reflection.GetMessage(message, field), fields);
      continue;
    }
    for (int i = 0; i < reflection.FieldSize(message, field); ++i)
      AddUnknown(reflection.GetRepeatedMessage(message, field, i), fields);
  }
}

}  // namespace

// A buf image is a FileDescriptorSet with fields of its own, each file after those it imports.
ProtocolImage::ProtocolImage(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  pb::FileDescriptorSet image;
  if (!stream || !image.ParseFromIstream(&stream)) Fail("can't read " + file);
  for (const pb::FileDescriptorProto& proto : image.file()) {
    if (pool_.BuildFile(proto) == nullptr) Fail(file + " does not hold together: " + proto.name());
    files_.push_back(proto.name());
  }
}

const pb::MethodDescriptor* ProtocolImage::FindMethod(const std::string& path) const {
  if (path.empty()) return nullptr;
  std::string name = path.substr(1);
  std::replace(name.begin(), name.end(), '/', '.');
  return pool_.FindMethodByName(name);
}

std::vector<const pb::MethodDescriptor*> ProtocolImage::Methods() const {
  std::vector<const pb::MethodDescriptor*> methods;
  for (const std::string& name : files_) {
    const pb::FileDescriptor* file = pool_.FindFileByName(name);
    for (int s = 0; s < file->service_count(); ++s) {
      for (int m = 0; m < file->service(s)->method_count(); ++m)
        methods.push_back(file->service(s)->method(m));
    }
  }
  return methods;
}

std::unique_ptr<pb::Message> ProtocolImage::New(const pb::Descriptor* type) const {
  return std::unique_ptr<pb::Message>(messages_.GetPrototype(type)->New());
}

std::string ProtocolImage::Reencode(const pb::Descriptor* type, const std::string& bytes,
                                    std::set<std::string>* dropped) const {
  const std::unique_ptr<pb::Message> message = New(type);
  if (!message->ParseFromString(bytes)) Fail("not a " + type->full_name());
  AddUnknown(*message, dropped);
  message->DiscardUnknownFields();
  return message->SerializeAsString();
}

}  // namespace lockstitch::testing
