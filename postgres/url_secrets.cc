#include "postgres/url_secrets.h"

#include <postgresql/libpq-fe.h>

#include <set>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "postgres/connection_handle.h"
#include "postgres/connection_url.h"
#include "status/macros.h"

namespace lockstitch::postgres {
namespace {

// How libpq marks parameters that are not to be shown.
constexpr char kPasswordField = '*';

const std::set<std::string>& SecretKeywords() {
  static const auto* const keywords = [] {
    auto* found = new std::set<std::string>();
    const OptionList options(PQconninfoParse("", nullptr));
    for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
      if (option->dispchar[0] == kPasswordField) found->insert(option->keyword);
    }
    return found;
  }();
  return *keywords;
}

std::string PercentEncoded(absl::string_view text) {
  std::string encoded;
  for (const char c : text) {
    if (absl::ascii_isalnum(c) || absl::StrContains("-._~", absl::string_view(&c, 1))) {
      encoded += c;
    } else {
      absl::StrAppendFormat(&encoded, "%%%02X", static_cast<unsigned char>(c));
    }
  }
  return encoded;
}

std::string Taken(Parameters& parameters, const std::string& keyword) {
  std::string value = ValueOf(parameters, keyword);
  parameters.erase(keyword);
  return value;
}

// What is written in brackets: other names with a colon have it encoded.
bool IsIpv6(absl::string_view host) {
  return absl::StrContains(host, ":") &&
         host.find_first_not_of("0123456789abcdefABCDEF:.") == absl::string_view::npos;
}

// `host:port` of each host; takes them from the parameters unless they can't be written so.
std::string TakeHosts(Parameters& parameters) {
  const std::vector<std::string> hosts = absl::StrSplit(ValueOf(parameters, "host"), ',');
  const std::vector<std::string> ports = absl::StrSplit(ValueOf(parameters, "port"), ',');
  if (hosts.size() != ports.size()) return "";
  std::vector<std::string> places;
  for (size_t i = 0; i < hosts.size(); ++i) {
    const bool ipv6 = IsIpv6(hosts[i]);
    places.push_back(absl::StrCat(ipv6 ? "[" : "", ipv6 ? hosts[i] : PercentEncoded(hosts[i]),
                                  ipv6 ? "]" : "", ports[i].empty() ? "" : ":", ports[i]));
  }
  parameters.erase("host");
  parameters.erase("port");
  return absl::StrJoin(places, ",");
}

std::string AsUrl(Parameters parameters, absl::string_view scheme) {
  std::string url(scheme);
  const std::string user = Taken(parameters, "user");
  const std::string password = Taken(parameters, "password");
  if (!user.empty()) absl::StrAppend(&url, PercentEncoded(user));
  if (!password.empty()) absl::StrAppend(&url, ":", PercentEncoded(password));
  if (!user.empty() || !password.empty()) url += "@";
  url += TakeHosts(parameters);
  const std::string database = Taken(parameters, "dbname");
  if (!database.empty() || !parameters.empty())
    absl::StrAppend(&url, "/", PercentEncoded(database));
  char separator = '?';
  for (const auto& [keyword, value] : parameters) {
    absl::StrAppend(&url, std::string(1, separator), keyword, "=", PercentEncoded(value));
    separator = '&';
  }
  return url;
}

std::string AsKeywords(const Parameters& parameters) {
  return absl::StrJoin(parameters, " ", [](std::string* out, const auto& parameter) {
    absl::StrAppend(out, parameter.first, "='",
                    absl::StrReplaceAll(parameter.second, {{"\\", "\\\\"}, {"'", "\\'"}}), "'");
  });
}

}  // namespace

absl::StatusOr<SplitParameters> SplitUrl(const std::string& url) {
  ASSIGN_OR_RETURN(const Parameters parameters, ParseUrl(url));
  SplitParameters split;
  for (const auto& [keyword, value] : parameters) {
    (SecretKeywords().count(keyword) > 0 ? split.secrets : split.shown)[keyword] = value;
  }
  return split;
}

std::string JoinUrl(const Parameters& parameters, const std::string& like) {
  const absl::StatusOr<Parameters> present = ParseUrl(like);
  if (present.ok() && *present == parameters) return like;
  const size_t scheme = like.find("://");
  const bool url = scheme != std::string::npos && absl::StartsWith(like, "postgres");
  return url ? AsUrl(parameters, like.substr(0, scheme + 3)) : AsKeywords(parameters);
}

}  // namespace lockstitch::postgres
