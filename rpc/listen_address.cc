#include "rpc/listen_address.h"

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "status/reason.h"

namespace lockstitch::rpc {
namespace {

constexpr char kUnix[] = "unix:";

// What is before the port; nothing where there is none, or no host.
absl::string_view HostOf(absl::string_view address) {
  const size_t colon = address.rfind(':');
  int port = -1;
  if (colon == absl::string_view::npos || !absl::SimpleAtoi(address.substr(colon + 1), &port) ||
      port < 0 || port > 65535)
    return "";
  const absl::string_view host = address.substr(0, colon);
  const bool bracketed = absl::StartsWith(host, "[") && absl::EndsWith(host, "]");
  return bracketed || !absl::StrContains(host, ':') ? host : "";
}

}  // namespace

absl::Status CheckListenAddress(const std::string& listener, const std::string& address,
                                Reach allowed) {
  const bool known = absl::StartsWith(address, kUnix) ? address != kUnix : !HostOf(address).empty();
  if (!known) {
    return Error(Reason::kListenAddressRefused,
                 absl::StrCat("'", address, "' is neither HOST:PORT nor unix:PATH, of ", listener));
  }
  if (allowed == Reach::kEverywhere || IsLocal(address)) return absl::OkStatus();
  return Error(Reason::kListenAddressRefused,
               absl::StrCat("'", address, "' can be reached from elsewhere, and ", listener,
                            " has no TLS there"));
}

bool IsLocal(const std::string& address) {
  const absl::string_view host = HostOf(address);
  return absl::StartsWith(address, kUnix) || host == "127.0.0.1" || host == "localhost" ||
         host == "[::1]";
}

}  // namespace lockstitch::rpc
