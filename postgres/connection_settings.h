#ifndef LOCKSTITCH_POSTGRES_CONNECTION_SETTINGS_H_
#define LOCKSTITCH_POSTGRES_CONNECTION_SETTINGS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "lockstitch/v1/integration.pb.h"
#include "postgres/parameters.h"
#include "postgres/tls_settings.h"

namespace lockstitch::postgres {

// One place to try; several are tried in their order.
struct Host {
  std::string name;     // A name, an address or the folder of a socket; empty: libpq's own folder.
  std::string address;  // Spares resolving the name. May be empty.
  std::string port;

  bool is_socket() const;
  // "host:port", or the folder.
  std::string label() const;
};

// What a connection is made with.
struct ConnectionSettings {
  Parameters parameters;    // Without hosts.
  std::vector<Host> hosts;  // At least one.
  absl::Duration timeout;   // For all hosts together; zero if none was set.
  std::string user;
  std::string database;
  TlsSettings tls;
};

// Reads a connection as integration.proto describes it, its files included, anew with each call.
// What the fields and the URL leave open comes from the service, then the environment (PGHOST ...),
// as libpq has it, but for:
//  - Where no sslmode is given, Heroku's hosts get `require`. Those are the endings that Heroku's
//    DATABASE_URLs have: .compute-1.amazonaws.com and .compute.amazonaws.com (ec2-...),
//    .rds.amazonaws.com (newer plans), .heroku.com, .herokuapp.com. Other servers at Amazon that
//    offer no TLS need sslmode=prefer or disable.
//  - A root.crt in the home folder never turns a mode into a stricter one. An authority that is
//    named (sslrootcert) is tested against in every mode, as libpq does, and without a mode means
//    `require`, `system` even verify-full.
//  - verify-ca and verify-full without an authority, or with `system`, take the machine's ones:
//    SSL_CERT_FILE, else the distribution's bundle.
// CONNECTION_STRING_INVALID, CONNECTION_FILE_UNREADABLE; neither quotes what may hold a secret.
absl::StatusOr<ConnectionSettings> ReadConnectionSettings(const v1::PostgresConnection& server);

}  // namespace lockstitch::postgres

#endif  // LOCKSTITCH_POSTGRES_CONNECTION_SETTINGS_H_
