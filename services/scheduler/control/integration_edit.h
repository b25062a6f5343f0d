#ifndef LOCKSTITCH_SERVICES_SCHEDULER_CONTROL_INTEGRATION_EDIT_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_CONTROL_INTEGRATION_EDIT_H_

#include <google/protobuf/field_mask.pb.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lockstitch/v1/integration.pb.h"

namespace lockstitch::scheduler {

// `kept` with the fields of the mask as `edited` has them, and those of its secrets that `edited`
// leaves empty. Resets don't go back: a smaller counter than the kept one stays. USAGE_INVALID with
// every path that there is not; INTEGRATION_INVALID with every one that would change what never
// changes: name, uid, naming. Pure.
absl::StatusOr<v1::Integration> Edit(const v1::Integration& kept, const v1::Integration& edited,
                                     const google::protobuf::FieldMask& mask);

// `kept` with these streams' settings, each in place of what it had. USAGE_INVALID where there is
// none, or with every stream that is no name, or is there twice. Pure.
absl::StatusOr<v1::Integration> EditStreams(const v1::Integration& kept,
                                            const std::vector<v1::StreamSettings>& streams);

// `kept` with the resets of these streams, or of all of them, counted once more. Pure; errors as
// EditStreams.
absl::StatusOr<v1::Integration> EditResets(const v1::Integration& kept,
                                           const std::vector<std::string>& streams);

// `kept` with a bookmark for the stream's next run, which counts as a reset. Pure; errors as
// EditStreams.
absl::StatusOr<v1::Integration> EditBookmark(const v1::Integration& kept, const std::string& stream,
                                             const std::string& bookmark);

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_CONTROL_INTEGRATION_EDIT_H_
