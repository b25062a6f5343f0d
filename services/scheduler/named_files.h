#ifndef LOCKSTITCH_SERVICES_SCHEDULER_NAMED_FILES_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_NAMED_FILES_H_

#include "absl/status/status.h"
#include "lockstitch/v1/integration.pb.h"

namespace lockstitch::scheduler {

// Tests the files that the integration's connections name, as whoever reads them does: a scheduler
// that others may call can stand before services that take its calls alone.
// CONNECTION_FILE_UNREADABLE.
absl::Status TestNamedFiles(const v1::Integration& integration);

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_NAMED_FILES_H_
