#ifndef LOCKSTITCH_SERVICES_SCHEDULER_CONTROL_INTEGRATION_EDIT_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_CONTROL_INTEGRATION_EDIT_H_

#include <google/protobuf/field_mask.pb.h>

#include <cstdint>
#include <map>
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

// Whether the mask has everything replaced in which `kept` can have secrets. Pure.
bool ReplacesSecrets(const v1::Integration& kept, const google::protobuf::FieldMask& mask);

// `kept` with these streams' settings, each in place of what it had. Others replicate, or don't, as
// before, for which a pattern is added where it takes one. USAGE_INVALID where there is none,
// or with every stream that is no name, or is there twice. Pure.
absl::StatusOr<v1::Integration> EditStreams(const v1::Integration& kept,
                                            const std::vector<v1::StreamSettings>& streams);

// The greatest reset that the destination has applied to each stream, by the streams' names.
using AppliedResets = std::map<std::string, int64_t>;

// `kept` with the resets of these streams, or of all of them, counted to more than before and more
// than was applied: settings that were taken away since have taken their counters along. Others as
// by EditStreams, and so are errors. Pure.
absl::StatusOr<v1::Integration> EditResets(const v1::Integration& kept,
                                           const std::vector<std::string>& streams,
                                           const AppliedResets& applied);

// `kept` with a bookmark for the stream's next run, which counts as a reset. Pure; errors as
// EditStreams.
absl::StatusOr<v1::Integration> EditBookmark(const v1::Integration& kept, const std::string& stream,
                                             const std::string& bookmark,
                                             const AppliedResets& applied);

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_CONTROL_INTEGRATION_EDIT_H_
