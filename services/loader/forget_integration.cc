#include "services/loader/forget_integration.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "failpoint/failpoint.h"
#include "postgres/sqlstate.h"
#include "rpc/retry.h"
#include "schema/destination_names.h"
#include "services/loader/destination/forgotten_streams.h"
#include "services/loader/destination/load_table.h"
#include "status/macros.h"
#include "status/reason.h"

namespace lockstitch::loader {
namespace {

using postgres::Connection;

// Between attempts at a table readers of it come and go undisturbed.
constexpr rpc::RetryPolicy kDropPolicy = {.first = absl::Milliseconds(200),
                                          .most = absl::Seconds(5)};

v1::StreamTarget TargetOf(const v1::ForgetIntegrationRequest& request, const v1::TableName& table) {
  v1::StreamTarget target;
  target.set_integration(request.integration());
  *target.mutable_table() = table;
  return target;
}

v1::KeptTable Kept(const std::string& table, const absl::Status& failure,
                   absl::string_view afterwards) {
  const Explanation why = Explain(failure);
  v1::KeptTable kept;
  kept.set_table(table);
  kept.set_reason(why.reason);
  kept.set_message(why.message);
  kept.set_remedy(absl::StrCat(why.remedy, " ", afterwards));
  return kept;
}

void DropLoadTables(Connection& connection, const std::vector<Leftover>& tables,
                    v1::ForgottenIntegration* forgotten) {
  for (const Leftover& table : tables) {
    const absl::Status dropped = DropLoadTable(connection, table.load_table, table.load_oid);
    if (dropped.ok()) continue;
    *forgotten->add_kept() = Kept(absl::StrCat(schema::kStateSchema, ".", table.load_table),
                                  dropped, "Then run lockstitch clean.");
  }
}

absl::StatusOr<bool> DropWithPatience(Connection& connection, const v1::StreamTarget& target,
                                      const ForgetOptions& options) {
  absl::StatusOr<bool> dropped = Error(Reason::kShuttingDown, "the loader is shutting down");
  for (int attempt = 1; rpc::WaitBeforeAttempt(kDropPolicy, attempt, options.stop); ++attempt) {
    dropped = DropDestinationTable(connection, target);
    if (postgres::SqlStateOf(dropped.status()) != postgres::kLockNotAvailable ||
        absl::Now() >= options.deadline)
      break;
  }
  return dropped;
}

absl::Status DropTables(Connection& connection, const v1::ForgetIntegrationRequest& request,
                        const std::string& schema, const std::vector<ForgottenStream>& streams,
                        const ForgetOptions& options, v1::ForgottenIntegration* forgotten) {
  for (const ForgottenStream& stream : streams) {
    if (stream.destination_table.empty()) continue;
    const std::string table = absl::StrCat(schema, ".", stream.destination_table);
    const absl::StatusOr<bool> dropped =
        DropWithPatience(connection, TargetOf(request, stream.table), options);
    if (options.stop.stop_requested())
      return Error(Reason::kShuttingDown, "the loader is shutting down");
    if (dropped.ok() && *dropped) forgotten->add_dropped(table);
    if (dropped.ok()) continue;
    // A session that is gone says nothing about the table.
    if (ReasonOf(dropped.status()) == Reason::kConnectionLost) return dropped.status();
    *forgotten->add_kept() =
        Kept(table, dropped.status(), "Then drop the table, which Lockstitch knows no more.");
  }
  // What else is in the schema keeps it, or who owns it.
  const absl::StatusOr<bool> gone = DropEmptySchema(connection, schema);
  if (gone.ok() && *gone) forgotten->set_dropped_schema(schema);
  return absl::OkStatus();
}

// What is there, and so what would go.
v1::ForgottenIntegration Describe(const v1::ForgetIntegrationRequest& request,
                                  const std::string& schema,
                                  const std::vector<ForgottenStream>& streams) {
  v1::ForgottenIntegration forgotten;
  for (const ForgottenStream& stream : streams) {
    if (!stream.open_run.empty()) forgotten.add_ended_runs(stream.open_run);
    if (stream.destination_table.empty()) continue;
    forgotten.add_tables(absl::StrCat(schema, ".", stream.destination_table));
  }
  if (request.dry_run() && request.drop_tables()) *forgotten.mutable_dropped() = forgotten.tables();
  return forgotten;
}

}  // namespace

absl::StatusOr<v1::ForgottenIntegration> ForgetIntegration(
    Connection& connection, const v1::ForgetIntegrationRequest& request,
    const ForgetOptions& options) {
  ASSIGN_OR_RETURN(const std::string schema, schema::DestinationSchema(request.integration()));
  ASSIGN_OR_RETURN(const std::string uid, FindIntegration(connection, schema, request));
  ASSIGN_OR_RETURN(std::vector<ForgottenStream> streams, StreamsOf(connection, uid));
  v1::ForgottenIntegration forgotten = Describe(request, schema, streams);
  if (request.dry_run()) return forgotten;

  // All runs first, so that none goes on while tables are dropped.
  for (const ForgottenStream& stream : streams)
    RETURN_IF_ERROR(FenceOut(connection, TargetOf(request, stream.table)));
  Failpoint("loader.integration.fenced");
  const google::protobuf::RepeatedPtrField<std::string> ended = forgotten.ended_runs();
  // Until it was fenced out, a run may have published.
  ASSIGN_OR_RETURN(streams, StreamsOf(connection, uid));
  forgotten = Describe(request, schema, streams);
  *forgotten.mutable_ended_runs() = ended;
  ASSIGN_OR_RETURN(const std::vector<Leftover> load_tables, LoadTablesOf(connection, uid));
  DropLoadTables(connection, load_tables, &forgotten);
  if (request.drop_tables())
    RETURN_IF_ERROR(DropTables(connection, request, schema, streams, options, &forgotten));
  Failpoint("loader.integration.dropped");
  RETURN_IF_ERROR(RemoveIntegration(connection, uid));
  return forgotten;
}

}  // namespace lockstitch::loader
