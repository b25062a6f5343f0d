#include "postgres/connect_error.h"

#include "gtest/gtest.h"

namespace lockstitch::postgres {
namespace {

TEST(ConnectErrorTest, TheServersSqlStateDecides) {
  const absl::Status error = ConnectError(
      "connection to server at \"db.example\" (10.0.0.1), port 5432 failed: FATAL:  28P01: "
      "password authentication "
      "failed for user \"u\"\nLOCATION:  auth_failed, auth.c:335\n",
      /*certificate_problem=*/"", Side::kSource);
  EXPECT_EQ(ReasonOf(error), Reason::kAuthenticationFailed);
  EXPECT_EQ(error.message(), "password authentication failed for user \"u\"");
}

TEST(ConnectErrorTest, ARefusalForWantOfTlsSaysSo) {
  EXPECT_EQ(
      ReasonOf(ConnectError(
          "connection failed: FATAL:  28000: no pg_hba.conf entry for host \"10.0.0.2\", user "
          "\"u\", database \"d\", no encryption\n",
          /*certificate_problem=*/"", Side::kSource)),
      Reason::kTlsFailed);
}

TEST(ConnectErrorTest, WithoutSqlStateTheWordingDecides) {
  EXPECT_EQ(ReasonOf(ConnectError(
                "could not translate host name \"nope\" to address: Name or service not known\n",
                /*certificate_problem=*/"", Side::kSource)),
            Reason::kHostUnknown);
  EXPECT_EQ(ReasonOf(ConnectError(
                "connection to server at \"127.0.0.1\", port 1 failed: Connection reset by peer\n",
                /*certificate_problem=*/"", Side::kDestination)),
            Reason::kConnectionLost);
  EXPECT_EQ(
      ReasonOf(ConnectError(
          "connection to server at \"127.0.0.1\", port 1 failed: Connection refused\n\tIs the "
          "server running on that host and accepting TCP/IP connections?\n",
          /*certificate_problem=*/"", Side::kDestination)),
      Reason::kHostUnreachable);
}

TEST(ConnectErrorTest, ACertificateThatIsNotAcceptedSaysWhy) {
  const absl::Status error = ConnectError(
      "connection to server at \"127.0.0.1\", port 1 failed: SSL error: certificate verify "
      "failed\n",
      "certificate has expired", Side::kSource);
  EXPECT_EQ(ReasonOf(error), Reason::kTlsFailed);
  EXPECT_EQ(error.message(),
            "connection to server at \"127.0.0.1\", port 1 failed: SSL error: certificate verify "
            "failed: certificate has expired");
}

TEST(ConnectErrorTest, AWantedClientCertificateIsAMatterOfTls) {
  EXPECT_EQ(
      ReasonOf(ConnectError(
          "connection failed: FATAL:  28000: connection requires a valid client certificate\n",
          /*certificate_problem=*/"", Side::kSource)),
      Reason::kTlsFailed);
}

// Whatever it is that answers.
TEST(ConnectErrorTest, ACodeWithoutTextIsNoRefusal) {
  for (const char* message : {"connection failed: FATAL:  28P01\n", "X: 28P01: \n", "28P01"}) {
    const absl::Status error = ConnectError(message, /*certificate_problem=*/"", Side::kSource);
    EXPECT_EQ(ReasonOf(error), Reason::kConnectionFailed) << message;
    EXPECT_NE(error.message(), "") << message;
  }
}

TEST(ConnectErrorTest, OtherRefusalsAreNotTakenForFailedStatements) {
  EXPECT_EQ(
      ReasonOf(ConnectError("connection failed: FATAL:  0A000: unsupported frontend protocol\n",
                            /*certificate_problem=*/"", Side::kSource)),
      Reason::kConnectionFailed);
}

}  // namespace
}  // namespace lockstitch::postgres
