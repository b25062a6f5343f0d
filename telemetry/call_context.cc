#include "telemetry/call_context.h"

#include <algorithm>
#include <cstdint>

#include "absl/random/random.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"

namespace lockstitch::telemetry {
namespace {

// Of a value that comes in: it goes into every line of the log.
constexpr size_t kMostBytes = 256;

struct BaggageMember {
  absl::string_view name;  // In log lines; in baggage with the prefix.
  std::string CallContext::*value;
};
constexpr absl::string_view kPrefix = "lockstitch.";
constexpr BaggageMember kMembers[] = {{"job_id", &CallContext::job_id},
                                      {"integration", &CallContext::integration},
                                      {"stream", &CallContext::stream},
                                      {"run_id", &CallContext::run_id}};

thread_local CallContext current;

// Lower-case hexadecimal digits, so many, and not all of them zero.
bool IsId(absl::string_view text, size_t digits) {
  const auto is_digit = [](char c) { return absl::ascii_isdigit(c) || (c >= 'a' && c <= 'f'); };
  return text.size() == digits && std::all_of(text.begin(), text.end(), is_digit) &&
         text.find_first_not_of('0') != absl::string_view::npos;
}

// As baggage has values: all but letters, digits and a few marks as %XX.
std::string Escape(absl::string_view value) {
  std::string escaped;
  for (const char c : value.substr(0, kMostBytes)) {
    if (absl::ascii_isalnum(c) || c == '-' || c == '.' || c == '_' || c == '~') {
      escaped += c;
    } else {
      absl::StrAppendFormat(&escaped, "%%%02X", static_cast<uint8_t>(c));
    }
  }
  return escaped;
}

std::string Unescape(absl::string_view escaped) {
  std::string value;
  for (size_t i = 0; i < escaped.size() && value.size() < kMostBytes; ++i) {
    const absl::string_view digits = escaped.substr(i + 1, 2);
    if (escaped[i] == '%' && digits.size() == 2 && absl::ascii_isxdigit(digits[0]) &&
        absl::ascii_isxdigit(digits[1])) {
      value += absl::HexStringToBytes(digits);
      i += 2;
    } else {
      value += escaped[i];
    }
  }
  return value;
}

}  // namespace

std::vector<std::pair<absl::string_view, std::string>> CallContext::Fields() const {
  std::vector<std::pair<absl::string_view, std::string>> fields;
  if (!trace_id.empty()) fields.emplace_back("trace_id", trace_id);
  if (!span_id.empty()) fields.emplace_back("span_id", span_id);
  for (const BaggageMember& member : kMembers) {
    if (!(this->*member.value).empty()) fields.emplace_back(member.name, this->*member.value);
  }
  return fields;
}

std::string TraceParentOf(const CallContext& context) {
  return absl::StrCat("00-", context.trace_id, "-", context.span_id, "-00");
}

std::string BaggageOf(const CallContext& context) {
  std::string baggage;
  for (const BaggageMember& member : kMembers) {
    const std::string& value = context.*member.value;
    if (value.empty()) continue;
    absl::StrAppend(&baggage, baggage.empty() ? "" : ",", kPrefix, member.name, "=", Escape(value));
  }
  return baggage;
}

CallContext ContextOf(absl::string_view trace_parent, absl::string_view baggage) {
  CallContext context;
  // Version, trace, parent, flags; a later version may have more.
  const std::vector<absl::string_view> parts = absl::StrSplit(trace_parent, '-');
  if (parts.size() >= 4 && parts[0] != "ff" && IsId(parts[1], 32) && IsId(parts[2], 16)) {
    context.trace_id = std::string(parts[1]);
    context.span_id = std::string(parts[2]);
  }
  for (const absl::string_view member : absl::StrSplit(baggage, ',')) {
    const std::pair<absl::string_view, absl::string_view> entry =
        absl::StrSplit(member, absl::MaxSplits('=', 1));
    // Behind a semicolon a value may have properties.
    const absl::string_view value = entry.second.substr(0, entry.second.find(';'));
    for (const BaggageMember& known : kMembers) {
      if (absl::StripAsciiWhitespace(entry.first) == absl::StrCat(kPrefix, known.name))
        context.*known.value = Unescape(absl::StripAsciiWhitespace(value));
    }
  }
  return context;
}

CallContext NewTrace() {
  return {.trace_id = absl::StrCat(NewSpanId(), NewSpanId()), .span_id = NewSpanId()};
}

std::string NewSpanId() {
  thread_local absl::BitGen random;
  return absl::StrFormat("%016x",
                         absl::Uniform<uint64_t>(absl::IntervalClosed, random, 1, ~uint64_t{0}));
}

const CallContext& CurrentContext() { return current; }

ContextScope::ContextScope(CallContext context) : before_(std::move(current)) {
  current = std::move(context);
}

ContextScope::~ContextScope() { current = std::move(before_); }

}  // namespace lockstitch::telemetry
