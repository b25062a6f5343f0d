#include "services/scheduler/job_error.h"

#include "gtest/gtest.h"
#include "services/scheduler/log_line.h"
#include "status/reason.h"

namespace lockstitch::scheduler {
namespace {

// As a server with messages in Latin-1 refuses a password.
constexpr char kLatin1[] = "Passwort f\xFCr \xBBu\xAB";

TEST(ErrorOfTest, WhatIsNoUtf8CanBeReadBackAllTheSame) {
  const v1::Error error = ErrorOf(Error(Reason::kAuthenticationFailed, kLatin1, kLatin1));
  const v1::LogEntry line = LogLine(v1::SEVERITY_INFO, "", kLatin1);
  v1::Error error_back;
  v1::LogEntry line_back;
  ASSERT_TRUE(error_back.ParseFromString(error.SerializeAsString()));
  ASSERT_TRUE(line_back.ParseFromString(line.SerializeAsString()));
  EXPECT_EQ(error_back.message(), "Passwort f\uFFFDr \uFFFDu\uFFFD");
  EXPECT_EQ(error_back.remedy(), error_back.message());
  EXPECT_EQ(line_back.message(), error_back.message());
}

}  // namespace
}  // namespace lockstitch::scheduler
