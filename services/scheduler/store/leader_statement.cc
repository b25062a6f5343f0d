#include "services/scheduler/store/leader_statement.h"

#include "absl/strings/str_cat.h"
#include "services/scheduler/store/column_value.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::scheduler {
namespace {

// Who becomes the leader waits for this lock, and where it came first, the row is gone.
constexpr absl::string_view kLead =
    "WITH lead AS (SELECT FROM lockstitch.leadership WHERE term = $1 FOR SHARE), ";

}  // namespace

absl::StatusOr<postgres::Result> RunAsLeader(
    Catalog& catalog, int64_t term, absl::string_view sql,
    const std::vector<postgres::Connection::Parameter>& parameters) {
  std::vector<postgres::Connection::Parameter> all = {NumberValue(term)};
  all.insert(all.end(), parameters.begin(), parameters.end());
  ASSIGN_OR_RETURN(const postgres::SessionPool::Lease session, catalog.Session());
  ASSIGN_OR_RETURN(postgres::Result result, session->Query(absl::StrCat(kLead, sql), all));
  if (!result.Bool(0, 0))
    return Error(Reason::kLeadershipLost, absl::StrCat("another leads after term ", term));
  if (!result.Bool(0, 1))
    return Error(Reason::kLeadershipLost, "what was to be written had ended before");
  return result;
}

}  // namespace lockstitch::scheduler
