#include "rpc/listen_address.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "status/reason.h"

namespace lockstitch::rpc {
namespace {

bool IsLoopback(absl::string_view host) {
  return host == "127.0.0.1" || host == "localhost" || host == "[::1]";
}

}  // namespace

absl::Status CheckListenAddress(const std::string& address) {
  absl::string_view rest = address;
  if (absl::ConsumePrefix(&rest, "unix:") && !rest.empty()) return absl::OkStatus();
  const size_t colon = address.rfind(':');
  int port = -1;
  if (colon != std::string::npos && absl::SimpleAtoi(address.substr(colon + 1), &port) &&
      port >= 0 && port <= 65535 && IsLoopback(absl::string_view(address).substr(0, colon))) {
    return absl::OkStatus();
  }
  return Error(
      Reason::kListenAddressRefused,
      absl::StrCat("'", address, "' is neither a loopback address with a port nor a Unix socket"));
}

}  // namespace lockstitch::rpc
