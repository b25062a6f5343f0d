#include "services/scheduler/control/resource_name.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "status/reason.h"

namespace lockstitch::scheduler {
namespace {

constexpr absl::string_view kIntegrationForm = "integrations/{integration}";
constexpr absl::string_view kJobForm = "integrations/{integration}/jobs/{job}";
constexpr absl::string_view kStreamForm = "integrations/{integration}/streams/{stream}";
constexpr absl::string_view kTokenForm = "tokens/{token}";

absl::Status Malformed(absl::string_view name, absl::string_view form) {
  return Error(Reason::kUsageInvalid,
               absl::StrCat("'", name, "' does not name a resource of the form ", form));
}

// Takes a name apart, whatever it names; nothing in it for what is no name.
ResourceName Apart(absl::string_view name) {
  if (!absl::ConsumePrefix(&name, "integrations/")) return {};
  const size_t end = std::min(name.find('/'), name.size());
  ResourceName parts = {.integration = std::string(name.substr(0, end))};
  name.remove_prefix(end);
  if (name.empty()) return parts;
  if (absl::ConsumePrefix(&name, "/jobs/")) {
    parts.job = std::string(name);
  } else if (absl::ConsumePrefix(&name, "/streams/")) {
    parts.stream = std::string(name);
  }
  if (parts.job.empty() && parts.stream.empty()) return {};
  return parts;
}

absl::Status TestId(absl::string_view id, absl::string_view of) {
  const auto fits = [](char c) {
    return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-' || c == '_';
  };
  if (!id.empty() && id.size() <= 63 && absl::ascii_islower(id.front()) &&
      std::all_of(id.begin(), id.end(), fits))
    return absl::OkStatus();
  return Error(
      Reason::kUsageInvalid, absl::StrCat("'", id, "' is no id of ", of),
      "Choose up to 63 lower-case letters, digits, hyphens and underscores, a letter first.");
}

}  // namespace

std::string IntegrationResource(absl::string_view integration) {
  return absl::StrCat("integrations/", integration);
}

std::string JobResource(absl::string_view integration, absl::string_view job) {
  return absl::StrCat(IntegrationResource(integration), "/jobs/", job);
}

std::string StreamResource(absl::string_view integration, absl::string_view stream) {
  return absl::StrCat(IntegrationResource(integration), "/streams/", stream);
}

std::string TokenResource(absl::string_view token) { return absl::StrCat("tokens/", token); }

absl::StatusOr<ResourceName> ParseIntegrationResource(absl::string_view name) {
  ResourceName parts = Apart(name);
  if (!parts.job.empty() || !parts.stream.empty() || !TestIntegrationId(parts.integration).ok())
    return Malformed(name, kIntegrationForm);
  return parts;
}

absl::StatusOr<ResourceName> ParseJobResource(absl::string_view name) {
  ResourceName parts = Apart(name);
  if (parts.job.empty() || absl::StrContains(parts.job, '/') ||
      !TestIntegrationId(parts.integration).ok())
    return Malformed(name, kJobForm);
  return parts;
}

absl::StatusOr<ResourceName> ParseStreamResource(absl::string_view name) {
  ResourceName parts = Apart(name);
  if (parts.stream.empty() || !TestIntegrationId(parts.integration).ok())
    return Malformed(name, kStreamForm);
  return parts;
}

absl::StatusOr<ResourceName> ParseIntegrationOrJobResource(absl::string_view name) {
  if (absl::StatusOr<ResourceName> parts = ParseIntegrationResource(name); parts.ok()) return parts;
  if (absl::StatusOr<ResourceName> parts = ParseJobResource(name); parts.ok()) return parts;
  return Malformed(name, absl::StrCat(kIntegrationForm, " or ", kJobForm));
}

absl::StatusOr<ResourceName> ParseIntegrationOrAll(absl::string_view name) {
  if (name == "integrations/-") return ResourceName();
  return ParseIntegrationResource(name);
}

absl::StatusOr<std::string> ParseTokenResource(absl::string_view name) {
  absl::string_view id = name;
  if (!absl::ConsumePrefix(&id, "tokens/") || !TestTokenId(id).ok())
    return Malformed(name, kTokenForm);
  return std::string(id);
}

absl::Status TestIntegrationId(absl::string_view id) { return TestId(id, "an integration"); }

absl::Status TestTokenId(absl::string_view id) { return TestId(id, "a token"); }

}  // namespace lockstitch::scheduler
