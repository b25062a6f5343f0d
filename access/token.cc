#include "access/token.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "status/reason.h"

namespace lockstitch::access {
namespace {

constexpr absl::string_view kPrefix = "lst_";
constexpr absl::string_view kScheme = "bearer ";
constexpr size_t kRandomBytes = 32;
constexpr size_t kShortest = 32;
constexpr size_t kLongest = 256;

absl::Status Unreadable(const std::string& path, absl::string_view why) {
  return Error(Reason::kTokenFileUnreadable, absl::StrCat("the token file ", path, " ", why));
}

}  // namespace

std::string MakeToken() {
  unsigned char random[kRandomBytes];
  // No token may be made without randomness.
  if (RAND_bytes(random, sizeof(random)) != 1) std::abort();
  return absl::StrCat(kPrefix, absl::WebSafeBase64Escape(absl::string_view(
                                   reinterpret_cast<const char*>(random), sizeof(random))));
}

bool IsToken(absl::string_view text) {
  return text.size() >= kShortest && text.size() <= kLongest &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isalnum(c) || absl::StrContains("-._~+/=", c);
         });
}

absl::StatusOr<std::string> ReadTokenFile(const std::string& path) {
  std::ifstream file(path);
  std::stringstream content;
  if (!file || !(content << file.rdbuf())) return Unreadable(path, "can't be read");
  const std::string token(absl::StripAsciiWhitespace(content.str()));
  if (!IsToken(token)) return Unreadable(path, "holds no token");
  return token;
}

std::string HashOf(absl::string_view token) {
  unsigned char hash[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (EVP_Digest(token.data(), token.size(), hash, &size, EVP_sha256(), nullptr) != 1) std::abort();
  return absl::BytesToHexString(absl::string_view(reinterpret_cast<const char*>(hash), size));
}

std::optional<std::string> TokenOf(absl::string_view authorization) {
  if (!absl::StartsWithIgnoreCase(authorization, kScheme)) return std::nullopt;
  const absl::string_view token = absl::StripAsciiWhitespace(authorization.substr(kScheme.size()));
  if (!IsToken(token)) return std::nullopt;
  return std::string(token);
}

}  // namespace lockstitch::access
