#ifndef LOCKSTITCH_RPC_SERVER_FLAGS_H_
#define LOCKSTITCH_RPC_SERVER_FLAGS_H_

#include <optional>
#include <set>
#include <string>

#include "absl/time/time.h"
#include "rpc/tls_files.h"
#include "telemetry/log.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace lockstitch::rpc {

// What a service listens for.
enum class Listener { kGrpc, kMetrics, kHealth };

// The flags that every service has.
struct ServerFlags {
  std::string listen;
  std::string metrics_listen;
  std::string health_listen;  // Empty: health is served at `listen` alone.
  TlsFiles tls;
  std::set<Listener> plaintext;  // Those that may be at any address without TLS.
  // The folder below which the files must lie that connections of callers name; empty: there is
  // none. Unset: anywhere, which can be where all callers are of this machine.
  std::optional<std::string> connection_files;
  telemetry::LogSeverity log_level = telemetry::LogSeverity::kInfo;
  absl::Duration shutdown_grace = absl::Seconds(10);

  bool Plaintext(Listener listener) const { return plaintext.contains(listener); }
};

// Adds them to `app`; each is also read from LOCKSTITCH_ and its name in capitals. The defaults are
// those in `flags`. Listeners that may not be where they are to be are wrong usage.
void AddServerFlags(CLI::App& app, ServerFlags& flags);

// Adds those of the files of TLS. All three belong together for a server; a client may do without a
// certificate of its own.
void AddTlsFlags(CLI::App& app, TlsFiles& files);

// Adds --log-level; as all flags, it is also read from its variable.
void AddLogLevelFlag(CLI::App& app, telemetry::LogSeverity& level, const std::string& default_name);

// Adds a flag that takes a duration such as 90s, 30m, 60d or 1d12h, `least` or more.
CLI::Option* AddDurationFlag(CLI::App& app, const std::string& name, absl::Duration& value,
                             const std::string& help, absl::Duration least = absl::ZeroDuration());

// LOCKSTITCH_ and the flag's name in capitals: the variable that stands in for a flag.
std::string EnvironmentName(const std::string& flag);

// Parses the command line. Prints help and exits with 0, or the problem and exits with 2.
void ParseOrExit(CLI::App& app, int argc, char** argv);

}  // namespace lockstitch::rpc

#endif  // LOCKSTITCH_RPC_SERVER_FLAGS_H_
