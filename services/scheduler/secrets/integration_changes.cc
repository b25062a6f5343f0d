#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/message.h"
#include "google/protobuf/timestamp.pb.h"
#include "rpc/timestamp.h"
#include "services/scheduler/secrets/integration_secrets.h"

namespace lockstitch::scheduler {
namespace {

using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr absl::string_view kMask = "***";

// One integration, and what of it may be seen: at each place both have the same field.
struct Seen {
  const Message* whole;
  const Message* shown;
};

// A value of no field of its own: a time.
bool IsTime(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE &&
         absl::StartsWith(field.message_type()->full_name(), "google.protobuf.");
}

std::string TimeText(const Message& time) {
  if (const auto* duration = dynamic_cast<const google::protobuf::Duration*>(&time))
    return absl::FormatDuration(absl::Seconds(duration->seconds()) +
                                absl::Nanoseconds(duration->nanos()));
  const auto* timestamp = dynamic_cast<const google::protobuf::Timestamp*>(&time);
  return timestamp == nullptr
             ? time.ShortDebugString()
             : absl::FormatTime(rpc::FromTimestamp(*timestamp), absl::UTCTimeZone());
}

// As files have it: without what its type begins all of its values with.
std::string EnumText(const EnumValueDescriptor& value) {
  const absl::string_view prefix =
      absl::StripSuffix(value.type()->FindValueByNumber(0)->name(), "UNSPECIFIED");
  return std::string(absl::StripPrefix(value.name(), prefix));
}

// A field's value as text; empty if it isn't set.
std::string Text(const Message& message, const FieldDescriptor& field) {
  const google::protobuf::Reflection& access = *message.GetReflection();
  if (field.is_repeated()) {
    std::vector<std::string> values;
    for (int i = 0; i < access.FieldSize(message, &field); ++i) {
      values.push_back(field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM
                           ? EnumText(*access.GetRepeatedEnum(message, &field, i))
                           : access.GetRepeatedString(message, &field, i));
    }
    return values.empty() ? "" : absl::StrCat("[", absl::StrJoin(values, ", "), "]");
  }
  if (!access.HasField(message, &field)) return "";
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return access.GetString(message, &field);
    case FieldDescriptor::CPPTYPE_BOOL:
      return access.GetBool(message, &field) ? "true" : "false";
    case FieldDescriptor::CPPTYPE_ENUM:
      return EnumText(*access.GetEnum(message, &field));
    case FieldDescriptor::CPPTYPE_UINT32:
      return absl::StrCat(access.GetUInt32(message, &field));
    case FieldDescriptor::CPPTYPE_UINT64:
      return absl::StrCat(access.GetUInt64(message, &field));
    default:
      return TimeText(access.GetMessage(message, &field));
  }
}

// What can be seen of a text field of which a part, or all, may be a secret.
std::string Visible(const Seen& seen, const FieldDescriptor& field) {
  const std::string whole = Text(*seen.whole, field);
  const std::string shown = Text(*seen.shown, field);
  return shown.empty() && !whole.empty() ? std::string(kMask) : shown;
}

class ChangeFinder {
 public:
  void Compare(const std::string& path, const Seen& before, const Seen& after) {
    const google::protobuf::Descriptor& type = *before.whole->GetDescriptor();
    for (int i = 0; i < type.field_count(); ++i) {
      const FieldDescriptor& field = *type.field(i);
      const std::string at = absl::StrCat(path, path.empty() ? "" : ".", field.name());
      if (field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE || IsTime(field)) {
        CompareValues(at, before, after, field);
      } else if (field.is_repeated()) {
        CompareLists(at, before, after, field);
      } else {
        Compare(at, Within(before, field), Within(after, field));
      }
    }
  }

  std::vector<v1::FieldChange> Take() && { return std::move(changes_); }

 private:
  static Seen Within(const Seen& seen, const FieldDescriptor& field) {
    return {&seen.whole->GetReflection()->GetMessage(*seen.whole, &field),
            &seen.shown->GetReflection()->GetMessage(*seen.shown, &field)};
  }

  struct Element {
    std::string name;  // The first field's text: a stream, a webhook's URL.
    Seen seen;
  };
  static std::vector<Element> ElementsOf(const Seen& seen, const FieldDescriptor& field) {
    std::vector<Element> elements;
    const google::protobuf::Reflection& access = *seen.whole->GetReflection();
    for (int i = 0; i < access.FieldSize(*seen.whole, &field); ++i) {
      const Seen element = {&access.GetRepeatedMessage(*seen.whole, &field, i),
                            &access.GetRepeatedMessage(*seen.shown, &field, i)};
      elements.push_back({Visible(element, *field.message_type()->field(0)), element});
    }
    return elements;
  }

  // By name: those that were there first.
  void CompareLists(const std::string& path, const Seen& before, const Seen& after,
                    const FieldDescriptor& field) {
    const Message& none =
        *before.whole->GetReflection()->GetMessageFactory()->GetPrototype(field.message_type());
    std::vector<Element> added = ElementsOf(after, field);
    for (const Element& element : ElementsOf(before, field)) {
      const auto same = std::find_if(added.begin(), added.end(), [&](const Element& other) {
        return other.name == element.name;
      });
      const bool stays = same != added.end();
      Compare(absl::StrCat(path, "[", element.name, "]"), element.seen,
              stays ? same->seen : Seen{&none, &none});
      if (stays) added.erase(same);
    }
    for (const Element& element : added)
      Compare(absl::StrCat(path, "[", element.name, "]"), Seen{&none, &none}, element.seen);
  }

  void CompareValues(const std::string& path, const Seen& before, const Seen& after,
                     const FieldDescriptor& field) {
    if (Text(*before.whole, field) == Text(*after.whole, field)) return;
    v1::FieldChange& change = changes_.emplace_back();
    change.set_path(path);
    change.set_before(Visible(before, field));
    change.set_after(Visible(after, field));
    // Only the secret in it.
    if (change.before() != change.after()) return;
    change.set_before(std::string(kMask));
    change.set_after(std::string(kMask));
  }

  std::vector<v1::FieldChange> changes_;
};

}  // namespace

std::vector<v1::FieldChange> ChangesBetween(const v1::Integration& before,
                                            const v1::Integration& after) {
  const v1::Integration shown_before = Split(before).shown;
  const v1::Integration shown_after = Split(after).shown;
  ChangeFinder finder;
  finder.Compare("", {&before, &shown_before}, {&after, &shown_after});
  return std::move(finder).Take();
}

}  // namespace lockstitch::scheduler
