#ifndef LOCKSTITCH_SERVICES_EXTRACTOR_SOURCE_SOURCE_MOMENT_H_
#define LOCKSTITCH_SERVICES_EXTRACTOR_SOURCE_SOURCE_MOMENT_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "postgres/connection.h"

namespace lockstitch::extractor {

// What a source's clock and sessions say just before a snapshot is taken. Times are timestamptz as
// text.
struct SourceMoment {
  // The clock; a standby's shows how far it has replayed its primary.
  std::string clock;
  // No transaction that commits after this moment had a now() before it. Unset where that can't be
  // known.
  std::optional<std::string> horizon;
  // Why it can't, for people; empty where it is.
  std::string unknown;
};

// Must come before the snapshot's transaction, outside of any: in this order, the clock, then the
// sessions of the database, then its prepared transactions, each by a statement of its own (of one
// message, in which nothing has been asked before). Read
// otherwise, a transaction could slip through. Sessions that don't write rows don't count: the
// caller's, replication's, autovacuum's.
absl::StatusOr<SourceMoment> ReadSourceMoment(postgres::Connection& source);

}  // namespace lockstitch::extractor

#endif  // LOCKSTITCH_SERVICES_EXTRACTOR_SOURCE_SOURCE_MOMENT_H_
