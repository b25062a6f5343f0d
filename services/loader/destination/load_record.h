#ifndef LOCKSTITCH_SERVICES_LOADER_DESTINATION_LOAD_RECORD_H_
#define LOCKSTITCH_SERVICES_LOADER_DESTINATION_LOAD_RECORD_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lockstitch/v1/loader.pb.h"
#include "postgres/connection.h"
#include "services/loader/destination/stream_state.h"

namespace lockstitch::loader {

// What _lockstitch keeps of a load. Every function runs within a transaction of the caller's that
// has locked the stream's row. What returns nothing writes with the next statement, the commit at
// the latest.
struct LoadRecord {
  int64_t stream_id = 0;
  int64_t load_id = 0;  // The fence that opened it.
  int64_t fence = 0;    // Its present owner's, like the next two.
  std::string run_id;
  std::string extraction_id;
  bool open = false;
  std::string load_table;  // In the schema _lockstitch; empty in mode CHANGES.
  int64_t load_oid = 0;
  std::string destination_table;
  std::vector<std::string> key_columns;  // Empty: the table gets no key.
  v1::ReplicationMethod method = v1::REPLICATION_METHOD_FULL_TABLE;
  v1::SourceIdentity source;  // Of the present owner's snapshot.
  v1::LoadPlan plan;          // But for its ranges, which have records of their own.
};

void InsertLoad(postgres::Connection& connection, const LoadRecord& load);

// Asks for the load that this fence owns, if it has begun, and reads it from the answer.
postgres::Connection::Statement AskForLoad(int64_t fence);
absl::StatusOr<std::optional<LoadRecord>> LoadOf(const StreamState& state,
                                                 const postgres::Result& answer);

// The load whose plan the destination table was last made or altered for: the last one that was
// published, or a later one of changes, however it ended.
absl::StatusOr<std::optional<LoadRecord>> LastStanding(postgres::Connection& connection,
                                                       const StreamState& state);

struct LastLoads {
  std::optional<LoadRecord> standing;   // As above.
  std::optional<LoadRecord> published;  // Whose settings the table's rows were last read by to the
                                        // end.
};
absl::StatusOr<LastLoads> ReadLastLoads(postgres::Connection& connection, const StreamState& state);

// The stream's last load if it is an unfinished first one of an incremental stream, whose table is
// there.
absl::StatusOr<std::optional<LoadRecord>> UnfinishedFirstLoad(postgres::Connection& connection,
                                                              const StreamState& state);

// Makes the claim the load's owner, its source's position the load's.
absl::Status TakeOver(postgres::Connection& connection, const v1::Claim& claim,
                      const v1::SourceIdentity& source, LoadRecord* load);

// Tables of other loads of the stream that go on no more.
struct Leftover {
  std::string load_table;
  int64_t load_oid = 0;
};
// Asks for them, and reads them from the answer.
postgres::Connection::Statement AskForLeftovers(const LoadRecord& load);
std::vector<Leftover> LeftoversOf(const postgres::Result& answer);

// 'published' or 'aborted', for good.
void EndLoad(postgres::Connection& connection, const LoadRecord& load, absl::string_view state);

// Keeps the plan and the key of a load, where they aren't what it began with.
absl::Status StorePlan(postgres::Connection& connection, const LoadRecord& load);

// Every open load of the stream but this one is 'superseded', for good.
void EndOtherLoads(postgres::Connection& connection, const LoadRecord& load);

// Stores what a published load leaves behind in the stream's row, and removes records older than 30
// days.
struct Published {
  int64_t destination_oid = 0;
  int64_t table_version = 0;
  std::optional<std::string> bookmark;
};
void RecordPublished(postgres::Connection& connection, const LoadRecord& load,
                     const Published& published);

}  // namespace lockstitch::loader

#endif  // LOCKSTITCH_SERVICES_LOADER_DESTINATION_LOAD_RECORD_H_
