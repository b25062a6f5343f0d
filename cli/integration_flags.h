#ifndef LOCKSTITCH_CLI_INTEGRATION_FLAGS_H_
#define LOCKSTITCH_CLI_INTEGRATION_FLAGS_H_

#include <string>
#include <vector>

#include "lockstitch/v1/integration.pb.h"

namespace lockstitch::cli {

// What flags change of an integration that a file may have described.

// Connects by these URLs instead; an empty one leaves its end as it is. TLS and the number of
// connections stay.
void SetUrls(const std::string& source, const std::string& destination,
             v1::Integration* integration);

// Selects these names and patterns and nothing else, each stream with the settings that it had,
// also where a pattern finds it; none leaves the selection as it is.
void SelectOnly(const std::vector<std::string>& streams, v1::Integration* integration);

}  // namespace lockstitch::cli

#endif  // LOCKSTITCH_CLI_INTEGRATION_FLAGS_H_
