#ifndef LOCKSTITCH_SCHEMA_PROTOCOL_VERSION_H_
#define LOCKSTITCH_SCHEMA_PROTOCOL_VERSION_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "lockstitch/v1/integration.pb.h"

namespace lockstitch::schema {

// The version of the protocol between services that this binary speaks. A peer that tells none
// speaks version 1.
inline constexpr uint32_t kProtocol = 2;

// The first version whose extractors send ranges of keys.
inline constexpr uint32_t kSendsKeys = 2;

// The first version whose loaders are told by FinishLoad that a range is unchanged, and need not
// have it sent.
inline constexpr uint32_t kTakesUnchanged = 2;

// For the job's log: which of a stream's settings have no effect in a run that `peer`, for example
// "the extractor", takes part in, since the version that it speaks does not have them. Empty if
// there are none.
std::string UnheededSettings(absl::string_view peer, uint32_t protocol,
                             const v1::StreamSettings& settings);

}  // namespace lockstitch::schema

#endif  // LOCKSTITCH_SCHEMA_PROTOCOL_VERSION_H_
