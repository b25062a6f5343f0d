#include "services/loader/destination/destination_table.h"

#include "absl/strings/str_cat.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::loader {
namespace {

// $1 schema, $2 table. Whatever has the name, be it a table, a view or an index.
constexpr absl::string_view kFind =
    "SELECT c.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = "
    "c.relnamespace "
    "WHERE n.nspname = $1 AND c.relname = $2";

}  // namespace

absl::StatusOr<int64_t> FindDestinationTable(postgres::Connection& connection,
                                             const StreamState& state, const std::string& table) {
  ASSIGN_OR_RETURN(const postgres::Result found, connection.Query(kFind, {state.schema, table}));
  if (found.empty()) return 0;
  if (state.destination_table == table && found.Int(0, 0) == state.destination_oid)
    return found.Int(0, 0);
  return Error(Reason::kDestinationTableNotOurs,
               absl::StrCat("the destination has a table ", state.schema, ".", table,
                            " that this stream did not make"));
}

}  // namespace lockstitch::loader
