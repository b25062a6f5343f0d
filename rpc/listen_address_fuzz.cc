#include "absl/strings/match.h"
#include "rpc/listen_address.h"
#include "status/reason.h"
#include "testing/fuzz_target.h"

namespace lockstitch::rpc {
namespace {

using testing::Require;

FUZZ_TARGET(input) {
  const std::string address(input);
  const absl::Status here = CheckListenAddress("grpc", address, Reach::kMachine);
  const absl::Status anywhere = CheckListenAddress("grpc", address, Reach::kEverywhere);
  for (const absl::Status& status : {here, anywhere})
    Require(status.ok() || ReasonOf(status) == Reason::kListenAddressRefused, "a reason");
  Require(here.ok() == (anywhere.ok() && IsLocal(address)), "this machine's are of this machine");
  if (!here.ok()) return;
  bool local = false;
  for (const char* begin : {"unix:", "127.0.0.1:", "localhost:", "[::1]:"})
    local = local || absl::StartsWith(address, begin);
  Require(local, "no other address is this machine's");
}

}  // namespace
}  // namespace lockstitch::rpc
