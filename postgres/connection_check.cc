#include "postgres/connection_check.h"

#include "absl/time/clock.h"
#include "status/reason.h"

namespace lockstitch::postgres {
namespace {

v1::CheckStep StepOf(const std::string& name, absl::Time start,
                     const absl::StatusOr<std::string>& answer) {
  v1::CheckStep step;
  step.set_name(name);
  const absl::Duration took = absl::Now() - start;
  step.mutable_duration()->set_seconds(absl::ToInt64Seconds(took));
  step.mutable_duration()->set_nanos(
      static_cast<int>(absl::ToInt64Nanoseconds(took) % 1'000'000'000));
  if (answer.ok()) {
    step.set_result(v1::CHECK_RESULT_PASSED);
    step.set_message(*answer);
    return step;
  }
  const Explanation why = Explain(answer.status());
  step.set_result(v1::CHECK_RESULT_FAILED);
  step.set_message(why.message);
  step.set_reason(why.reason);
  step.set_remedy(why.remedy);
  return step;
}

v1::CheckStep SkippedStep(const std::string& name) {
  v1::CheckStep step;
  step.set_name(name);
  step.set_result(v1::CHECK_RESULT_SKIPPED);
  step.set_message("not tried without a connection");
  return step;
}

}  // namespace

std::vector<v1::CheckStep> CheckConnection(const Connection::Options& options,
                                           const std::vector<CheckQuestion>& questions) {
  std::vector<v1::CheckStep> steps;
  absl::Time start = absl::Now();
  absl::StatusOr<Connection> connection = Connection::Open(options);
  if (connection.ok()) {
    const absl::Status read_only = connection->Execute("SET default_transaction_read_only = on");
    if (!read_only.ok()) connection = read_only;
  }
  steps.push_back(
      StepOf("connect", start,
             connection.ok() ? absl::StatusOr<std::string>("connected") : connection.status()));
  for (const CheckQuestion& question : questions) {
    start = absl::Now();
    steps.push_back(connection.ok() ? StepOf(question.name, start, question.ask(*connection))
                                    : SkippedStep(question.name));
  }
  return steps;
}

}  // namespace lockstitch::postgres
