#include "rpc/listen_address.h"

#include <string>

#include "gtest/gtest.h"
#include "status/reason.h"

namespace lockstitch::rpc {
namespace {

TEST(ListenAddressTest, ThisMachineIsLoopbackAndUnixSockets) {
  for (const char* address :
       {"127.0.0.1:0", "localhost:65535", "[::1]:7000", "unix:/run/x", "unix:x"}) {
    EXPECT_TRUE(CheckListenAddress("grpc", address, Reach::kMachine).ok()) << address;
    EXPECT_TRUE(IsLocal(address)) << address;
  }
}

TEST(ListenAddressTest, OtherAddressesAreRefusedUnlessTheyMayBeReached) {
  for (const char* address :
       {"0.0.0.0:7000", "[::]:7000", "10.0.0.1:7000", "127.8.8.8:7000", "127.0.0.1.example:7000",
        "localhost.example:7000", "example.org:7000"}) {
    EXPECT_EQ(ReasonOf(CheckListenAddress("grpc", address, Reach::kMachine)),
              Reason::kListenAddressRefused)
        << address;
    EXPECT_TRUE(CheckListenAddress("grpc", address, Reach::kEverywhere).ok()) << address;
    EXPECT_FALSE(IsLocal(address)) << address;
  }
}

TEST(ListenAddressTest, WhatIsNoAddressIsRefusedAnyhow) {
  for (const char* address : {"127.0.0.1", "127.0.0.1:x", "127.0.0.1:70000", ":7000", "::1:7000",
                              "::7000", "unix:", ""}) {
    for (const Reach allowed : {Reach::kMachine, Reach::kEverywhere}) {
      EXPECT_EQ(ReasonOf(CheckListenAddress("grpc", address, allowed)),
                Reason::kListenAddressRefused)
          << address;
    }
  }
}

}  // namespace
}  // namespace lockstitch::rpc
