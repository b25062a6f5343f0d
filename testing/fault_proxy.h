#ifndef LOCKSTITCH_TESTING_FAULT_PROXY_H_
#define LOCKSTITCH_TESTING_FAULT_PROXY_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/time/time.h"

namespace lockstitch::testing {

// A TCP proxy on loopback, between clients and one server on loopback, that does to their
// connections what networks do. Each call below returns once its fault is in effect for the
// connections there are and those that come, takes the place of the fault before, and may come from
// any thread. Where the server refuses a connection, the client's is reset.
class FaultProxy {
 public:
  // Which way bytes go.
  enum class Way { kToServer, kToClient };

  struct Options {
    int port = 0;                  // Where clients connect, on 127.0.0.1. 0: a free one.
    int64_t most_held = 16 << 20;  // Bytes, each way of a connection: then no more are read.
  };

  // Before the server at 127.0.0.1:`server_port`.
  explicit FaultProxy(int server_port) : FaultProxy(server_port, Options()) {}
  FaultProxy(int server_port, const Options& options);
  ~FaultProxy();
  FaultProxy(const FaultProxy&) = delete;

  // Where clients connect, on 127.0.0.1.
  int port() const;
  std::string address() const { return "127.0.0.1:" + std::to_string(port()); }

  // No fault: bytes pass as they come, those that were held first. Connections of which bytes were
  // swallowed are reset, since they can't go on.
  void Pass();

  // Resets every connection there is. The one call that leaves the present fault as it is.
  void Cut();

  // Holds bytes and ends of connections, both ways.
  void Stall();

  // Passes each piece so long after it came; a round trip takes twice as long.
  void Delay(absl::Duration delay);

  // Half-open: swallows what goes that way, ends of connections as well.
  void Swallow(Way way);

  // Refuses new connections; those there are go on.
  void Refuse();

  // Connections accepted, and bytes passed on, since the beginning.
  int64_t connections() const;
  int64_t bytes(Way way) const;

 private:
  class Relay;
  std::unique_ptr<Relay> relay_;
};

}  // namespace lockstitch::testing

#endif  // LOCKSTITCH_TESTING_FAULT_PROXY_H_
