#ifndef LOCKSTITCH_TESTING_PROTOCOL_PROXY_H_
#define LOCKSTITCH_TESTING_PROTOCOL_PROXY_H_

#include <memory>
#include <set>
#include <string>

#include "testing/protocol_image.h"

namespace lockstitch::testing {

// A gRPC proxy on loopback that makes a peer speak an older protocol: each message of each call
// goes on, either way, without what that protocol does not know, and a call that it does not have
// is answered UNIMPLEMENTED. Streams of either side, metadata, statuses with their details,
// deadlines and cancellation pass.
class ProtocolProxy {
 public:
  // Before the server at `address`. `image` must outlive it.
  ProtocolProxy(const ProtocolImage* image, const std::string& address);
  // Cancels the calls under way.
  ~ProtocolProxy();
  ProtocolProxy(const ProtocolProxy&) = delete;

  // Where clients connect.
  const std::string& address() const;

  // What did not get through so far: fields as "package.Message.number", calls as
  // "/package.Service/Method".
  std::set<std::string> dropped() const;

 private:
  class Service;
  std::unique_ptr<Service> service_;
};

}  // namespace lockstitch::testing

#endif  // LOCKSTITCH_TESTING_PROTOCOL_PROXY_H_
