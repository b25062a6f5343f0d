#ifndef LOCKSTITCH_TESTING_PROTOCOL_IMAGE_H_
#define LOCKSTITCH_TESTING_PROTOCOL_IMAGE_H_

#include <google/protobuf/descriptor.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/message.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

namespace lockstitch::testing {

// A protocol as a file that buf has made of its .proto files holds it, whatever this program was
// built with. Thread-safe.
class ProtocolImage {
 public:
  // A file that can't be read ends the program.
  explicit ProtocolImage(const std::string& file);

  // The rpc that gRPC calls `path`, "/package.Service/Method"; nullptr if there is none.
  const google::protobuf::MethodDescriptor* FindMethod(const std::string& path) const;
  // Every rpc of Lockstitch's services.
  std::vector<const google::protobuf::MethodDescriptor*> Methods() const;

  // An empty message, which must not outlive the image.
  std::unique_ptr<google::protobuf::Message> New(const google::protobuf::Descriptor* type) const;

  // A message's bytes without what this protocol does not know, whose fields are added to
  // `dropped` as "package.Message.number". What is no message of this type ends the program.
  std::string Reencode(const google::protobuf::Descriptor* type, const std::string& bytes,
                       std::set<std::string>* dropped) const;

 private:
  google::protobuf::DescriptorPool pool_;
  mutable google::protobuf::DynamicMessageFactory messages_{&pool_};
  std::vector<std::string> files_;
};

}  // namespace lockstitch::testing

#endif  // LOCKSTITCH_TESTING_PROTOCOL_IMAGE_H_
