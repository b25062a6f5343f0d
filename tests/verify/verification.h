#ifndef LOCKSTITCH_TESTS_VERIFY_VERIFICATION_H_
#define LOCKSTITCH_TESTS_VERIFY_VERIFICATION_H_

#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "lockstitch/v1/scheduler.pb.h"
#include "tests/stack/stack.h"

namespace lockstitch::tests {

// What a comparison came to: how the call ended, and the last that was told of each stream.
struct Verification {
  absl::Status status;
  std::map<std::string, v1::VerifyResponse> streams;

  // Whether there are streams, and each was VERIFIED.
  bool IsVerified() const;
  // One line for each difference that is told of the stream: "changed id=1: a, b". With values
  // "changed id=1: a x -> y". Without the stream's key "missing".
  std::vector<std::string> Differences(const std::string& stream) const;
  v1::StreamVerification stream(const std::string& name) const;
  // The reason that it failed for; empty if it didn't.
  std::string Reason(const std::string& name) const;
};

// Compares at the stack's scheduler, over gRPC.
Verification Verify(Stack& stack, const v1::VerifyRequest& request, std::stop_token stop = {});
Verification Verify(Stack& stack, const v1::Integration& integration);

// Runs one job that compares what it has loaded.
JobOutcome RunVerifiedJob(Stack& stack, const v1::Integration& integration);

}  // namespace lockstitch::tests

#endif  // LOCKSTITCH_TESTS_VERIFY_VERIFICATION_H_
