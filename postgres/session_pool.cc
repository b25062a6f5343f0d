#include "postgres/session_pool.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "postgres/quote.h"
#include "status/macros.h"

namespace lockstitch::postgres {
namespace {

// What sessions must agree in to stand for each other.
std::string KeyOf(const Connection::Options& options) {
  std::string key = absl::StrCat(SideName(options.side), " ", absl::FormatDuration(options.timeout),
                                 " ", absl::FormatDuration(options.patience), " ");
  for (const auto& [name, value] : options.settings)
    absl::StrAppend(&key, QuoteLiteral(name), QuoteLiteral(value));
  return absl::StrCat(key, " ", options.server.SerializeAsString());
}

}  // namespace

SessionPool::Lease::~Lease() {
  if (session_ == nullptr) return;
  if (session_->connection.reusable()) {
    pool_->Keep(std::move(session_));
  } else if (session_->connection.failed()) {
    pool_->Forget(session_->key);
  }
  session_.reset();  // Before another is opened in its place.
  pool_->EndTurn();
}

SessionPool::SessionPool(const Options& options)
    : options_(options), sweeper_([this] { Sweep(); }) {}

SessionPool::~SessionPool() {
  {
    absl::MutexLock lock(&mutex_);
    ending_ = true;
  }
  sweeper_.join();
}

absl::StatusOr<SessionPool::Lease> SessionPool::Take(const Connection::Options& options) {
  std::string key = KeyOf(options);
  AwaitTurn();
  while (std::unique_ptr<Session> session = TakeIdle(key)) {
    if (IsUsable(*session, options)) return Lease(this, std::move(session));
  }
  const absl::Time opened_at = absl::Now();
  absl::StatusOr<Connection> connection = Connection::Open(options);
  if (!connection.ok()) {
    EndTurn();
    return connection.status();
  }
  return Lease(this, std::make_unique<Session>(Session{.key = std::move(key),
                                                       .opened_at = opened_at,
                                                       .connection = *std::move(connection)}));
}

size_t SessionPool::used() const {
  absl::MutexLock lock(&mutex_);
  return used_;
}

bool SessionPool::IsUsable(Session& session, const Connection::Options& options) const {
  return options_.renew ? session.connection.Renew(options).ok() : session.connection.silent();
}

void SessionPool::AwaitTurn() {
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(this, &SessionPool::HasTurn));
  ++used_;
}

void SessionPool::EndTurn() {
  absl::MutexLock lock(&mutex_);
  --used_;
}

std::unique_ptr<SessionPool::Session> SessionPool::TakeIdle(const std::string& key) {
  std::list<std::unique_ptr<Session>> expired;  // Closed without the lock.
  absl::MutexLock lock(&mutex_);
  expired = TakeExpired();
  const auto found = std::find_if(idle_.rbegin(), idle_.rend(),
                                  [&](const auto& session) { return session->key == key; });
  if (found == idle_.rend()) return nullptr;
  std::unique_ptr<Session> session = std::move(*found);
  idle_.erase(std::next(found).base());
  return session;
}

void SessionPool::Keep(std::unique_ptr<Session> session) {
  std::unique_ptr<Session> surplus;
  session->idle_since = absl::Now();
  absl::MutexLock lock(&mutex_);
  idle_.push_back(std::move(session));
  if (idle_.size() <= options_.most_idle) return;
  surplus = std::move(idle_.front());
  idle_.pop_front();
}

void SessionPool::Forget(const std::string& key) {
  std::list<std::unique_ptr<Session>> forgotten;  // Closed without the lock.
  absl::MutexLock lock(&mutex_);
  for (auto session = idle_.begin(); session != idle_.end();) {
    const auto next = std::next(session);
    if ((*session)->key == key) forgotten.splice(forgotten.end(), idle_, session);
    session = next;
  }
}

std::list<std::unique_ptr<SessionPool::Session>> SessionPool::TakeExpired() {
  std::list<std::unique_ptr<Session>> expired;
  const absl::Time now = absl::Now();
  for (auto session = idle_.begin(); session != idle_.end();) {
    const bool due = now - (*session)->idle_since >= options_.idle ||
                     now - (*session)->opened_at >= options_.life;
    const auto next = std::next(session);
    if (due) expired.splice(expired.end(), idle_, session);
    session = next;
  }
  return expired;
}

void SessionPool::Sweep() {
  bool ending = false;
  while (!ending) {
    std::list<std::unique_ptr<Session>> expired;
    absl::MutexLock lock(&mutex_);
    mutex_.AwaitWithTimeout(absl::Condition(&ending_), options_.idle / 2);
    expired = TakeExpired();
    ending = ending_;
  }
}

}  // namespace lockstitch::postgres
