#ifndef LOCKSTITCH_SERVICES_SCHEDULER_CONTROL_RESOURCE_NAME_H_
#define LOCKSTITCH_SERVICES_SCHEDULER_CONTROL_RESOURCE_NAME_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace lockstitch::scheduler {

// Names of resources, as in Google's API improvement proposals: integrations/{integration},
// integrations/{integration}/jobs/{job}, integrations/{integration}/streams/{stream},
// tokens/{token}. A stream is the rest of its name, whatever is in it.

// What a name names; what isn't in it is empty.
struct ResourceName {
  std::string integration;  // Its id.
  std::string job;
  std::string stream;
};

std::string IntegrationResource(absl::string_view integration);
std::string JobResource(absl::string_view integration, absl::string_view job);
std::string StreamResource(absl::string_view integration, absl::string_view stream);
std::string TokenResource(absl::string_view token);

// Each takes names of its own kinds alone; USAGE_INVALID for others, with the form that is wanted.
absl::StatusOr<ResourceName> ParseIntegrationResource(absl::string_view name);
absl::StatusOr<ResourceName> ParseJobResource(absl::string_view name);
absl::StatusOr<ResourceName> ParseStreamResource(absl::string_view name);
absl::StatusOr<ResourceName> ParseIntegrationOrJobResource(absl::string_view name);
// integrations/- is all of them: an empty id.
absl::StatusOr<ResourceName> ParseIntegrationOrAll(absl::string_view name);

// The id of a token.
absl::StatusOr<std::string> ParseTokenResource(absl::string_view name);

// USAGE_INVALID unless it is up to 63 of a-z, 0-9, - and _, a letter first.
absl::Status TestIntegrationId(absl::string_view id);
absl::Status TestTokenId(absl::string_view id);

}  // namespace lockstitch::scheduler

#endif  // LOCKSTITCH_SERVICES_SCHEDULER_CONTROL_RESOURCE_NAME_H_
