#ifndef LOCKSTITCH_ACCESS_TOKEN_H_
#define LOCKSTITCH_ACCESS_TOKEN_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace lockstitch::access {

// A bearer token: `lst_` and 256 random bits in URL-safe base64. Scanners for leaked secrets know
// it by its prefix.
std::string MakeToken();

// Whether `text` may be a token, be it one that somebody made otherwise: 32 to 256 of the
// characters that RFC 6750 allows in one.
bool IsToken(absl::string_view text);

// The token that a file holds, with nothing but white space around it. TOKEN_FILE_UNREADABLE.
absl::StatusOr<std::string> ReadTokenFile(const std::string& path);

// What is kept of a token: its SHA-256 in hexadecimal. Nobody guesses 256 random bits, so that
// neither salt nor a slow hash would add anything. Tokens are found by their hash: what the time
// tells that this takes is of the hash, which leads to no token.
std::string HashOf(absl::string_view token);

// The token of an `authorization` header: "Bearer TOKEN". nullopt for anything else.
std::optional<std::string> TokenOf(absl::string_view authorization);

}  // namespace lockstitch::access

#endif  // LOCKSTITCH_ACCESS_TOKEN_H_
