#include "rpc/listen_address.h"

#include "gtest/gtest.h"
#include "status/reason.h"

namespace lockstitch::rpc {
namespace {

TEST(ListenAddressTest, LoopbackAndUnixSocketsAreAllowed) {
  for (const char* address :
       {"127.0.0.1:0", "localhost:65535", "[::1]:7000", "unix:/run/x", "unix:x"}) {
    EXPECT_TRUE(CheckListenAddress(address).ok()) << address;
  }
}

TEST(ListenAddressTest, AnythingElseIsRefused) {
  for (const char* address :
       {"0.0.0.0:7000", "[::]:7000", "10.0.0.1:7000", "127.8.8.8:7000", "127.0.0.1", "127.0.0.1:x",
        "127.0.0.1:70000", "127.0.0.1.example:7000", "example.org:7000", ":7000", "unix:", ""}) {
    EXPECT_EQ(ReasonOf(CheckListenAddress(address)), Reason::kListenAddressRefused) << address;
  }
}

}  // namespace
}  // namespace lockstitch::rpc
