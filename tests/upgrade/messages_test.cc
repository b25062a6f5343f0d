// Messages as earlier protocols wrote them, read by today's.

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lockstitch/v1/checksum.pb.h"
#include "lockstitch/v1/discovery.pb.h"
#include "lockstitch/v1/extractor.pb.h"
#include "lockstitch/v1/loader.pb.h"
#include "lockstitch/v1/scheduler.pb.h"
#include "tests/upgrade/golden_messages.h"

namespace lockstitch::tests {
namespace {

namespace pb = google::protobuf;

const testing::ProtocolImage& Image() {
  static const testing::ProtocolImage image("tests/upgrade/protocol_1/image.binpb");
  return image;
}

std::vector<GoldenMessage> Golden() {
  return ReadGoldenMessages("tests/upgrade/protocol_1/messages.txt");
}

// Today's messages, by their names.
const pb::DescriptorPool& Today() {
  for (const pb::Descriptor* linked :
       {v1::LoadRequest::descriptor(), v1::ExtractRequest::descriptor(),
        v1::RunOnceRequest::descriptor(), v1::ChecksumRequest::descriptor(),
        v1::DiscoverRequest::descriptor()})
    EXPECT_NE(linked, nullptr);
  return *pb::DescriptorPool::generated_pool();
}

std::unique_ptr<pb::Message> NewToday(const std::string& type) {
  const pb::Descriptor* descriptor = Today().FindMessageTypeByName(type);
  if (descriptor == nullptr) return nullptr;
  return std::unique_ptr<pb::Message>(
      pb::MessageFactory::generated_factory()->GetPrototype(descriptor)->New());
}

// Adds each field that is set in a message or within it.
void AddSet(const pb::Message& message, std::set<std::string>* names) {
  const pb::Reflection& access = *message.GetReflection();
  std::vector<const pb::FieldDescriptor*> fields;
  access.ListFields(message, &fields);
  for (const pb::FieldDescriptor* field : fields) {
    names->insert(field->full_name());
    if (field->message_type() == nullptr) continue;
    const int count = field->is_repeated() ? access.FieldSize(message, field) : 1;
    for (int i = 0; i < count; ++i) {
      AddSet(field->is_repeated() ? access.GetRepeatedMessage(message, field, i)
                                  : access.GetMessage(message, field),
             names);
    }
  }
}

// Adds each field that a message of the type, or one within it, can have.
void AddPossible(const pb::Descriptor* type, std::set<std::string>* names) {
  for (int i = 0; i < type->field_count(); ++i) {
    const pb::FieldDescriptor* field = type->field(i);
    if (names->insert(field->full_name()).second && field->message_type() != nullptr)
      AddPossible(field->message_type(), names);
  }
}

TEST(MessagesTest, EveryMessageIsReadFieldByFieldAndWrittenAsItWas) {
  for (const GoldenMessage& golden : Golden()) {
    const std::unique_ptr<pb::Message> message = NewToday(golden.type);
    ASSERT_NE(message, nullptr) << golden.type;
    ASSERT_TRUE(message->ParseFromString(golden.bytes)) << golden.type;
    EXPECT_EQ(OneLine(*message), golden.text);
    EXPECT_EQ(message->SerializeAsString(), golden.bytes) << golden.type;
    // Nothing of it is merely kept as unknown.
    message->DiscardUnknownFields();
    EXPECT_EQ(message->SerializeAsString(), golden.bytes) << golden.type;
  }
}

TEST(MessagesTest, TheyAreThoseOfTheImageAndHaveEveryField) {
  std::set<std::string> possible, set;
  for (const pb::MethodDescriptor* method : Image().Methods()) {
    AddPossible(method->input_type(), &possible);
    AddPossible(method->output_type(), &possible);
  }
  const std::vector<GoldenMessage> made = MakeGoldenMessages(Image());
  const std::vector<GoldenMessage> golden = Golden();
  ASSERT_EQ(golden.size(), made.size());
  for (size_t i = 0; i < made.size(); ++i) {
    EXPECT_EQ(golden[i].type, made[i].type);
    EXPECT_EQ(golden[i].bytes, made[i].bytes) << made[i].type;
    const std::unique_ptr<pb::Message> message = NewToday(golden[i].type);
    ASSERT_TRUE(message->ParseFromString(golden[i].bytes));
    AddSet(*message, &set);
  }
  EXPECT_THAT(set, ::testing::ContainerEq(possible));
}

TEST(MessagesTest, EveryRpcIsStillThere) {
  EXPECT_EQ(Image().Methods().size(), 16u);
  for (const pb::MethodDescriptor* old : Image().Methods()) {
    const pb::MethodDescriptor* now = Today().FindMethodByName(old->full_name());
    ASSERT_NE(now, nullptr) << old->full_name();
    EXPECT_EQ(now->input_type()->full_name(), old->input_type()->full_name());
    EXPECT_EQ(now->output_type()->full_name(), old->output_type()->full_name());
    EXPECT_EQ(now->client_streaming(), old->client_streaming()) << old->full_name();
    EXPECT_EQ(now->server_streaming(), old->server_streaming()) << old->full_name();
  }
}

}  // namespace
}  // namespace lockstitch::tests
