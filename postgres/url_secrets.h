#ifndef LOCKSTITCH_POSTGRES_URL_SECRETS_H_
#define LOCKSTITCH_POSTGRES_URL_SECRETS_H_

#include <string>

#include "absl/status/statusor.h"
#include "postgres/parameters.h"

namespace lockstitch::postgres {

// The parameters that libpq itself holds for secrets, such as `password`, and the others.
struct SplitParameters {
  Parameters shown;
  Parameters secrets;
};

// Takes a connection string apart. CONNECTION_STRING_INVALID as ParseUrl.
absl::StatusOr<SplitParameters> SplitUrl(const std::string& url);

// A connection string of these parameters, in the form that `like` has: a URL, or keywords and
// values. `like` itself where it says the same.
std::string JoinUrl(const Parameters& parameters, const std::string& like);

}  // namespace lockstitch::postgres

#endif  // LOCKSTITCH_POSTGRES_URL_SECRETS_H_
