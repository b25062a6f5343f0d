#include "postgres/connection_url.h"

#include <string>

#include "gmock/gmock.h"
#include "testing/status_matchers.h"

namespace lockstitch::postgres {
namespace {

using testing::HasReason;
using ::testing::HasSubstr;
using ::testing::Not;

std::string ProblemWith(const std::string& url) {
  const absl::StatusOr<Parameters> parameters = ParseUrl(url);
  EXPECT_THAT(parameters, HasReason(Reason::kConnectionStringInvalid)) << url;
  return std::string(parameters.status().message());
}

TEST(ParseUrlTest, AnUnknownParameterIsNamed) {
  EXPECT_THAT(ProblemWith("postgres://u:x@h/db?ssl_mode=require"), HasSubstr("ssl_mode"));
  EXPECT_THAT(ProblemWith("postgresql://h/db?connect_timeout=1&nonsense=2"), HasSubstr("nonsense"));
  EXPECT_THAT(ProblemWith("host=h database=db"), HasSubstr("database"));
}

TEST(ParseUrlTest, WhatMayBeAPartOfAPasswordIsNot) {
  for (const char* url :
       {"postgres://u:1/x?hunter=y@h/db", "postgres://h/db?password=x&hunter=y",
        "password=x hunter=y host=h", "postgres://u:x@h?hunter@h=1", "hunter", "host=h hunter",
        "hunter://u:hunter@h/db", "postgres://u:hunter/x@h/db"}) {
    EXPECT_THAT(ProblemWith(url), Not(HasSubstr("hunter"))) << url;
  }
}

TEST(ParseUrlTest, NothingIsReadInPart) {
  ProblemWith(std::string("postgres://u@h/db\0?sslmode=require", 35));
  ProblemWith(std::string("host=h\0 sslmode=require", 23));
}

TEST(ParseUrlTest, AnotherSchemeIsSaid) {
  EXPECT_THAT(ProblemWith("mysql://u@h/db"), HasSubstr("neither postgres://"));
}

}  // namespace
}  // namespace lockstitch::postgres
