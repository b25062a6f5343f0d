#ifndef LOCKSTITCH_SERVICES_EXTRACTOR_SOURCE_SNAPSHOT_H_
#define LOCKSTITCH_SERVICES_EXTRACTOR_SOURCE_SNAPSHOT_H_

#include <cstdint>
#include <stop_token>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "lockstitch/v1/catalog.pb.h"
#include "lockstitch/v1/loader.pb.h"
#include "postgres/connection.h"
#include "postgres/session_pool.h"

namespace lockstitch::extractor {

// What was read under a snapshot is void once the session that holds it has ended, of which
// `failure` tells: SNAPSHOT_LOST.
absl::Status SnapshotLost(const absl::Status& failure);

// One state of one table, held still: a read-only repeatable-read transaction that locked the table
// before it took its snapshot, and keeps both to the end. TRUNCATE, VACUUM FULL or a rewriting
// ALTER between two ranges would otherwise empty the later ones without an error.
class Snapshot {
 public:
  // Locks, then describes. `session` is in no transaction. A stop request breaks it off.
  // STREAM_NOT_FOUND; SOURCE_PERMISSION_DENIED; SOURCE_TABLE_LOCKED if the lock can't be had within
  // a minute; SOURCE_TABLE_CHANGED if the table was rewritten in the only moment in which it wasn't
  // locked, which exists where LOCK isn't permitted.
  static absl::StatusOr<Snapshot> Take(postgres::SessionPool::Lease session,
                                       const v1::TableName& name, std::stop_token stop);

  const v1::Table& table() const { return table_; }
  int server_version() const { return session_->server_version(); }
  const v1::SourceIdentity& source() const { return source_; }
  absl::Time taken_at() const { return taken_at_; }
  // Whether other sessions may join: standbys export no snapshots before 10.
  bool shareable() const { return shareable_; }
  // The database's encoding, for example UTF8.
  const std::string& encoding() const { return encoding_; }
  // The session's lc_monetary.
  const std::string& money_locale() const { return money_locale_; }
  // Blocks of the table itself, and bytes with what is kept out of line; 0 where it has none.
  int64_t blocks() const { return blocks_; }
  int64_t bytes() const { return bytes_; }

  // Whether nothing can have changed the table since it was described.
  bool locked() const { return lockable_; }

  // The session that holds everything; it may read a range itself.
  postgres::Connection& connection() { return *session_; }
  // Whether that session has ended. Safe from any thread.
  bool lost() const { return session_->gone(); }
  // Once it has: SOURCE_CONFLICT where the server ended it for a standby's recovery, else
  // `failure`.
  absl::Status WhyLost(const absl::Status& failure);

  // Exports the snapshot, so that others may join.
  absl::Status Share();

  // Another session that sees the same and holds the table's lock itself. Only of a shared
  // snapshot. Where somebody waits for an exclusive lock, the session would wait behind them, and
  // they for this snapshot: after a second it answers an error with SQLSTATE 55P03, and the table
  // is better read without it.
  absl::StatusOr<postgres::SessionPool::Lease> Join(
      postgres::SessionPool& sessions, const postgres::Connection::Options& options) const;

  // Lets go of everything and keeps the session for others. Dropping closes it.
  void End() &&;

 private:
  explicit Snapshot(postgres::SessionPool::Lease session) : session_(std::move(session)) {}
  absl::Status Fill(const v1::TableName& name, std::stop_token stop);
  absl::Status Hold(const v1::TableName& name);
  // Locks the table in the transaction of `connection`; waits for `timeout`, as PostgreSQL writes
  // it.
  absl::Status Lock(postgres::Connection& connection, absl::string_view timeout) const;

  postgres::SessionPool::Lease session_;
  v1::Table table_;
  int64_t blocks_ = 0;
  int64_t bytes_ = 0;
  std::string quoted_name_;
  bool lockable_ = true;
  v1::SourceIdentity source_;
  absl::Time taken_at_;
  bool shareable_ = true;
  std::string encoding_;
  std::string money_locale_;
  std::string exported_;
};

}  // namespace lockstitch::extractor

#endif  // LOCKSTITCH_SERVICES_EXTRACTOR_SOURCE_SNAPSHOT_H_
