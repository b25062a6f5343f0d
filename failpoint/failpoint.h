#ifndef LOCKSTITCH_FAILPOINT_FAILPOINT_H_
#define LOCKSTITCH_FAILPOINT_FAILPOINT_H_

#include "absl/strings/string_view.h"

namespace lockstitch {

// Marks the instant `name` for tests that stop or kill a process there. What it does is chosen when
// a binary is linked: :off does nothing and is what users run; :on obeys the environment variable
// LOCKSTITCH_FAILPOINTS, a list `NAME=ACTION;NAME=ACTION`, each fired once, with the actions
//   kill       SIGKILL to the process itself
//   wait:FIFO  blocks until a test has opened FIFO for writing and closed it again
// at the first passage, or with kill@N and wait@N:FIFO at the Nth.
void Failpoint(absl::string_view name);

}  // namespace lockstitch

#endif  // LOCKSTITCH_FAILPOINT_FAILPOINT_H_
