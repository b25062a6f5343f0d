#ifndef LOCKSTITCH_RPC_RANDOM_ID_H_
#define LOCKSTITCH_RPC_RANDOM_ID_H_

#include <string>

namespace lockstitch::rpc {

// 128 random bits as 32 hexadecimal digits: a name that nobody else draws.
std::string RandomId();

}  // namespace lockstitch::rpc

#endif  // LOCKSTITCH_RPC_RANDOM_ID_H_
