#ifndef LOCKSTITCH_SERVICES_EXTRACTOR_RUN_OWNER_H_
#define LOCKSTITCH_SERVICES_EXTRACTOR_RUN_OWNER_H_

#include <cstdint>
#include <stop_token>

#include "absl/status/statusor.h"
#include "lockstitch/v1/extractor.pb.h"

namespace lockstitch::extractor {

// Who follows a run, as its extraction sees it. Thread-safe.
class RunOwner {
 public:
  virtual ~RunOwner() = default;
  // Passes on what became known. Never waits.
  virtual void Report(const v1::ExtractResponse& response) = 0;
};

// The other end of an Extract call. Thread-safe.
class OwnerCall : public RunOwner {
 public:
  // Waits for the fence that is drawn for the accepted run. STOPPED if the call, or the owner's
  // patience, ends meanwhile.
  virtual absl::StatusOr<int64_t> AwaitFence() = 0;
  // Requested when the owner wants the run to end.
  virtual std::stop_token stopped() const = 0;
  // Requested when the owner cancels the call, or its connection breaks.
  virtual std::stop_token gone() const = 0;
};

}  // namespace lockstitch::extractor

#endif  // LOCKSTITCH_SERVICES_EXTRACTOR_RUN_OWNER_H_
