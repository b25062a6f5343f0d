#ifndef LOCKSTITCH_CLI_VERIFICATION_VIEW_H_
#define LOCKSTITCH_CLI_VERIFICATION_VIEW_H_

#include <string>
#include <vector>

#include "lockstitch/v1/scheduler.pb.h"

namespace lockstitch::cli {

// A comparison as its events have told so far.
class VerificationView {
 public:
  void Add(const v1::VerifyResponse& told);

  // In the order in which they became known.
  const std::vector<v1::VerifyResponse>& streams() const { return streams_; }

  // Whether every stream holds what it should.
  bool IsVerified() const;

 private:
  std::vector<v1::VerifyResponse> streams_;
};

// One stream's comparison as an object of JSON, on one line.
std::string VerificationAsJson(const v1::StreamVerification& stream);

// How many rows differ, and some of them, a line each; empty if none does.
std::string DifferencesAsText(const v1::StreamVerification& stream);

// One object: {"verified": ..., "streams": [{...}]}, as docs/command.md tells.
std::string VerificationAsJson(const VerificationView& view);

// A summary table, then what differs and what failed.
std::string VerificationAsTable(const VerificationView& view);

}  // namespace lockstitch::cli

#endif  // LOCKSTITCH_CLI_VERIFICATION_VIEW_H_
