#ifndef LOCKSTITCH_SERVICES_SCHEDULER_STORE_LEADER_STATEMENT_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_STORE_LEADER_STATEMENT_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "postgres/connection.h"
#include "services/scheduler/store/catalog.h"

namespace lockstitch::scheduler {

// Runs one statement, and so one transaction, as the leader of `term`. `sql` stands behind
// `WITH lead AS (...),`, of which there is a row only while nobody leads later: whatever it writes
// it joins with `lead`. $1 is the term, $2 and so on the parameters. Its answer begins with the
// columns `EXISTS (SELECT FROM lead)` and whether what it is about was there in a legal state;
// LEADERSHIP_LOST unless both are true.
absl::StatusOr<postgres::Result> RunAsLeader(
    Catalog& catalog, int64_t term, absl::string_view sql,
    const std::vector<postgres::Connection::Parameter>& parameters);

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_STORE_LEADER_STATEMENT_H_
