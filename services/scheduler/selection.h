#ifndef LOCKSTITCH_SERVICES_SCHEDULER_SELECTION_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_SELECTION_H_

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "lockstitch/v1/catalog.pb.h"
#include "lockstitch/v1/integration.pb.h"
#include "lockstitch/v1/loader.pb.h"

namespace lockstitch::scheduler {

// Every problem that the integration has by itself: its name, its connections, its patterns, the
// names of its streams, how many of them run at once. Empty if there is none.
std::vector<std::string> TestIntegration(const v1::Integration& integration);

// Whether `streams` selects any by its name. Without patterns those replicate alone; where it
// selects none, every table does.
bool SelectsByName(const v1::Integration& integration);

// One stream that an integration selects.
struct SelectedStream {
  // With its name in full, its method decided, and the integration's resets added to its own.
  v1::StreamSettings settings;
  v1::TableName table;
  bool by_pattern = false;           // Rather than by name.
  bool readable = true;              // Whether it exists and nothing keeps it from being read.
  std::string destination_table;     // By NameStreams; empty where its name is a problem.
  std::vector<std::string> columns;  // In the table's order.
  std::vector<std::string> key;      // Columns of the key that the destination gets.
  std::vector<std::string> notes;    // What its user should know.
  int64_t size_bytes = 0;
  // What its settings may name though it is gone: what its last load knew, or its settings named.
  std::set<std::string> known_columns;
  std::vector<absl::Status> problems;  // Why it can't run; the others can.
  bool replication_key_lost = false;   // The only problem, which the extractor explains.
};

// OK if the stream can run, else all its problems in one error with the first one's reason.
absl::Status ProblemOf(const SelectedStream& stream);

// What the integration selects from its source's catalog: streams by name in their order, then
// those that its patterns find, then those that its patterns found before and find no more though
// what was loaded is still there, each with its problem. `registered` is what the destination
// knows; before it is asked nothing is known. The integration must have no problem by itself.
std::vector<SelectedStream> SelectStreams(const v1::Integration& integration,
                                          const std::vector<v1::Table>& catalog,
                                          const v1::RegisterStreamsResponse& registered = {});

// Whether what is known decides what is loaded: where anything new is left out, or a stream's
// settings name columns that aren't there. Then the destination must be asked.
bool DependsOnKnown(const v1::Integration& integration, const std::vector<SelectedStream>& streams);

// Takes away the tables and columns that are new, where the integration wants that, and answers
// lines about them for its user, each with its stream. Named tables and columns stay.
struct LeftOut {
  std::string stream;
  std::string column;  // Empty for the whole table.
  std::string note;
};
std::vector<LeftOut> LeaveOutNew(const v1::Integration& integration,
                                 const v1::RegisterStreamsResponse& registered,
                                 std::vector<SelectedStream>* streams);

// Gives each stream its destination table and finds the names that can't be had. Of two streams
// that would go to the same table both have a problem, unless one of them can't be read anyway.
void NameStreams(const v1::Integration& integration, std::vector<SelectedStream>* streams);

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_SELECTION_H_
