#ifndef LOCKSTITCH_POSTGRES_SESSION_POOL_H_
#define LOCKSTITCH_POSTGRES_SESSION_POOL_H_

#include <cstddef>
#include <limits>
#include <list>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "postgres/connection.h"

namespace lockstitch::postgres {

// Keeps sessions for those who want the same soon: opening one costs a server many times what a
// statement does. Of as many sessions as are used at once none is opened twice, and never is more
// open than that. Thread-safe; must outlive its leases.
class SessionPool {
 public:
  struct Options {
    size_t most_idle = 16;                    // Of all servers together.
    absl::Duration idle = absl::Seconds(5);   // Kept without use.
    absl::Duration life = absl::Seconds(60);  // Since it was opened, so that passwords, files,
                                              // names and roles of servers are looked up anew.
    size_t most_used = std::numeric_limits<size_t>::max();  // At once; whoever wants more waits.
    // Whether each user gets a session as a new one would be. Users that change nothing of a
    // session save a statement without that.
    bool renew = true;
  };

  // A session in use, from Take to destruction. It is kept then if it is in no transaction, and was
  // neither interrupted nor cancelled, nor broken, and nothing failed in it; else closed. After a
  // failure, so are those that stand for it: their settings are as old as its own, and who mends
  // what the failure told of shall find it mended.
  class Lease {
   public:
    Lease(Lease&&) noexcept = default;
    Lease& operator=(Lease&&) = delete;
    ~Lease();
    Connection& operator*() const { return session_->connection; }
    Connection* operator->() const { return &session_->connection; }

   private:
    friend class SessionPool;
    struct Session {
      std::string key;
      absl::Time opened_at;
      absl::Time idle_since;
      Connection connection;
    };
    Lease(SessionPool* pool, std::unique_ptr<Session> session)
        : pool_(pool), session_(std::move(session)) {}

    SessionPool* pool_;
    std::unique_ptr<Session> session_;
  };

  SessionPool() : SessionPool(Options()) {}
  explicit SessionPool(const Options& options);
  ~SessionPool();
  SessionPool(const SessionPool&) = delete;

  // A session that was opened with the same options but for the name, renewed; else a new one. One
  // that has broken meanwhile is noticed here, and another taken in its place. Whoever holds a
  // session must not wait here for another.
  absl::StatusOr<Lease> Take(const Connection::Options& options);

  // Sessions in use.
  size_t used() const;

 private:
  using Session = Lease::Session;

  std::unique_ptr<Session> TakeIdle(const std::string& key);
  void Keep(std::unique_ptr<Session> session);
  bool IsUsable(Session& session, const Connection::Options& options) const;
  void AwaitTurn();
  void EndTurn();
  bool HasTurn() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return used_ < options_.most_used; }
  // Closes what has been kept for this key.
  void Forget(const std::string& key);
  // Takes out what has been kept for long enough, oldest first.
  std::list<std::unique_ptr<Session>> TakeExpired() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Closes sessions that nobody asks for.
  void Sweep();

  const Options options_;
  mutable absl::Mutex mutex_;
  std::list<std::unique_ptr<Session>> idle_ ABSL_GUARDED_BY(mutex_);  // The longest idle first.
  size_t used_ ABSL_GUARDED_BY(mutex_) = 0;
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread sweeper_;
};

}  // namespace lockstitch::postgres

#endif  // LOCKSTITCH_POSTGRES_SESSION_POOL_H_
