#include "rpc/status_conversion.h"

#include <grpcpp/support/status.h>

#include <algorithm>
#include <string>

#include "absl/strings/cord.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "status/reason.h"
#include "status/utf8.h"

namespace lockstitch::rpc {
namespace {

constexpr char kDomain[] = "lockstitch";
constexpr char kRemedy[] = "remedy";

// Marks the error of a call that broke. Stays in the process that made the call.
constexpr char kBrokenCallPayload[] = "lockstitch/broken_call";

// Most clients take 8 KiB of trailers, and lose an error that is larger as a whole. Room is left
// for those that gRPC adds.
constexpr size_t kLargestError = 7'500;

absl::Status Broken(Reason reason, const std::string& message) {
  absl::Status status = Error(reason, message);
  status.SetPayload(kBrokenCallPayload, absl::Cord());
  return status;
}

// gRPC 1.51 tells by its text alone why no connection came about.
absl::Status WithoutConnection(absl::string_view message, absl::string_view peer) {
  const bool tls_failed = absl::StrContains(message, "Tls handshake failed") ||
                          absl::StrContains(message, "verification check failed");
  if (tls_failed) {
    return Broken(Reason::kPeerTlsFailed,
                  absl::StrCat("TLS with the ", peer, " failed: ", message));
  }
  // A server that expects TLS does so with who speaks none, and TLS 1.3 tells a client of its
  // refusal only when it has begun to speak.
  if (absl::StrContains(message, "; last error: ") &&
      (absl::EndsWith(message, "Socket closed") ||
       absl::EndsWith(message, "Connection reset by peer"))) {
    return Broken(Reason::kPeerTlsFailed,
                  absl::StrCat("the ", peer, " closes connections as they begin: it has TLS and ",
                               "this end has not, or refuses this end's certificate: ", message));
  }
  return Broken(Reason::kPeerUnreachable,
                absl::StrCat("the ", peer, " does not answer: ", message));
}

absl::Status WithoutReason(absl::StatusCode code, absl::string_view message,
                           absl::string_view peer) {
  switch (code) {
    case absl::StatusCode::kUnavailable:
      return WithoutConnection(message, peer);
    case absl::StatusCode::kCancelled:
      return Broken(Reason::kPeerUnreachable, absl::StrCat("the ", peer, " ended the call"));
    case absl::StatusCode::kDeadlineExceeded:
      return Error(Reason::kProgressStalled, absl::StrCat("the ", peer, " did not answer in time"));
    case absl::StatusCode::kUnimplemented:
      return Error(Reason::kPeerTooOld, absl::StrCat("the ", peer, " does not know this call"));
    default:
      return absl::Status(code, absl::StrCat("the ", peer, " failed: ", message));
  }
}

// What fits of a message beside its details, in whole characters. It travels twice: percent-encoded
// as the status's own, and with the details in base64.
std::string Fitting(absl::string_view message, size_t details) {
  const size_t room = 3 * kLargestError - std::min(3 * kLargestError, 4 * details);  // In thirds.
  size_t taken = 0, whole = 0;
  for (size_t i = 0; i < message.size(); ++i) {
    const char c = message[i];
    if ((c & 0xC0) != 0x80) whole = i;
    taken += (c >= ' ' && c <= '~' && c != '%' ? 3 : 9) + 4;
    if (taken > room) return absl::StrCat(message.substr(0, whole), " ...");
  }
  return std::string(message);
}

}  // namespace

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  google::rpc::Status details;
  details.set_code(static_cast<int>(status.code()));
  google::rpc::ErrorInfo info;
  info.set_domain(kDomain);
  status.ForEachPayload([&](absl::string_view key, const absl::Cord& value) {
    if (key == kBrokenCallPayload) return;
    if (key == kReasonPayload) {
      info.set_reason(std::string(value));
    } else if (key == kRemedyPayload) {
      (*info.mutable_metadata())[kRemedy] = std::string(value);
    } else {
      google::protobuf::Any* any = details.add_details();
      any->set_type_url(std::string(key));
      any->set_value(std::string(value));
    }
  });
  if (!info.reason().empty()) details.add_details()->PackFrom(info);
  // Clients in other languages tell the one or the other message, or refuse two that differ.
  details.set_message(Fitting(ValidUtf8(status.message()), details.ByteSizeLong()));
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), details.message(),
                      details.SerializeAsString());
}

absl::Status FromGrpc(const grpc::Status& status, absl::string_view peer) {
  if (status.ok()) return absl::OkStatus();
  const auto code = static_cast<absl::StatusCode>(status.error_code());
  google::rpc::Status details;
  if (status.error_details().empty() || !details.ParseFromString(status.error_details())) {
    return WithoutReason(code, status.error_message(), peer);
  }
  absl::Status converted(code, status.error_message());
  for (const google::protobuf::Any& any : details.details()) {
    google::rpc::ErrorInfo info;
    if (any.UnpackTo(&info)) {
      converted.SetPayload(kReasonPayload, absl::Cord(info.reason()));
      const auto remedy = info.metadata().find(kRemedy);
      if (remedy != info.metadata().end())
        converted.SetPayload(kRemedyPayload, absl::Cord(remedy->second));
    } else {
      converted.SetPayload(any.type_url(), absl::Cord(any.value()));
    }
  }
  return converted;
}

bool CallBroke(const absl::Status& status) {
  return status.GetPayload(kBrokenCallPayload).has_value();
}

}  // namespace lockstitch::rpc
