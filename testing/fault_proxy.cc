#include "testing/fault_proxy.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <iostream>
#include <list>
#include <thread>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"

namespace lockstitch::testing {
namespace {

using Way = FaultProxy::Way;

enum class Fault { kNone, kStall, kSwallowToServer, kSwallowToClient, kRefuse };

// What came in one read. No bytes: the end of the connection.
struct Piece {
  absl::Time due;
  std::string bytes;
};

// One direction of a connection.
struct Lane {
  Way way;
  int from;
  int to;
  std::deque<Piece> pieces;
  size_t held = 0;        // Bytes of `pieces`.
  bool read_all = false;  // `from` has no more.
  bool ended = false;     // `to` has been told so.
};

struct Link {
  int client;
  int server;
  Lane up = {Way::kToServer, client, server};
  Lane down = {Way::kToClient, server, client};
  bool swallowed = false;  // Something is missing from it.
  bool broken = false;     // To be reset.
};

template <typename T>
T Checked(T result, const char* what) {
  if (result >= 0) return result;
  std::cerr << "fault proxy: " << what << ": " << strerror(errno) << std::endl;
  std::abort();
}

sockaddr_in Loopback(int port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  return address;
}

int NewSocket() {
  return Checked(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket");
}

// SO_REUSEPORT lets one socket keep the port while another, that listens, comes and goes.
int Bind(int port) {
  const int descriptor = NewSocket();
  const int on = 1;
  const sockaddr_in address = Loopback(port);
  Checked(setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)), "SO_REUSEPORT");
  Checked(bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), "bind");
  return descriptor;
}

int PortOf(int descriptor) {
  sockaddr_in address;
  socklen_t length = sizeof(address);
  Checked(getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &length), "getsockname");
  return ntohs(address.sin_port);
}

void SendAtOnce(int descriptor) {
  const int on = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

void Close(int descriptor, bool reset) {
  const linger at_once = {.l_onoff = 1, .l_linger = 0};
  if (reset) setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  close(descriptor);
}

}  // namespace

