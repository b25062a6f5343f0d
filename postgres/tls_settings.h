#ifndef LOCKSTITCH_POSTGRES_TLS_SETTINGS_H_
#define LOCKSTITCH_POSTGRES_TLS_SETTINGS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lockstitch/v1/integration.pb.h"
#include "postgres/parameters.h"

namespace lockstitch::postgres {

// How a connection is encrypted.
struct TlsSettings {
  std::string mode;                   // As libpq's sslmode.
  std::string root_file;              // As libpq's sslrootcert; never empty.
  bool verifies_certificate = false;  // Whether an authority must have signed the server's.
};

// Puts what `tls` says over the parameters of the connection's URL.
absl::Status AddTls(const v1::Tls& tls, Parameters& parameters);

// Decides what the connection's own parameters, `given`, leave open, by what libpq makes of them
// together with its surroundings, `effective`. `host_demands_tls` makes `require` the least where
// no mode is given. Tests that the files can be read.
absl::StatusOr<TlsSettings> DecideTls(const Parameters& given, const Parameters& effective,
                                      bool host_demands_tls);

}  // namespace lockstitch::postgres

#endif  // LOCKSTITCH_POSTGRES_TLS_SETTINGS_H_
