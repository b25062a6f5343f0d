#ifndef LOCKSTITCH_TELEMETRY_CALL_CONTEXT_H_
#define LOCKSTITCH_TELEMETRY_CALL_CONTEXT_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace lockstitch::telemetry {

// What work is done for: it goes with every call to another service, and into every log line.
// Empty where it isn't known.
struct CallContext {
  std::string trace_id;  // 32 hexadecimal digits.
  std::string span_id;   // 16 hexadecimal digits: of the call that is being answered.
  std::string job_id;
  std::string integration;
  std::string stream;
  std::string run_id;

  // Those that are known, by the names that log lines have for them.
  std::vector<std::pair<absl::string_view, std::string>> Fields() const;
};

// As headers of a call: W3C's traceparent, with `span_id` as the call's own, and baggage.
std::string TraceParentOf(const CallContext& context);
std::string BaggageOf(const CallContext& context);
// What such headers say; what they don't say, or not in their form, stays empty.
CallContext ContextOf(absl::string_view trace_parent, absl::string_view baggage);

// The first context of a new trace.
CallContext NewTrace();
// 16 random hexadecimal digits.
std::string NewSpanId();

// What the calling thread works for; empty outside of any scope.
const CallContext& CurrentContext();

// While it lives, the calling thread works for `context`; then again for what it did before. Scopes
// end in the order opposite to that in which they began.
class ContextScope {
 public:
  explicit ContextScope(CallContext context);
  ~ContextScope();
  ContextScope(const ContextScope&) = delete;

 private:
  CallContext before_;
};

// `work` as it is to be done in another thread: for what the calling thread works for.
template <typename Work>
auto InContext(Work work) {
  return [context = CurrentContext(), work = std::move(work)]() mutable {
    const ContextScope scope(std::move(context));
    return work();
  };
}

}  // namespace lockstitch::telemetry

#endif  // LOCKSTITCH_TELEMETRY_CALL_CONTEXT_H_
