#include <sys/stat.h>

#include <fstream>

#include "services/scheduler/secrets/secret_box.h"
#include "status/reason.h"
#include "testing/fuzz_target.h"
#include "testing/temporary_folder.h"

namespace lockstitch::scheduler {
namespace {

using testing::Require;

const std::string& Folder() {
  static const testing::TemporaryFolder folder;
  return folder.path();
}

const SecretBox& Box() {
  static const SecretBox box = [] {
    const std::string file = Folder() + "/keys";
    Require(SecretBox::CreateFile(file).ok(), "a file of keys is made");
    return *SecretBox::Open(file);
  }();
  return box;
}

// The input as a file of keys.
void TestFile(absl::string_view input) {
  const std::string path = Folder() + "/given";
  std::ofstream(path, std::ios::binary) << input;
  Require(chmod(path.c_str(), 0600) == 0, "the file is there");
  const auto box = SecretBox::Open(path);
  if (!box.ok()) {
    Require(ReasonOf(box.status()) == Reason::kSecretKeysUnreadable, "a reason");
    return;
  }
  const auto opened = box->Unseal(box->Seal("text", "row"), "row");
  Require(opened.ok() && *opened == "text", "keys that were read encrypt and decrypt");
}

FUZZ_TARGET(input) {
  Require(!Box().Unseal(input, "row").ok(), "nobody else seals");
  std::string sealed = Box().Seal(input, "row");
  const auto opened = Box().Unseal(sealed, "row");
  Require(opened.ok() && *opened == input, "what was sealed comes back");
  Require(!Box().Unseal(sealed, "another row").ok(), "it is bound to its row");
  // In the middle of the base64, of which every letter is another one's neighbour.
  char& altered = sealed[sealed.find(':') + 8];
  altered = altered == 'A' ? 'B' : 'A';
  Require(!Box().Unseal(sealed, "row").ok(), "what was altered does not open");
  TestFile(input);
}

}  // namespace
}  // namespace lockstitch::scheduler
