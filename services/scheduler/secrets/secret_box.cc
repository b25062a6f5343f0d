#include "services/scheduler/secrets/secret_box.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::scheduler {
namespace {

constexpr size_t kKeyBytes = 32;
constexpr size_t kNonceBytes = 12;
constexpr size_t kTagBytes = 16;

// Between a key's name and what it encrypted: nonce, text and tag, in base64.
constexpr char kNameEnd = ':';

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* cipher) const { EVP_CIPHER_CTX_free(cipher); }
};
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

const unsigned char* Bytes(absl::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* Bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

std::string RandomBytes(size_t count) {
  std::string bytes(count, '\0');
  // Nothing may be encrypted without randomness.
  if (RAND_bytes(Bytes(bytes), static_cast<int>(count)) != 1) std::abort();
  return bytes;
}

absl::Status Unusable(const std::string& path, absl::string_view why) {
  return Error(Reason::kSecretKeysUnreadable, absl::StrCat("the file of keys ", path, " ", why));
}

// As libpq wants private keys: others may read nothing, a group only what root owns.
absl::Status TestMode(const std::string& path) {
  struct stat found = {};
  if (stat(path.c_str(), &found) != 0)
    return Unusable(path, absl::StrCat("can't be read: ", std::strerror(errno)));
  if (!S_ISREG(found.st_mode)) return Unusable(path, "is no file");
  const mode_t allowed = found.st_uid == 0 ? 0740 : 0700;
  if ((found.st_mode & 0777 & ~allowed) != 0)
    return Unusable(path, "may be read or written by others than its owner");
  return absl::OkStatus();
}

bool IsName(absl::string_view name) {
  for (const char c : name) {
    if (!absl::ascii_isalnum(c) && c != '-' && c != '_' && c != '.') return false;
  }
  return !name.empty();
}

}  // namespace

SecretBox::SecretBox(std::string first, std::map<std::string, std::string> keys)
    : first_(std::move(first)), keys_(std::move(keys)) {}

absl::StatusOr<SecretBox> SecretBox::Open(const std::string& path) {
  RETURN_IF_ERROR(TestMode(path));
  std::ifstream file(path);
  std::string first;
  std::map<std::string, std::string> keys;
  int number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    const std::vector<std::string> parts =
        absl::StrSplit(line, absl::ByAnyChar(" \t\r"), absl::SkipEmpty());
    if (parts.empty()) continue;
    std::string key;
    if (parts.size() != 2 || !IsName(parts[0]) || !absl::Base64Unescape(parts[1], &key) ||
        key.size() != kKeyBytes) {
      return Unusable(path, absl::StrCat("has no name and 32 bytes in base64 on line ", number));
    }
    if (!keys.emplace(parts[0], std::move(key)).second)
      return Unusable(path, absl::StrCat("has the key ", parts[0], " twice"));
    if (first.empty()) first = parts[0];
  }
  if (file.bad() || !file.eof()) return Unusable(path, "can't be read");
  if (keys.empty()) return Unusable(path, "has no key");
  return SecretBox(std::move(first), std::move(keys));
}

absl::Status SecretBox::CreateFile(const std::string& path) {
  if (access(path.c_str(), F_OK) == 0) return absl::OkStatus();
  const std::string line = absl::StrCat("key-", absl::BytesToHexString(RandomBytes(4)), " ",
                                        absl::Base64Escape(RandomBytes(kKeyBytes)), "\n");
  // Whole or not at all: under another name first.
  std::string made = path + ".XXXXXX";
  const int descriptor = mkstemp(made.data());
  if (descriptor < 0) return Unusable(path, absl::StrCat("can't be made: ", std::strerror(errno)));
  bool done = write(descriptor, line.data(), line.size()) == static_cast<ssize_t>(line.size()) &&
              fsync(descriptor) == 0;
  int problem = errno;
  close(descriptor);
  if (done && link(made.c_str(), path.c_str()) != 0) {
    problem = errno;
    done = problem == EEXIST;  // Another was faster.
  }
  unlink(made.c_str());
  if (done) return absl::OkStatus();
  return Unusable(path, absl::StrCat("can't be made: ", std::strerror(problem)));
}

std::string SecretBox::Seal(absl::string_view text, absl::string_view context) const {
  const std::string nonce = RandomBytes(kNonceBytes);
  std::string encrypted(text.size(), '\0');
  std::string tag(kTagBytes, '\0');
  const Cipher cipher(EVP_CIPHER_CTX_new());
  int written = 0;
  const bool done =
      EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, Bytes(keys_.at(first_)),
                         Bytes(nonce)) == 1 &&
      EVP_EncryptUpdate(cipher.get(), nullptr, &written, Bytes(context),
                        static_cast<int>(context.size())) == 1 &&
      EVP_EncryptUpdate(cipher.get(), Bytes(encrypted), &written, Bytes(text),
                        static_cast<int>(text.size())) == 1 &&
      EVP_EncryptFinal_ex(cipher.get(), Bytes(encrypted) + encrypted.size(), &written) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, tag.data()) == 1;
  // Only want of memory keeps it from that.
  if (!done) std::abort();
  return absl::StrCat(first_, std::string(1, kNameEnd),
                      absl::Base64Escape(absl::StrCat(nonce, encrypted, tag)));
}

absl::StatusOr<std::string> SecretBox::Unseal(absl::string_view sealed,
                                              absl::string_view context) const {
  const absl::Status altered = Error(Reason::kInternal, "encrypted secrets were altered");
  const size_t name_end = sealed.find(kNameEnd);
  if (name_end == absl::string_view::npos) return altered;
  const std::string name(sealed.substr(0, name_end));
  const auto key = keys_.find(name);
  if (key == keys_.end()) {
    if (!IsName(name)) return altered;
    return Error(Reason::kSecretKeyUnknown, absl::StrCat("secrets were encrypted by the key ", name,
                                                         ", which the file of keys doesn't have"));
  }
  std::string bytes;
  if (!absl::Base64Unescape(sealed.substr(name_end + 1), &bytes) ||
      bytes.size() < kNonceBytes + kTagBytes) {
    return altered;
  }
  std::string tag = bytes.substr(bytes.size() - kTagBytes);
  const absl::string_view encrypted =
      absl::string_view(bytes).substr(kNonceBytes, bytes.size() - kNonceBytes - kTagBytes);
  std::string text(encrypted.size(), '\0');
  const Cipher cipher(EVP_CIPHER_CTX_new());
  int written = 0;
  const bool genuine =
      EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, Bytes(key->second),
                         Bytes(bytes)) == 1 &&
      EVP_DecryptUpdate(cipher.get(), nullptr, &written, Bytes(context),
                        static_cast<int>(context.size())) == 1 &&
      EVP_DecryptUpdate(cipher.get(), Bytes(text), &written, Bytes(encrypted),
                        static_cast<int>(encrypted.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()) == 1 &&
      EVP_DecryptFinal_ex(cipher.get(), Bytes(text) + text.size(), &written) == 1;
  if (!genuine) return altered;
  return text;
}

}  // namespace lockstitch::scheduler
