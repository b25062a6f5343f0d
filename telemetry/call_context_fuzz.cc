#include "telemetry/call_context.h"
#include "testing/fuzz_target.h"

namespace lockstitch::telemetry {
namespace {

using testing::Require;

// The first line is a traceparent, the rest baggage; the rest is the job's id, too.
FUZZ_TARGET(input) {
  const absl::string_view trace_parent = testing::TakeLine(&input);
  CallContext context = ContextOf(trace_parent, input);
  Require(context.trace_id.empty() == context.span_id.empty(), "both ids or neither");
  for (const auto& [name, value] : context.Fields())
    Require(!value.empty() && value.size() <= 256, "no value is longer than a log line may have");
  if (context.trace_id.empty()) {
    context.trace_id = NewTrace().trace_id;
    context.span_id = NewSpanId();
  }
  context.job_id = std::string(input.substr(0, 256));
  const CallContext back = ContextOf(TraceParentOf(context), BaggageOf(context));
  Require(back.Fields() == context.Fields(), "what is sent is received");
}

}  // namespace
}  // namespace lockstitch::telemetry
