#ifndef LOCKSTITCH_POSTGRES_CONNECTION_URL_H_
#define LOCKSTITCH_POSTGRES_CONNECTION_URL_H_

#include <string>

#include "absl/status/statusor.h"
#include "postgres/parameters.h"

namespace lockstitch::postgres {

// Takes a URL or a keyword string apart. CONNECTION_STRING_INVALID, also where a part of a password
// may have been taken for another part; it quotes nothing but the name of an unknown parameter, and
// that only where it can't be a part of a password.
absl::StatusOr<Parameters> ParseUrl(const std::string& url);

}  // namespace lockstitch::postgres

#endif  // LOCKSTITCH_POSTGRES_CONNECTION_URL_H_
