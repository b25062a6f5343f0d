#include "postgres/url_secrets.h"

#include "gmock/gmock.h"
#include "postgres/connection_url.h"
#include "testing/status_matchers.h"

namespace lockstitch::postgres {
namespace {

using testing::HasReason;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::string Shown(const std::string& url) { return JoinUrl(SplitUrl(url)->shown, url); }

TEST(UrlSecretsTest, WhatHoldsNoSecretStaysAsItIs) {
  for (const char* url :
       {"postgres://u@h:5432/db", "postgresql://h1,h2:5433/db?sslmode=require&connect_timeout=3",
        "host=h user=u", "postgres:///db?host=/tmp", "host=h passfile=/p"}) {
    EXPECT_EQ(Shown(url), url);
    EXPECT_THAT(SplitUrl(url)->secrets, IsEmpty());
  }
}

TEST(UrlSecretsTest, SecretsGoFromWhereverTheyStand) {
  EXPECT_EQ(Shown("postgres://u:secret@h:5432/db"), "postgres://u@h:5432/db");
  EXPECT_EQ(Shown("postgresql://h/db?user=u&password=secret&sslmode=require"),
            "postgresql://u@h/db?sslmode=require");
  EXPECT_EQ(Shown("postgres://h/db?p%61ssword=secret"), "postgres://h/db");
  EXPECT_EQ(Shown("postgres://u@h/db?sslpassword=secret"), "postgres://u@h/db");
  EXPECT_EQ(Shown("postgres://:secret@/db"), "postgres:///db");
  EXPECT_EQ(Shown("host=h password = 'sec ret' dbname='d\\'b'").find("sec"), std::string::npos);
}

TEST(UrlSecretsTest, WhatIsPutTogetherSaysTheSame) {
  for (const char* url :
       {"postgres://u%40x:s%3Ae%2Fc@h1:1,[::1]:2/d%20b?options=-c%20a%3Db", "postgres://u:s@h",
        "postgres://u:s@%2Ftmp/db", "postgres://u:s@/db?host=h1,h2&port=5432", "postgres://u:s@h/",
        "host='a b' user=u\\'s password=s options='-c a=\\\\b'", "postgres://u:s@h1:1,h2/db"}) {
    Parameters expected = *ParseUrl(url);
    expected.erase("password");
    EXPECT_EQ(*ParseUrl(Shown(url)), expected) << url << " " << Shown(url);
    // And with the secret in it again.
    expected = *ParseUrl(url);
    EXPECT_EQ(*ParseUrl(JoinUrl(expected, Shown(url))), expected) << url;
  }
}

TEST(UrlSecretsTest, WhatCannotBeReadIsNotQuoted) {
  const absl::Status status = SplitUrl("postgres://u:sec/ret@h/db").status();
  EXPECT_THAT(status, HasReason(Reason::kConnectionStringInvalid));
  EXPECT_THAT(std::string(status.message()), Not(HasSubstr("ret")));
}

}  // namespace
}  // namespace lockstitch::postgres
