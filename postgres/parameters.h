#ifndef LOCKSTITCH_POSTGRES_PARAMETERS_H_
#define LOCKSTITCH_POSTGRES_PARAMETERS_H_

#include <map>
#include <string>

namespace lockstitch::postgres {

// libpq's parameters of a connection, by keyword. May hold secrets.
using Parameters = std::map<std::string, std::string>;

// Empty if it isn't given.
inline std::string ValueOf(const Parameters& parameters, const std::string& keyword) {
  const auto found = parameters.find(keyword);
  return found == parameters.end() ? "" : found->second;
}

// An empty value leaves what is there.
inline void Override(Parameters& parameters, const char* keyword, const std::string& value) {
  if (!value.empty()) parameters[keyword] = value;
}

}  // namespace lockstitch::postgres

#endif  // LOCKSTITCH_POSTGRES_PARAMETERS_H_
