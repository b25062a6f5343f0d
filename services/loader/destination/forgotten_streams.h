#ifndef LOCKSTITCH_SERVICES_LOADER_DESTINATION_FORGOTTEN_STREAMS_H_
#define LOCKSTITCH_SERVICES_LOADER_DESTINATION_FORGOTTEN_STREAMS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lockstitch/v1/loader.pb.h"
#include "postgres/connection.h"
#include "services/loader/destination/load_record.h"

namespace lockstitch::loader {

// What the state keeps of an integration that is being forgotten.

// The uid of the integration that has the destination schema. INTEGRATION_NOT_FOUND names those
// that there are; DESTINATION_SCHEMA_TAKEN if its name, or its uid where one is wanted, is another.
absl::StatusOr<std::string> FindIntegration(postgres::Connection& connection,
                                            const std::string& schema,
                                            const v1::ForgetIntegrationRequest& request);

// One of its streams.
struct ForgottenStream {
  v1::TableName table;            // At the source.
  std::string destination_table;  // As it was published last, if that is there; empty otherwise.
  std::string open_run;           // The run that has not ended; empty if all have.
};

// All of them, by the names of their destination tables.
absl::StatusOr<std::vector<ForgottenStream>> StreamsOf(postgres::Connection& connection,
                                                       const std::string& uid);

// Keeps every run of the stream from writing: whoever has a fence has an old one, and open loads
// are ended. Waits for a commit under way, and ends the sessions of one that takes too long.
absl::Status FenceOut(postgres::Connection& connection, const v1::StreamTarget& target);

// The tables of unfinished loads.
absl::StatusOr<std::vector<Leftover>> LoadTablesOf(postgres::Connection& connection,
                                                   const std::string& uid);

// Drops the stream's destination table in a transaction of its own, if it is still the one that was
// published, and answers whether it was. Waits a second at most for each lock; nothing that depends
// on the table is dropped with it: DESTINATION_TABLE_IN_USE.
absl::StatusOr<bool> DropDestinationTable(postgres::Connection& connection,
                                          const v1::StreamTarget& target);

// Drops the schema unless something is in it; answers whether it was dropped.
absl::StatusOr<bool> DropEmptySchema(postgres::Connection& connection, const std::string& schema);

// Removes every row about the integration, those of streams included that came while it was being
// forgotten, in a transaction of its own.
absl::Status RemoveIntegration(postgres::Connection& connection, const std::string& uid);

}  // namespace lockstitch::loader

#endif  // LOCKSTITCH_SERVICES_LOADER_DESTINATION_FORGOTTEN_STREAMS_H_
