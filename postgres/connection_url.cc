#include "postgres/connection_url.h"

#include <postgresql/libpq-fe.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "postgres/connection_handle.h"
#include "status/reason.h"

namespace lockstitch::postgres {
namespace {

// libpq's words before the name of a parameter that it doesn't know, in a URL and in a keyword
// string.
constexpr absl::string_view kUnknownParameter[] = {"invalid URI query parameter: \"",
                                                   "invalid connection option \""};

struct FreeMessage {
  void operator()(char* message) const { PQfreemem(message); }
};

// Where a password with special characters is not percent-encoded, a part of it is taken for the
// host, the port or the database, and would be told in errors.
bool LooksLikeSecret(absl::string_view keyword, absl::string_view value) {
  if (keyword == "host" || keyword == "hostaddr" || keyword == "dbname")
    return absl::StrContains(value, "@");
  return keyword == "port" && value.find_first_not_of("0123456789,") != absl::string_view::npos;
}

// Whether what stands for a parameter's name may be a part of a password: one in front of an @, or
// one that is a parameter itself.
bool MayHoldPassword(absl::string_view url) {
  const size_t query = url.find('?');
  return absl::StrContains(absl::AsciiStrToLower(url), "password") ||
         (query != absl::string_view::npos && absl::StrContains(url.substr(query), "@"));
}

// The parameter that the parser doesn't know; empty if that isn't it, or can't be told.
absl::string_view UnknownParameter(absl::string_view error, absl::string_view url) {
  error = absl::StripAsciiWhitespace(error);
  if (MayHoldPassword(url) || !absl::ConsumeSuffix(&error, "\"")) return "";
  for (const absl::string_view words : kUnknownParameter) {
    if (!absl::ConsumePrefix(&error, words)) continue;
    const bool name = std::all_of(error.begin(), error.end(),
                                  [](char c) { return absl::ascii_isalpha(c) || c == '_'; });
    return name ? error : "";
  }
  return "";
}

// Without quoting, as the parser's own message does, what may be a part of a password.
absl::Status Unreadable(absl::string_view error, absl::string_view url) {
  const absl::string_view unknown = UnknownParameter(error, url);
  const size_t scheme = url.find("://");
  std::string why;
  if (!unknown.empty()) {
    why = absl::StrCat(": there is no parameter ", unknown);
  } else if (scheme != absl::string_view::npos && !absl::StartsWith(url, "postgres://") &&
             !absl::StartsWith(url, "postgresql://") &&
             url.substr(0, scheme).find('=') == absl::string_view::npos) {
    why = ": it begins with neither postgres:// nor postgresql://";
  }
  return Error(Reason::kConnectionStringInvalid,
               absl::StrCat("the connection string can't be read", why));
}

}  // namespace

absl::StatusOr<Parameters> ParseUrl(const std::string& url) {
  // libpq would read no further.
  if (absl::StrContains(url, '\0')) return Unreadable("", url);
  char* message = nullptr;
  const OptionList options(PQconninfoParse(url.c_str(), &message));
  const std::unique_ptr<char, FreeMessage> error(message);
  if (options == nullptr || (!absl::StrContains(url, "=") && !absl::StrContains(url, "://")))
    return Unreadable(error ? error.get() : "", url);
  Parameters parameters;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val == nullptr) continue;
    if (LooksLikeSecret(option->keyword, option->val)) return Unreadable("", url);
    parameters[option->keyword] = option->val;
  }
  return parameters;
}

}  // namespace lockstitch::postgres
