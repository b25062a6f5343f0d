#ifndef LOCKSTITCH_RPC_REQUESTED_RESOURCE_H_
#define LOCKSTITCH_RPC_REQUESTED_RESOURCE_H_

#include <google/protobuf/message.h>

#include <string>

namespace lockstitch::rpc {

// What a request is about.
struct RequestedResource {
  // Its `name` or `parent`; of what is to be made the id that it gets, `integrations/shop`, or else
  // its name. Empty if it names nothing.
  std::string name;
  // Whether it wants to know alone what would be done (`validate_only`, `dry_run`).
  bool dry_run = false;
};

// Reads nothing else of the request, which may hold secrets.
RequestedResource ResourceOf(const google::protobuf::Message& request);

}  // namespace lockstitch::rpc

#endif  // LOCKSTITCH_RPC_REQUESTED_RESOURCE_H_
