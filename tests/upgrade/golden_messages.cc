#include "tests/upgrade/golden_messages.h"

#include <google/protobuf/text_format.h>

#include <algorithm>
#include <fstream>
#include <set>

#include "absl/strings/escaping.h"

namespace lockstitch::tests {
namespace {

namespace pb = google::protobuf;

// Messages that hold themselves are nested so deep.
constexpr int kDepthOfOneType = 2;

// Sets every field; of fields that exclude each other the one numbered `variant`, counted round.
class Filler {
 public:
  explicit Filler(int variant) : variant_(variant) {}

  void Fill(pb::Message* message) {
    const pb::Descriptor* type = message->GetDescriptor();
    if (std::count(types_.begin(), types_.end(), type) == kDepthOfOneType) return;
    types_.push_back(type);
    for (int i = 0; i < type->field_count(); ++i) {
      const pb::FieldDescriptor* field = type->field(i);
      const pb::OneofDescriptor* choice = field->real_containing_oneof();
      if (choice != nullptr && choice->field(variant_ % choice->field_count()) != field) continue;
      Set(message, field);
    }
    types_.pop_back();
  }

  // How many variants show every field.
  int variants() const { return variants_; }
  void Count(const pb::Descriptor* type) {
    if (!counted_.insert(type).second) return;
    for (int i = 0; i < type->real_oneof_decl_count(); ++i)
      variants_ = std::max(variants_, type->oneof_decl(i)->field_count());
    for (int i = 0; i < type->field_count(); ++i) {
      if (type->field(i)->message_type() != nullptr) Count(type->field(i)->message_type());
    }
  }

 private:
  void Set(pb::Message* message, const pb::FieldDescriptor* field) {
    const pb::Reflection& access = *message->GetReflection();
    const bool many = field->is_repeated();
    const int number = ++next_;
    switch (field->cpp_type()) {
      case pb::FieldDescriptor::CPPTYPE_MESSAGE:
        return Fill(many ? access.AddMessage(message, field)
                         : access.MutableMessage(message, field));
      case pb::FieldDescriptor::CPPTYPE_STRING: {
        const std::string text = field->name().substr(0, 3) + std::to_string(number);
        return many ? access.AddString(message, field, text)
                    : access.SetString(message, field, text);
      }
      case pb::FieldDescriptor::CPPTYPE_ENUM: {
        const pb::EnumDescriptor* values = field->enum_type();
        const pb::EnumValueDescriptor* value = values->value(values->value_count() - 1);
        return many ? access.AddEnum(message, field, value) : access.SetEnum(message, field, value);
      }
      case pb::FieldDescriptor::CPPTYPE_BOOL:
        return many ? access.AddBool(message, field, true) : access.SetBool(message, field, true);
      case pb::FieldDescriptor::CPPTYPE_INT32:
        return many ? access.AddInt32(message, field, number)
                    : access.SetInt32(message, field, number);
      case pb::FieldDescriptor::CPPTYPE_INT64:
        return many ? access.AddInt64(message, field, number)
                    : access.SetInt64(message, field, number);
      case pb::FieldDescriptor::CPPTYPE_UINT32:
        return many ? access.AddUInt32(message, field, static_cast<uint32_t>(number))
                    : access.SetUInt32(message, field, static_cast<uint32_t>(number));
      case pb::FieldDescriptor::CPPTYPE_UINT64:
        return many ? access.AddUInt64(message, field, static_cast<uint64_t>(number))
                    : access.SetUInt64(message, field, static_cast<uint64_t>(number));
      case pb::FieldDescriptor::CPPTYPE_DOUBLE:
        return many ? access.AddDouble(message, field, number + 0.5)
                    : access.SetDouble(message, field, number + 0.5);
      case pb::FieldDescriptor::CPPTYPE_FLOAT:
        return many ? access.AddFloat(message, field, static_cast<float>(number) + 0.5f)
                    : access.SetFloat(message, field, static_cast<float>(number) + 0.5f);
    }
  }

  int variant_;
  int next_ = 0;
  std::vector<const pb::Descriptor*> types_;  // From the outermost to the one being filled.
  std::set<const pb::Descriptor*> counted_;
  int variants_ = 1;
};

}  // namespace

std::string OneLine(const pb::Message& message) {
  pb::TextFormat::Printer printer;
  printer.SetSingleLineMode(true);
  std::string text;
  printer.PrintToString(message, &text);
  return text;
}

std::vector<GoldenMessage> MakeGoldenMessages(const testing::ProtocolImage& image) {
  std::vector<GoldenMessage> made;
  std::set<const pb::Descriptor*> types;
  const auto add = [&](const pb::Descriptor* type) {
    if (!types.insert(type).second) return;
    Filler counter(0);
    counter.Count(type);
    for (int variant = 0; variant < counter.variants(); ++variant) {
      const auto message = image.New(type);
      Filler(variant).Fill(message.get());
      made.push_back({type->full_name(), OneLine(*message), message->SerializeAsString()});
    }
  };
  for (const pb::MethodDescriptor* method : image.Methods()) {
    add(method->input_type());
    add(method->output_type());
  }
  return made;
}

std::vector<GoldenMessage> ReadGoldenMessages(const std::string& file) {
  std::ifstream stream(file);
  std::vector<GoldenMessage> read;
  std::string line;
  while (std::getline(stream, line)) {
    if (line.empty() || line[0] == '#') continue;
    GoldenMessage message = {.type = line};
    std::getline(stream, message.text);
    std::getline(stream, line);
    message.bytes = absl::HexStringToBytes(line);
    read.push_back(message);
  }
  return read;
}

}  // namespace lockstitch::tests
