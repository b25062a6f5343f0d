#include "rpc/status_conversion.h"

#include <grpcpp/support/status.h>

#include "absl/strings/cord.h"
#include "gtest/gtest.h"
#include "status/reason.h"
#include "status/utf8.h"

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

TEST(StatusConversionTest, LongMessagesAreCutButKeepTheirReason) {
  const absl::Status back =
      FromGrpc(ToGrpc(Error(Reason::kIntegrationInvalid, std::string(1 << 20, 'x'))), "peer");
  EXPECT_LT(back.message().size(), 10'000u);
  EXPECT_EQ(ReasonOf(back), Reason::kIntegrationInvalid);
}

TEST(StatusConversionTest, AMessageIsCutWhereACharacterEnds) {
  std::string text = "x";
  while (text.size() < 9'000) text += "ж";
  const absl::Status back = FromGrpc(ToGrpc(Error(Reason::kIntegrationInvalid, text)), "peer");
  EXPECT_LT(back.message().size(), text.size());
  EXPECT_EQ(ValidUtf8(back.message()), back.message());
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
