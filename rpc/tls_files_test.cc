#include "rpc/tls_files.h"

#include <string>

#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "status/reason.h"
#include "testing/certificate_authority.h"

namespace lockstitch::rpc {
namespace {

using ::testing::HasSubstr;

class TlsFilesTest : public ::testing::Test {
 protected:
  TlsFilesTest() {
    const testing::KeyPair pair = authority_.Issue("somebody", 3);
    files_ = {.authority = authority_.certificate_file(),
              .certificate = authority_.File("own.crt", pair.certificate),
              .key = authority_.File("own.key", pair.key)};
  }

  void ExpectRefused(const std::string& why) {
    const absl::Status status = CheckTlsFiles(files_).status();
    EXPECT_EQ(ReasonOf(status), Reason::kTlsFilesRefused);
    EXPECT_THAT(std::string(status.message()), HasSubstr(why));
  }

  const testing::CertificateAuthority authority_;
  TlsFiles files_;
};

TEST_F(TlsFilesTest, TellsHowLongTheyCanBeUsed) {
  const absl::StatusOr<absl::Time> end = CheckTlsFiles(files_);
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_LE(*end, absl::Now() + absl::Hours(3 * 24));
  EXPECT_GT(*end, absl::Now() + absl::Hours(2 * 24));
}

TEST_F(TlsFilesTest, ACertificateOfOnesOwnMayBeLeftOut) {
  const absl::StatusOr<absl::Time> end = CheckTlsFiles({.authority = files_.authority});
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_EQ(*end, absl::InfiniteFuture());
}

TEST_F(TlsFilesTest, RefusesWhatIsNotThereOrOfAnotherKind) {
  const TlsFiles good = files_;
  files_.authority = "/nowhere/authority.crt";
  ExpectRefused("/nowhere/authority.crt can't be read: No such file or directory");
  files_ = good;
  files_.authority = good.key;
  ExpectRefused("own.key holds no certificate");
  files_ = good;
  files_.certificate = authority_.File("empty.crt", "");
  ExpectRefused("empty.crt holds no certificate");
  files_ = good;
  files_.key = good.certificate;
  ExpectRefused("own.crt holds no private key");
}

TEST_F(TlsFilesTest, RefusesTheKeyOfAnotherCertificate) {
  files_.key = authority_.File("other.key", authority_.Issue("somebody").key);
  ExpectRefused("other.key is not the key of the certificate in ");
}

TEST_F(TlsFilesTest, RefusesAnExpiredCertificate) {
  const testing::KeyPair expired = authority_.Issue("somebody", -1);
  files_.certificate = authority_.File("old.crt", expired.certificate);
  files_.key = authority_.File("old.key", expired.key);
  ExpectRefused("old.crt expired at ");
}

}  // namespace
}  // namespace lockstitch::rpc
