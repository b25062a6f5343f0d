#include "cli/integration_file.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/message.h>
#include <google/protobuf/timestamp.pb.h>
#include <yaml-cpp/yaml.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "cli/enum_name.h"
#include "status/reason.h"
#include "status/utf8.h"

namespace lockstitch::cli {
namespace {

using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// 30m, 24h, 7d, 0: seconds; nullopt for anything else.
std::optional<int64_t> SecondsOf(absl::string_view text) {
  constexpr int64_t kMost = 100LL * 365 * 24 * 3600;
  if (text == "0") return 0;
  const std::map<char, int64_t> units = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 24 * 3600}};
  if (text.empty()) return std::nullopt;
  const auto unit = units.find(text.back());
  int64_t number = 0;
  if (unit == units.end() || !absl::ascii_isdigit(text.front()) ||
      !absl::SimpleAtoi(text.substr(0, text.size() - 1), &number) || number > kMost / unit->second)
    return std::nullopt;
  return number * unit->second;
}

// What isn't could not be sent.
bool IsUtf8(const std::string& text) { return ValidUtf8(text) == text; }

// Fills messages from YAML and gathers problems.
class Reader {
 public:
  explicit Reader(const Environment& environment) : environment_(environment) {}

  void Read(const YAML::Node& node, const std::string& path, Message* message) {
    if (auto* duration = dynamic_cast<google::protobuf::Duration*>(message))
      return ReadDuration(node, path, duration);
    if (auto* time = dynamic_cast<google::protobuf::Timestamp*>(message))
      return ReadTime(node, path, time);
    if (node.IsScalar() && MayBeAValue(*message)) {
      return ReadValue(node, path, *message->GetDescriptor()->field(0), message);
    }
    if (!node.IsMap()) return Problem(path, "must be a mapping");
    for (const auto& entry : node) {
      const std::string key = entry.first.Scalar();
      const std::string at = path.empty() ? key : absl::StrCat(path, ".", key);
      const FieldDescriptor* field = message->GetDescriptor()->FindFieldByName(key);
      if (field == nullptr) {
        Problem(at, "is not known");
      } else if (field->is_repeated()) {
        ReadList(entry.second, at, *field, message);
      } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        Read(entry.second, at, message->GetReflection()->MutableMessage(message, field));
      } else {
        ReadValue(entry.second, at, *field, message);
      }
    }
  }

  const std::vector<std::string>& problems() const { return problems_; }

 private:
  // A stream that is but its name, a database that is but its URL.
  static bool MayBeAValue(const Message& message) {
    const absl::string_view type = message.GetDescriptor()->name();
    return type == "StreamSettings" || type == "PostgresConnection";
  }

  // Of messages, values of an enum, or texts.
  void ReadList(const YAML::Node& node, const std::string& path, const FieldDescriptor& field,
                Message* message) {
    if (!node.IsSequence()) return Problem(path, "must be a list");
    const Reflection& reflection = *message->GetReflection();
    for (size_t i = 0; i < node.size(); ++i) {
      const std::string at = absl::StrCat(path, "[", i, "]");
      if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        Read(node[i], at, reflection.AddMessage(message, &field));
      } else if (!node[i].IsScalar()) {
        Problem(at, "must be a value");
      } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
        const EnumValueDescriptor* value = EnumValue(Expand(node[i].Scalar(), at), at, field);
        if (value != nullptr) reflection.AddEnum(message, &field, value);
      } else {
        reflection.AddString(message, &field, Expand(node[i].Scalar(), at));
      }
    }
  }

  void ReadValue(const YAML::Node& node, const std::string& path, const FieldDescriptor& field,
                 Message* message) {
    if (!node.IsScalar()) return Problem(path, "must be a value");
    const std::string text = Expand(node.Scalar(), path);
    const Reflection& reflection = *message->GetReflection();
    uint32_t number = 0;
    uint64_t large = 0;
    bool flag = false;
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        return reflection.SetString(message, &field, text);
      case FieldDescriptor::CPPTYPE_UINT32:
        if (!absl::SimpleAtoi(text, &number)) return Problem(path, "must be a whole number");
        return reflection.SetUInt32(message, &field, number);
      case FieldDescriptor::CPPTYPE_UINT64:
        if (!absl::SimpleAtoi(text, &large)) return Problem(path, "must be a whole number");
        return reflection.SetUInt64(message, &field, large);
      case FieldDescriptor::CPPTYPE_BOOL:
        if (!YAML::convert<bool>::decode(node, flag)) return Problem(path, "must be true or false");
        return reflection.SetBool(message, &field, flag);
      case FieldDescriptor::CPPTYPE_ENUM:
        if (const EnumValueDescriptor* value = EnumValue(text, path, field))
          reflection.SetEnum(message, &field, value);
        return;
      default:
        return Problem(path, "can't be set in a file");
    }
  }

  void ReadDuration(const YAML::Node& node, const std::string& path,
                    google::protobuf::Duration* duration) {
    const std::optional<int64_t> seconds =
        node.IsScalar() ? SecondsOf(Expand(node.Scalar(), path)) : std::nullopt;
    if (!seconds) return Problem(path, "must be a time such as 30m, 24h or 7d, or 0");
    duration->set_seconds(*seconds);
  }

  void ReadTime(const YAML::Node& node, const std::string& path,
                google::protobuf::Timestamp* timestamp) {
    absl::Time time;
    if (!node.IsScalar() || !absl::ParseTime(absl::RFC3339_full, Expand(node.Scalar(), path), &time,
                                             /*err=*/nullptr))
      return Problem(path, "must be a time such as 2026-01-31T12:00:00Z");
    timestamp->set_seconds(absl::ToUnixSeconds(time));
  }

  // Null, with a problem, if `text` is none of the field's.
  const EnumValueDescriptor* EnumValue(const std::string& text, const std::string& path,
                                       const FieldDescriptor& field) {
    const EnumDescriptor& type = *field.enum_type();
    std::vector<std::string> names;
    for (int i = 0; i < type.value_count(); ++i) {
      const EnumValueDescriptor* value = type.value(i);
      const std::string name = ShortName(*value);
      if (absl::AsciiStrToUpper(text) == name || text == value->name()) return value;
      if (value->number() != 0) names.push_back(name);
    }
    Problem(path, absl::StrCat("must be one of ", absl::StrJoin(names, ", ")));
    return nullptr;
  }

  // yaml-cpp makes single bytes of some escapes, as \N.
  std::string Expand(const std::string& text, const std::string& path) {
    if (!IsUtf8(text)) {
      Problem(path, "has an escape that stands for no text; write the character itself");
      return "";
    }
    std::string expanded;
    size_t at = 0;
    while (true) {
      const size_t begin = text.find("${", at);
      const size_t end = begin == std::string::npos ? begin : text.find('}', begin);
      if (end == std::string::npos) return expanded + text.substr(at);
      const std::string name = text.substr(begin + 2, end - begin - 2);
      const std::optional<std::string> value = environment_(name);
      if (!value) Problem(path, absl::StrCat("needs the environment variable ", name));
      if (value && !IsUtf8(*value))
        Problem(path, absl::StrCat("needs the environment variable ", name, " in UTF-8"));
      expanded += text.substr(at, begin - at) + value.value_or("");
      at = end + 1;
    }
  }

  void Problem(const std::string& path, absl::string_view what) {
    problems_.push_back(absl::StrCat(path.empty() ? "the file" : path, " ", what));
  }

  const Environment& environment_;
  std::vector<std::string> problems_;
};

}  // namespace

absl::StatusOr<v1::Integration> ParseIntegration(const std::string& yaml,
                                                 const Environment& environment) {
  if (!IsUtf8(yaml)) return Error(Reason::kUsageInvalid, "the file is not UTF-8");
  YAML::Node root;
  try {
    root = YAML::Load(yaml);
  } catch (const YAML::Exception& error) {
    // yaml-cpp tells of malformed input by exceptions alone.
    return Error(Reason::kUsageInvalid,
                 absl::StrCat("the file is no YAML: line ", error.mark.line + 1, ", column ",
                              error.mark.column + 1));
  }
  v1::Integration integration;
  Reader reader(environment);
  reader.Read(root, "", &integration);
  if (reader.problems().empty()) return integration;
  return Error(Reason::kUsageInvalid, absl::StrJoin(reader.problems(), "; "));
}

absl::StatusOr<v1::Integration> ReadIntegration(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  if (!file) return Error(Reason::kUsageInvalid, absl::StrCat("can't read the file ", path));
  return ParseIntegration(text.str(), [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return value;
  });
}

}  // namespace lockstitch::cli
