#ifndef LOCKSTITCH_POSTGRES_APPLICATION_NAME_H_
#define LOCKSTITCH_POSTGRES_APPLICATION_NAME_H_

#include <string>

#include "absl/strings/string_view.h"

namespace lockstitch::postgres {

// What a session's application_name tells: "lockstitch <service> <run> <stream>", the run by the
// first eight characters of its id, so that the stream has room in the 63 bytes that a server
// keeps. Cut between characters.
std::string ApplicationName(absl::string_view service, absl::string_view run_id,
                            absl::string_view stream);

}  // namespace lockstitch::postgres

#endif  // LOCKSTITCH_POSTGRES_APPLICATION_NAME_H_
