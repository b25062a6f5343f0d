#include "rpc/status_conversion.h"

#include <grpcpp/support/status.h>

#include "absl/strings/cord.h"
#include "absl/strings/match.h"
#include "google/rpc/status.pb.h"
#include "gtest/gtest.h"
#include "status/reason.h"

namespace lockstitch::rpc {
namespace {

TEST(StatusConversionTest, EveryCodeSurvivesBothWays) {
  for (int code = 0; code <= 16; ++code) {
    absl::Status status(static_cast<absl::StatusCode>(code), code == 0 ? "" : "what happened");
    status.SetPayload("type.example/extra", absl::Cord("kept"));
    EXPECT_EQ(FromGrpc(ToGrpc(status), "peer"), status) << code;
  }
}

TEST(StatusConversionTest, EveryReasonSurvivesBothWays) {
  for (const ReasonInfo& info : AllReasons()) {
    const absl::Status status = Error(info.reason, "what happened", "Do this.");
    const absl::Status back = FromGrpc(ToGrpc(status), "peer");
    EXPECT_EQ(back, status) << info.code;
    EXPECT_EQ(ReasonOf(back), info.reason);
    EXPECT_EQ(Explain(back).remedy, "Do this.");
  }
}

// As gRPC percent-encodes a message.
size_t Encoded(const std::string& message) {
  size_t size = 0;
  for (const char c : message) size += c >= ' ' && c <= '~' && c != '%' ? 1 : 3;
  return size;
}

TEST(StatusConversionTest, AnErrorFitsWhatClientsTakeAndKeepsItsReason) {
  for (const std::string character : {"x", "%", "\n", "\u00e9", "\u20ac", "\U0001F9F5"}) {
    std::string message;
    while (message.size() < 1 << 20) message += character;
    const grpc::Status sent = ToGrpc(Error(Reason::kIntegrationInvalid, message));
    const size_t size = Encoded(sent.error_message()) + sent.error_details().size() * 4 / 3;
    EXPECT_LT(size, 7'600u) << character;
    EXPECT_GT(size, 7'400u) << character;
    const absl::Status back = FromGrpc(sent, "peer");
    EXPECT_EQ(ReasonOf(back), Reason::kIntegrationInvalid);
    // No character is cut in two.
    ASSERT_TRUE(absl::EndsWith(back.message(), " ..."));
    EXPECT_EQ((back.message().size() - 4) % character.size(), 0u) << character;
  }
}

TEST(StatusConversionTest, TheDetailsSayWhatTheStatusSays) {
  const grpc::Status sent = ToGrpc(Error(Reason::kEtagMismatch, "edited meanwhile"));
  google::rpc::Status details;
  ASSERT_TRUE(details.ParseFromString(sent.error_details()));
  EXPECT_EQ(details.code(), sent.error_code());
  EXPECT_EQ(details.message(), sent.error_message());
}

TEST(StatusConversionTest, AMessageThatIsNoUtf8KeepsItsReason) {
  const absl::Status back =
      FromGrpc(ToGrpc(Error(Reason::kAuthenticationFailed, "Passwort f\xFCr \xBBu\xAB")), "peer");
  EXPECT_EQ(ReasonOf(back), Reason::kAuthenticationFailed);
  EXPECT_EQ(back.message(), "Passwort f\uFFFDr \uFFFDu\uFFFD");
}

TEST(StatusConversionTest, WhatGrpcSaysItselfGetsAReasonAndNamesThePeer) {
  const absl::Status lost =
      FromGrpc(grpc::Status(grpc::UNAVAILABLE, "connection reset"), "loader at unix:x");
  EXPECT_EQ(ReasonOf(lost), Reason::kPeerUnreachable);
  EXPECT_EQ(lost.message(), "the loader at unix:x does not answer: connection reset");
  const absl::Status old = FromGrpc(grpc::Status(grpc::UNIMPLEMENTED, ""), "loader at unix:x");
  EXPECT_EQ(ReasonOf(old), Reason::kPeerTooOld);
  EXPECT_EQ(old.message(), "the loader at unix:x does not know this call");
}

TEST(StatusConversionTest, ConnectionsThatTlsKeepsFromComingAboutAreToldFromOthers) {
  const std::string failing = "connections to all backends failing; last error: UNKNOWN: x: ";
  const auto reason_of = [&](const std::string& text) {
    return ReasonOf(FromGrpc(grpc::Status(grpc::UNAVAILABLE, text), "loader"));
  };
  EXPECT_EQ(reason_of(failing + "Tls handshake failed: SSL_ERROR_SSL"), Reason::kPeerTlsFailed);
  EXPECT_EQ(reason_of(failing + "Socket closed"), Reason::kPeerTlsFailed);
  EXPECT_EQ(reason_of(failing + "Failed to connect to remote host: Connection refused"),
            Reason::kPeerUnreachable);
  // Of a call that was under way.
  EXPECT_EQ(reason_of("Socket closed"), Reason::kPeerUnreachable);
}

TEST(StatusConversionTest, ABrokenCallIsToldFromAPeersError) {
  const absl::Status broken = FromGrpc(grpc::Status(grpc::UNAVAILABLE, "reset"), "extractor");
  EXPECT_TRUE(CallBroke(broken));
  EXPECT_TRUE(CallBroke(FromGrpc(grpc::Status::CANCELLED, "extractor")));
  // Whoever passes such an error on was reached.
  const absl::Status passed_on = FromGrpc(ToGrpc(broken), "scheduler");
  EXPECT_EQ(ReasonOf(passed_on), Reason::kPeerUnreachable);
  EXPECT_FALSE(CallBroke(passed_on));
  EXPECT_FALSE(CallBroke(FromGrpc(ToGrpc(Error(Reason::kPeerUnreachable, "no")), "extractor")));
}

}  // namespace
}  // namespace lockstitch::rpc