// The thread that carries bytes. What calls want done it does itself, between two polls.
class FaultProxy::Relay {
 public:
  Relay(int server_port, const Options& options)
      : server_port_(server_port),
        most_held_(static_cast<size_t>(options.most_held)),
        reserved_(Bind(options.port)),
        port_(PortOf(reserved_)),
        wake_(Checked(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), "eventfd")) {
    Listen();
    thread_ = std::thread([this] { Run(); });
  }

  ~Relay() {
    Do([this] { stopped_ = true; });
    thread_.join();
    for (const Link& link : links_) Drop(link, /*reset=*/true);
    StopListening();
    close(reserved_);
    close(wake_);
  }

  int port() const { return port_; }
  int64_t connections() const { return connections_; }
  int64_t bytes(Way way) const { return way == Way::kToServer ? up_bytes_ : down_bytes_; }

  void Cut() {
    Do([this] { Break([](const Link&) { return true; }); });
  }

  void Set(Fault fault, absl::Duration delay = absl::ZeroDuration()) {
    Do([this, fault, delay] {
      fault_ = fault;
      delay_ = delay;
      if (fault == Fault::kRefuse) {
        StopListening();
      } else if (listening_ < 0) {
        Listen();
      }
      if (fault == Fault::kNone) Break([](const Link& link) { return link.swallowed; });
    });
  }

 private:
  // Has the thread do it, and waits until it has.
  void Do(const std::function<void()>& command) {
    absl::MutexLock one_caller(&callers_);
    absl::MutexLock lock(&mutex_);
    command_ = &command;
    const uint64_t one = 1;
    Checked(write(wake_, &one, sizeof(one)), "wake");
    mutex_.Await(absl::Condition(
        +[](const std::function<void()>** pending) { return *pending == nullptr; }, &command_));
  }

  void Obey() {
    uint64_t ignored;
    while (read(wake_, &ignored, sizeof(ignored)) > 0) {
    }
    absl::MutexLock lock(&mutex_);
    if (command_ != nullptr) (*command_)();
    command_ = nullptr;
  }

  void Run() {
    while (!stopped_) {
      Poll();
      Obey();
      if (listening_ >= 0) Accept();
      for (Link& link : links_) Serve(link);
      links_.remove_if([](const Link& link) {
        const bool over = link.broken || (link.up.ended && link.down.ended && !link.swallowed);
        if (over) Drop(link, link.broken);
        return over;
      });
    }
  }

  void Listen() {
    listening_ = Bind(port_);
    Checked(listen(listening_, SOMAXCONN), "listen");
  }

  void StopListening() {
    if (listening_ >= 0) close(listening_);
    listening_ = -1;
  }

  template <typename Predicate>
  void Break(Predicate predicate) {
    for (Link& link : links_) link.broken = link.broken || predicate(link);
  }

  static void Drop(const Link& link, bool reset) {
    Close(link.client, reset);
    Close(link.server, reset);
  }

  bool Swallows(const Lane& lane) const {
    return fault_ ==
           (lane.way == Way::kToServer ? Fault::kSwallowToServer : Fault::kSwallowToClient);
  }

  // No more is read from one side than fits before the other has taken some of it.
  bool Reads(const Lane& lane) const {
    return fault_ != Fault::kStall && !lane.read_all && lane.held < most_held_;
  }

  bool Writes(const Lane& lane, absl::Time now) const {
    return fault_ != Fault::kStall && !lane.ended && !lane.pieces.empty() &&
           lane.pieces.front().due <= now;
  }

  // Waits until something can be done. A socket of which nothing is wanted isn't asked, as its end
  // would be told again and again.
  void Poll() const {
    const absl::Time now = absl::Now();
    absl::Time due = absl::InfiniteFuture();
    std::vector<pollfd> sockets = {{.fd = wake_, .events = POLLIN}};
    if (listening_ >= 0) sockets.push_back({.fd = listening_, .events = POLLIN});
    const auto add = [&](int descriptor, const Lane& reading, const Lane& writing) {
      const int events = (Reads(reading) ? POLLIN : 0) | (Writes(writing, now) ? POLLOUT : 0);
      if (events != 0) sockets.push_back({.fd = descriptor, .events = static_cast<short>(events)});
      if (!writing.pieces.empty() && writing.pieces.front().due > now)
        due = std::min(due, writing.pieces.front().due);
    };
    for (const Link& link : links_) {
      add(link.client, link.up, link.down);
      add(link.server, link.down, link.up);
    }
    const timespec wait = absl::ToTimespec(due - now);
    ppoll(sockets.data(), sockets.size(), due == absl::InfiniteFuture() ? nullptr : &wait, nullptr);
  }

  void Accept() {
    int client;
    while ((client = accept4(listening_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
      const int server = NewSocket();
      SendAtOnce(client);
      SendAtOnce(server);
      const sockaddr_in address = Loopback(server_port_);
      const bool failed =
          connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 &&
          errno != EINPROGRESS;
      links_.push_back({.client = client, .server = server, .broken = failed});
      ++connections_;
    }
  }

  void Serve(Link& link) {
    for (Lane* lane : {&link.up, &link.down}) {
      if (!link.broken && Reads(*lane)) Receive(link, *lane);
    }
    for (Lane* lane : {&link.up, &link.down}) {
      while (!link.broken && Writes(*lane, absl::Now()) && Send(link, *lane)) {
      }
    }
  }

  void Receive(Link& link, Lane& lane) {
    char buffer[64 << 10];
    const ssize_t length = read(lane.from, buffer, sizeof(buffer));
    if (length < 0 && (errno == EAGAIN || errno == ENOTCONN)) return;
    if (length <= 0) lane.read_all = true;
    if (Swallows(lane)) {
      link.swallowed = true;
    } else if (length < 0) {
      link.broken = true;
    } else {
      lane.pieces.push_back(
          {absl::Now() + delay_, std::string(buffer, static_cast<size_t>(length))});
      lane.held += static_cast<size_t>(length);
    }
  }

  // False where the receiver takes no more for now.
  bool Send(Link& link, Lane& lane) {
    Piece& piece = lane.pieces.front();
    if (piece.bytes.empty()) {
      shutdown(lane.to, SHUT_WR);
      lane.ended = true;
      return false;
    }
    const ssize_t length = send(lane.to, piece.bytes.data(), piece.bytes.size(), MSG_NOSIGNAL);
    if (length < 0 && errno == EAGAIN) return false;
    if (length < 0) {
      Refused(link, lane);
      return false;
    }
    (lane.way == Way::kToServer ? up_bytes_ : down_bytes_) += length;
    lane.held -= static_cast<size_t>(length);
    piece.bytes.erase(0, static_cast<size_t>(length));
    if (piece.bytes.empty()) lane.pieces.pop_front();
    return true;
  }

  // The receiver is gone. That news goes the other way, where it may be swallowed.
  void Refused(Link& link, Lane& lane) {
    const Lane& back = lane.way == Way::kToServer ? link.down : link.up;
    if (!Swallows(back)) {
      link.broken = true;
      return;
    }
    link.swallowed = true;
    lane.ended = lane.read_all = true;
  }

  const int server_port_;
  const size_t most_held_;
  const int reserved_;  // Keeps the port while nobody listens.
  const int port_;
  const int wake_;
  std::atomic<int64_t> connections_ = 0, up_bytes_ = 0, down_bytes_ = 0;

  absl::Mutex callers_, mutex_;
  const std::function<void()>* command_ ABSL_GUARDED_BY(mutex_) = nullptr;

  // The thread's own, once it runs.
  int listening_ = -1;
  bool stopped_ = false;
  Fault fault_ = Fault::kNone;
  absl::Duration delay_;
  std::list<Link> links_;
  std::thread thread_;
};

FaultProxy::FaultProxy(int server_port, const Options& options)
    : relay_(std::make_unique<Relay>(server_port, options)) {}
FaultProxy::~FaultProxy() = default;

int FaultProxy::port() const { return relay_->port(); }
int64_t FaultProxy::connections() const { return relay_->connections(); }
int64_t FaultProxy::bytes(Way way) const { return relay_->bytes(way); }

void FaultProxy::Pass() { relay_->Set(Fault::kNone); }
void FaultProxy::Cut() { relay_->Cut(); }
void FaultProxy::Stall() { relay_->Set(Fault::kStall); }
void FaultProxy::Delay(absl::Duration delay) { relay_->Set(Fault::kNone, delay); }
void FaultProxy::Refuse() { relay_->Set(Fault::kRefuse); }
void FaultProxy::Swallow(Way way) {
  relay_->Set(way == Way::kToServer ? Fault::kSwallowToServer : Fault::kSwallowToClient);
}

}  // namespace lockstitch::testing
