#include "testing/fault_proxy.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "absl/time/clock.h"
#include "gtest/gtest.h"

namespace lockstitch::testing {
namespace {

sockaddr_in Loopback(int port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  return address;
}

// One end of a connection, with blocking calls.
class End {
 public:
  explicit End(int descriptor) : descriptor_(descriptor) {}
  End(End&& other) : descriptor_(std::exchange(other.descriptor_, -1)) {}
  ~End() { Close(); }

  void Close() {
    if (descriptor_ >= 0) close(descriptor_);
    descriptor_ = -1;
  }
  void Write(const std::string& bytes) {
    ASSERT_EQ(send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  // So many bytes; "end" or "reset" where the connection ends before.
  std::string Read(size_t size) {
    std::string bytes(size, '\0');
    const ssize_t length = recv(descriptor_, bytes.data(), size, MSG_WAITALL);
    if (length < 0) return errno == ECONNRESET ? "reset" : strerror(errno);
    return length == 0 ? "end" : bytes.substr(0, static_cast<size_t>(length));
  }
  // Nothing has come.
  bool Quiet() {
    pollfd socket = {.fd = descriptor_, .events = POLLIN};
    return poll(&socket, 1, 0) == 0;
  }

 private:
  int descriptor_;
};

class FaultProxyTest : public ::testing::Test {
 protected:
  FaultProxyTest() : listening_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = Loopback(0);
    socklen_t length = sizeof(address);
    EXPECT_EQ(bind(listening_, reinterpret_cast<sockaddr*>(&address), length), 0);
    EXPECT_EQ(listen(listening_, 10), 0);
    EXPECT_EQ(getsockname(listening_, reinterpret_cast<sockaddr*>(&address), &length), 0);
    proxy_ = std::make_unique<FaultProxy>(ntohs(address.sin_port));
  }
  ~FaultProxyTest() { close(listening_); }

  // 0, or the error.
  int TryConnect(int* descriptor) {
    *descriptor = socket(AF_INET, SOCK_STREAM, 0);
    const sockaddr_in address = Loopback(proxy_->port());
    return connect(*descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0
               ? 0
               : errno;
  }

  End Connect() {
    int descriptor;
    EXPECT_EQ(TryConnect(&descriptor), 0);
    return End(descriptor);
  }

  End Accept() { return End(accept(listening_, nullptr, nullptr)); }

  static constexpr auto kToServer = FaultProxy::Way::kToServer;
  static constexpr auto kToClient = FaultProxy::Way::kToClient;

  int listening_;
  std::unique_ptr<FaultProxy> proxy_;
};

TEST_F(FaultProxyTest, PassesBytesAndEndsBothWays) {
  End client = Connect(), server = Accept();
  client.Write("question");
  EXPECT_EQ(server.Read(8), "question");
  server.Write("answer");
  EXPECT_EQ(client.Read(6), "answer");
  client.Close();
  EXPECT_EQ(server.Read(1), "end");
  EXPECT_EQ(proxy_->connections(), 1);
  EXPECT_EQ(proxy_->bytes(kToServer), 8);
  EXPECT_EQ(proxy_->bytes(kToClient), 6);
}

TEST_F(FaultProxyTest, CutResetsWhatIsThereAndNothingElse) {
  End client = Connect(), server = Accept();
  client.Write("x");
  EXPECT_EQ(server.Read(1), "x");
  proxy_->Cut();
  EXPECT_EQ(client.Read(1), "reset");
  EXPECT_EQ(server.Read(1), "reset");
  End next = Connect(), next_server = Accept();
  next.Write("y");
  EXPECT_EQ(next_server.Read(1), "y");
}

TEST_F(FaultProxyTest, AStallHoldsBytesAndEndsUntilItIsOver) {
  End client = Connect(), server = Accept();
  proxy_->Stall();
  client.Write("held");
  server.Write("too");
  client.Close();
  EXPECT_TRUE(server.Quiet());
  proxy_->Stall();  // Has taken turns with what was written.
  EXPECT_TRUE(server.Quiet());
  proxy_->Pass();
  EXPECT_EQ(server.Read(4), "held");
  // What the server had written meets a client that is gone, which the server is told.
  EXPECT_NE(server.Read(1), "x");
}

TEST_F(FaultProxyTest, ADelayTakesItsTimeEachWayAndKeepsTheOrder) {
  const absl::Duration delay = absl::Milliseconds(20);
  End client = Connect(), server = Accept();
  proxy_->Delay(delay);
  const absl::Time begin = absl::Now();
  client.Write("a");
  client.Write("b");
  EXPECT_EQ(server.Read(2), "ab");
  server.Write("c");
  EXPECT_EQ(client.Read(1), "c");
  EXPECT_GE(absl::Now() - begin, 2 * delay);
}

TEST_F(FaultProxyTest, DelayedPiecesPassWithoutDelayBehindThemWhenItIsOver) {
  End client = Connect(), server = Accept();
  proxy_->Delay(absl::Milliseconds(20));
  client.Write("a");
  proxy_->Pass();
  client.Write("b");
  EXPECT_EQ(server.Read(2), "ab");
}

TEST_F(FaultProxyTest, HalfOpenSwallowsOneWayAndIsResetAfterwards) {
  End client = Connect(), server = Accept();
  proxy_->Swallow(kToServer);
  client.Write("lost");
  server.Write("arrives");
  EXPECT_EQ(client.Read(7), "arrives");
  EXPECT_TRUE(server.Quiet());
  client.Close();
  // News of the client's end would come back the way that swallows.
  server.Write("unheard");
  EXPECT_TRUE(server.Quiet());
  proxy_->Pass();
  EXPECT_EQ(server.Read(1), "reset");
  EXPECT_EQ(proxy_->bytes(kToServer), 0);
}

TEST_F(FaultProxyTest, AHalfOpenConnectionThatLostNothingGoesOn) {
  End client = Connect(), server = Accept();
  proxy_->Swallow(kToClient);
  client.Write("x");
  EXPECT_EQ(server.Read(1), "x");
  proxy_->Pass();
  server.Write("y");
  EXPECT_EQ(client.Read(1), "y");
}

TEST_F(FaultProxyTest, RefusesNewConnectionsWhileTheOthersGoOn) {
  End client = Connect(), server = Accept();
  proxy_->Refuse();
  int descriptor;
  EXPECT_EQ(TryConnect(&descriptor), ECONNREFUSED);
  close(descriptor);
  client.Write("x");
  EXPECT_EQ(server.Read(1), "x");
  proxy_->Pass();
  End next = Connect(), next_server = Accept();
  next.Write("y");
  EXPECT_EQ(next_server.Read(1), "y");
}

TEST_F(FaultProxyTest, AServerThatRefusesResetsTheClient) {
  close(listening_);
  End client = Connect();
  EXPECT_EQ(client.Read(1), "reset");
}

TEST_F(FaultProxyTest, CarriesMoreThanAnyBufferHolds) {
  End client = Connect(), server = Accept();
  const std::string much(64 << 20, 'm');
  std::thread writer([&] { client.Write(much); });
  EXPECT_EQ(server.Read(much.size()).size(), much.size());
  writer.join();
}

}  // namespace
}  // namespace lockstitch::testing
