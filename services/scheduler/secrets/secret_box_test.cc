#include "services/scheduler/secrets/secret_box.h"

#include <sys/stat.h>

#include <fstream>
#include <sstream>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/status_matchers.h"
#include "testing/temporary_folder.h"

namespace lockstitch::scheduler {
namespace {

using ::lockstitch::testing::HasReason;
using ::lockstitch::testing::IsOk;
using ::testing::HasSubstr;
using ::testing::Not;

std::string Line(const std::string& name, char filling) {
  return absl::StrCat(name, " ", absl::Base64Escape(std::string(32, filling)), "\n");
}

class SecretBoxTest : public ::testing::Test {
 protected:
  // The file's path.
  std::string Write(const std::string& text, mode_t mode = 0600) {
    const std::string path = folder_.path() + "/keys";
    std::ofstream(path) << text;
    chmod(path.c_str(), mode);
    return path;
  }
  std::string Read() {
    std::ifstream file(folder_.path() + "/keys");
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }

  testing::TemporaryFolder folder_;
};

TEST_F(SecretBoxTest, WhatWasSealedOpensInItsContextAlone) {
  const SecretBox box = *SecretBox::Open(Write(Line("a", 'a')));
  const std::string sealed = box.Seal("correct-horse", "row 1");
  EXPECT_THAT(sealed, Not(HasSubstr("correct-horse")));
  EXPECT_EQ(*box.Unseal(sealed, "row 1"), "correct-horse");
  EXPECT_THAT(box.Unseal(sealed, "row 2"), HasReason(Reason::kInternal));
  EXPECT_EQ(*box.Unseal(box.Seal("", ""), ""), "");
}

TEST_F(SecretBoxTest, TheSameTextIsNeverSealedAlike) {
  const SecretBox box = *SecretBox::Open(Write(Line("a", 'a')));
  EXPECT_NE(box.Seal("text", ""), box.Seal("text", ""));
}

TEST_F(SecretBoxTest, AnyAlteredByteIsNoticed) {
  const SecretBox box = *SecretBox::Open(Write(Line("a", 'a')));
  const std::string sealed = box.Seal("text", "");
  std::string bytes;
  ASSERT_TRUE(absl::Base64Unescape(sealed.substr(2), &bytes));
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string altered = bytes;
    altered[i] ^= 1;
    EXPECT_THAT(box.Unseal("a:" + absl::Base64Escape(altered), ""), HasReason(Reason::kInternal));
  }
  for (const char* torn : {"", "a:", "a", "a:%%", "a:AAAA", ":"})
    EXPECT_THAT(box.Unseal(torn, ""), HasReason(Reason::kInternal)) << torn;
}

TEST_F(SecretBoxTest, ANewKeyOnTopEncryptsAndTheOldOnesStillDecrypt) {
  const std::string old = SecretBox::Open(Write(Line("old", 'o')))->Seal("text", "");
  const SecretBox rotated = *SecretBox::Open(Write(Line("new", 'n') + "\n" + Line("old", 'o')));
  EXPECT_EQ(*rotated.Unseal(old, ""), "text");
  const std::string sealed = rotated.Seal("text", "");
  const SecretBox without_old = *SecretBox::Open(Write(Line("new", 'n')));
  EXPECT_EQ(*without_old.Unseal(sealed, ""), "text");
  const absl::Status lost = without_old.Unseal(old, "").status();
  EXPECT_THAT(lost, HasReason(Reason::kSecretKeyUnknown));
  EXPECT_THAT(std::string(lost.message()), HasSubstr("the key old"));
}

TEST_F(SecretBoxTest, AFileThatOthersMayReadIsRefused) {
  for (const mode_t mode : {0644, 0604, 0620})
    EXPECT_THAT(SecretBox::Open(Write(Line("a", 'a'), mode)),
                HasReason(Reason::kSecretKeysUnreadable));
  EXPECT_THAT(SecretBox::Open(Write(Line("a", 'a'), 0400)), IsOk());
}

TEST_F(SecretBoxTest, AFileThatHasNoKeysIsRefusedWithoutQuotingIt) {
  const std::string secret = absl::Base64Escape(std::string(31, 's'));
  for (const std::string& text :
       {std::string(), std::string("\n"), "a " + secret, secret, std::string("a b c"),
        Line("a", 'a') + Line("a", 'b'), "a:b " + absl::Base64Escape(std::string(32, 'a'))}) {
    const absl::Status status = SecretBox::Open(Write(text)).status();
    EXPECT_THAT(status, HasReason(Reason::kSecretKeysUnreadable)) << text;
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr(secret)));
  }
  EXPECT_THAT(SecretBox::Open(folder_.path() + "/none"), HasReason(Reason::kSecretKeysUnreadable));
  EXPECT_THAT(SecretBox::Open(folder_.path()), HasReason(Reason::kSecretKeysUnreadable));
}

TEST_F(SecretBoxTest, AFileIsMadeOnceWithAKeyOfItsOwn) {
  const std::string path = folder_.path() + "/keys";
  ASSERT_THAT(SecretBox::CreateFile(path), IsOk());
  const std::string made = Read();
  const SecretBox box = *SecretBox::Open(path);
  EXPECT_EQ(*box.Unseal(box.Seal("text", ""), ""), "text");
  ASSERT_THAT(SecretBox::CreateFile(path), IsOk());
  EXPECT_EQ(Read(), made);
  EXPECT_THAT(SecretBox::CreateFile(folder_.path() + "/none/keys"),
              HasReason(Reason::kSecretKeysUnreadable));
}

}  // namespace
}  // namespace lockstitch::scheduler
