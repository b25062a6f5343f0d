#ifndef LOCKSTITCH_SERVICES_SCHEDULER_SELECTION_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_SELECTION_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "lockstitch/v1/catalog.pb.h"
#include "lockstitch/v1/integration.pb.h"

namespace lockstitch::scheduler {

// Every problem that the integration has by itself: its name, its connections, its patterns, the
// names of its streams. Empty if there is none.
std::vector<std::string> TestIntegration(const v1::Integration& integration);

// One stream that an integration selects.
struct SelectedStream {
  v1::StreamSettings settings;  // With its name in full and its method decided.
  v1::TableName table;
  bool by_pattern = false;           // Rather than by name.
  std::string destination_table;     // Empty where its name is a problem.
  std::vector<std::string> columns;  // In the table's order.
  std::vector<std::string> notes;    // What its user should know.
  int64_t size_bytes = 0;
  std::vector<absl::Status> problems;  // Why it can't run; the others can.
};

// OK if the stream can run, else all its problems in one error with the first one's reason.
absl::Status ProblemOf(const SelectedStream& stream);

// What the integration selects from its source's catalog: streams by name in their order, then
// those that its patterns find. The integration must have no problem by itself. Of two streams that
// would go to the same destination table both have a problem.
std::vector<SelectedStream> SelectStreams(const v1::Integration& integration,
                                          const std::vector<v1::Table>& catalog);

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_SELECTION_H_
