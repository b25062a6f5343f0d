#ifndef LOCKSTITCH_ACCESS_GATE_H_
#define LOCKSTITCH_ACCESS_GATE_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "access/audit.h"
#include "access/calls_at_once.h"
#include "access/principal.h"
#include "access/request_limit.h"
#include "access/user_directory.h"

namespace lockstitch::access {

// What a call brings along to show whom it is made by.
struct Credentials {
  bool local = false;                          // In process, or over plaintext within the machine.
  bool plaintext = false;                      // Over a socket without TLS.
  std::vector<std::string> certificate_names;  // Of a verified certificate.
  std::vector<std::string> authorization;      // Every header of this name.
};

// Lets calls into a server. Who presents a token is judged by it alone, wherever the call comes
// from; without one, who is local may everything that a service or an admin may, and who shows a
// certificate what its names may. A server that knows no users and was told to serve plaintext
// elsewhere trusts that network as its services; one that knows users doesn't. Thread-safe.
class Gate {
 public:
  struct Options {
    UserDirectory* users = nullptr;  // None: a server for services alone, which heeds no tokens.
    int requests_per_minute = 0;     // Of each token and certificate; 0 is no limit.
    int calls_at_once = 0;           // The same of those under way.
    AuditSink* audit = nullptr;      // Where changes are told besides the log. Optional.
    std::function<absl::Time()> clock = absl::Now;
  };

  Gate() : Gate(Options()) {}
  // The pointers must outlive it.
  explicit Gate(Options options);

  // Whom the call of `method` (package.Service/Method) is made by. CREDENTIALS_MISSING;
  // TOKEN_INVALID; REQUEST_LIMIT_EXCEEDED, which tells when to try again. May wait for the catalog.
  absl::StatusOr<Principal> Identify(absl::string_view method, const Credentials& credentials);

  // Whether a user may have another call under way, which is to be ended then: else
  // REQUEST_LIMIT_EXCEEDED. Services may have any number.
  absl::Status Begin(const Principal& principal);
  void End(const Principal& principal);

  // Tells of a call that was refused, or has changed something. Of refusals, a minute tells 60 of
  // one principal, and as many of all that nobody knows: how many it left out, the next one says.
  void Audit(AuditEntry entry);

 private:
  absl::StatusOr<Principal> Find(const Credentials& credentials) const;

  const Options options_;
  RequestLimit limit_;
  CallsAtOnce calls_;
  RequestLimit refusals_;
  std::atomic<int64_t> untold_ = 0;
};

}  // namespace lockstitch::access

#endif  // LOCKSTITCH_ACCESS_GATE_H_
