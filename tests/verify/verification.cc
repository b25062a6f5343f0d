#include "tests/verify/verification.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "rpc/channel.h"
#include "services/scheduler/scheduler_client.h"

namespace lockstitch::tests {
namespace {

std::string LineOf(const v1::RowDifference& difference) {
  std::string line = absl::AsciiStrToLower(
      absl::StripPrefix(v1::RowDifferenceKind_Name(difference.kind()), "ROW_DIFFERENCE_KIND_"));
  const char* separator = " ";
  for (const v1::ColumnValue& key : difference.key()) {
    absl::StrAppend(&line, separator, key.column(), "=", key.has_value() ? key.value() : "NULL");
    separator = ", ";
  }
  separator = ": ";
  for (const v1::ColumnDifference& column : difference.columns()) {
    absl::StrAppend(&line, separator, column.column());
    if (column.has_source_value() || column.has_destination_value()) {
      absl::StrAppend(&line, " ", column.has_source_value() ? column.source_value() : "NULL",
                      " -> ", column.has_destination_value() ? column.destination_value() : "NULL");
    }
    separator = ", ";
  }
  return line;
}

}  // namespace

bool Verification::IsVerified() const {
  return status.ok() && !streams.empty() &&
         std::all_of(streams.begin(), streams.end(), [](const auto& stream) {
           return stream.second.stream().outcome() == v1::VERIFICATION_OUTCOME_VERIFIED;
         });
}

std::vector<std::string> Verification::Differences(const std::string& name) const {
  std::vector<std::string> lines;
  const v1::StreamVerification verified = stream(name);
  for (const v1::RowDifference& difference : verified.differences())
    lines.push_back(LineOf(difference));
  return lines;
}

v1::StreamVerification Verification::stream(const std::string& name) const {
  const auto found = streams.find(name);
  return found == streams.end() ? v1::StreamVerification() : found->second.stream();
}

std::string Verification::Reason(const std::string& name) const {
  const auto found = streams.find(name);
  return found == streams.end() ? "" : found->second.error().reason();
}

Verification Verify(Stack& stack, const v1::VerifyRequest& request, std::stop_token stop) {
  const scheduler::SchedulerClient client(rpc::Connect(stack.scheduler.address()), "scheduler");
  Verification verification;
  verification.status = client.Verify(
      request,
      [&](const v1::VerifyResponse& told) { verification.streams[told.stream().stream()] = told; },
      stop);
  return verification;
}

JobOutcome RunVerifiedJob(Stack& stack, const v1::Integration& integration) {
  v1::RunOnceRequest request;
  *request.mutable_integration() = integration;
  request.set_verify(true);
  return RunJobAt(stack.scheduler.address(), request);
}

Verification Verify(Stack& stack, const v1::Integration& integration) {
  v1::VerifyRequest request;
  *request.mutable_integration() = integration;
  return Verify(stack, request);
}

}  // namespace lockstitch::tests
