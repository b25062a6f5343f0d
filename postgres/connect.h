#ifndef LOCKSTITCH_POSTGRES_CONNECT_H_
#define LOCKSTITCH_POSTGRES_CONNECT_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "postgres/connection_handle.h"
#include "postgres/connection_settings.h"
#include "postgres/sqlstate.h"

namespace lockstitch::postgres {

// How far connecting to the last host tried has come, and how long each part took.
struct ConnectTrace {
  std::string host;  // Its label.
  bool socket = false;
  bool reached = false;
  absl::Duration reaching;
  bool encrypted = false;   // A TLS session came about, also if it ended at once.
  std::string tls_problem;  // Why it went on without TLS, where that was tried.
  std::string protocol;     // For example TLSv1.3
  std::string cipher;
  absl::Duration encrypting;
  absl::Duration authenticating;
};

// Connects to the first host that lets it, within `timeout` for all of them: each may take its
// share of what is left. A host that refuses (a wrong password, no such database, no TLS) ends the
// search as it does in libpq; one that can't be reached, is starting, or isn't what
// target_session_attrs asks for, doesn't. `trace` may be null. Resolving a name isn't bounded.
absl::StatusOr<ConnectionHandle> Connect(const ConnectionSettings& settings,
                                         const std::string& application_name,
                                         absl::Duration timeout, Side side, ConnectTrace* trace);

}  // namespace lockstitch::postgres

#endif  // LOCKSTITCH_POSTGRES_CONNECT_H_
