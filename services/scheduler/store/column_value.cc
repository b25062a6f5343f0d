#include "services/scheduler/store/column_value.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "status/reason.h"

namespace lockstitch::scheduler {
namespace {

constexpr char kTimeFormat[] = "%Y-%m-%d %H:%M:%E6S+00";
constexpr char kAnyTimeFormat[] = "%Y-%m-%d %H:%M:%E*S+00";
constexpr char kNever[] = "infinity";
constexpr char kAlways[] = "-infinity";

}  // namespace

std::string NumberValue(int64_t number) { return absl::StrCat(number); }

std::string TimeValue(absl::Time time) {
  if (time == absl::InfiniteFuture()) return kNever;
  if (time == absl::InfinitePast()) return kAlways;
  return absl::FormatTime(kTimeFormat, time, absl::UTCTimeZone());
}

postgres::Connection::Parameter TimeValue(const std::optional<absl::Time>& time) {
  return time ? postgres::Connection::Parameter(TimeValue(*time)) : std::nullopt;
}

std::string MessageValue(const google::protobuf::MessageLite& message) {
  return absl::StrCat("\\x", absl::BytesToHexString(message.SerializeAsString()));
}

std::optional<absl::Time> TimeAt(const postgres::Result& result, int row, int column) {
  if (result.IsNull(row, column)) return std::nullopt;
  const absl::string_view text = result.Text(row, column);
  if (text == kNever) return absl::InfiniteFuture();
  if (text == kAlways) return absl::InfinitePast();
  absl::Time time;
  std::string problem;
  if (!absl::ParseTime(kAnyTimeFormat, text, &time, &problem)) return std::nullopt;
  return time;
}

absl::Status ReadMessage(const postgres::Result& result, int row, int column,
                         google::protobuf::MessageLite* message) {
  message->Clear();
  // \x, then two digits a byte.
  const absl::string_view text = result.Text(row, column);
  if (text.empty() || message->ParseFromString(absl::HexStringToBytes(text.substr(2))))
    return absl::OkStatus();
  return Error(Reason::kInternal,
               absl::StrCat("catalog: what is kept is no ", message->GetTypeName()));
}

void ArrayValue::Add(const postgres::Connection::Parameter& element) {
  if (!elements_.empty()) elements_ += ',';
  if (!element) {
    elements_ += "NULL";
    return;
  }
  elements_ += '"';
  for (const char c : *element) {
    if (c == '"' || c == '\\') elements_ += '\\';
    if (c != '\0') elements_ += c;
  }
  elements_ += '"';
}

}  // namespace lockstitch::scheduler
