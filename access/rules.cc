#include "access/rules.h"

#include "absl/container/flat_hash_map.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace lockstitch::access {
namespace {

Rule Anyone(absl::string_view method) { return {.method = method, .audience = Audience::kAnyone}; }

Rule Services(absl::string_view method, std::vector<absl::string_view> services) {
  return {.method = method, .audience = Audience::kServices, .services = std::move(services)};
}

Rule Reads(absl::string_view method, Role least) {
  return {.method = method, .audience = Audience::kUsers, .least = least};
}

Rule Changes(absl::string_view method, Role least) {
  return {.method = method, .audience = Audience::kUsers, .least = least, .changes = true};
}

const std::vector<Rule>& Rules() {
  static const auto& rules = *new std::vector<Rule>{
      Services("lockstitch.v1.DiscoveryService/Discover", {kSchedulerName}),
      Services("lockstitch.v1.DiscoveryService/CheckConnection", {kSchedulerName}),

      Services("lockstitch.v1.ExtractorService/Extract", {kSchedulerName}),
      Services("lockstitch.v1.ChecksumService/Checksum", {kSchedulerName}),

      Services("lockstitch.v1.LoaderService/ReserveRun", {kSchedulerName}),
      Services("lockstitch.v1.LoaderService/AbortLoad", {kSchedulerName}),
      Services("lockstitch.v1.LoaderService/RegisterStreams", {kSchedulerName}),
      Services("lockstitch.v1.LoaderService/PreviewLoads", {kSchedulerName}),
      Services("lockstitch.v1.LoaderService/ForgetIntegration", {kSchedulerName}),
      Services("lockstitch.v1.LoaderService/CheckDestination", {kSchedulerName}),
      Services("lockstitch.v1.LoaderService/GetState", {kSchedulerName, kExtractorName}),
      Services("lockstitch.v1.LoaderService/BeginLoad", {kExtractorName}),
      Services("lockstitch.v1.LoaderService/Load", {kExtractorName}),
      Services("lockstitch.v1.LoaderService/FinishLoad", {kExtractorName}),
      // `lockstitch clean` calls it within its own process.
      Services("lockstitch.v1.LoaderService/Sweep", {}),

      // Their callers say which databases the services connect to: no viewer does.
      Changes("lockstitch.v1.SchedulerService/RunOnce", Role::kOperator),
      Reads("lockstitch.v1.SchedulerService/ValidateIntegration", Role::kOperator),
      Reads("lockstitch.v1.SchedulerService/Verify", Role::kOperator),
      Changes("lockstitch.v1.SchedulerService/ForgetIntegration", Role::kAdmin),

      Changes("lockstitch.v1.IntegrationService/CreateIntegration", Role::kOperator),
      Reads("lockstitch.v1.IntegrationService/GetIntegration", Role::kViewer),
      Reads("lockstitch.v1.IntegrationService/ListIntegrations", Role::kViewer),
      Changes("lockstitch.v1.IntegrationService/UpdateIntegration", Role::kOperator),
      Changes("lockstitch.v1.IntegrationService/DeleteIntegration", Role::kAdmin),
      Reads("lockstitch.v1.IntegrationService/CheckIntegration", Role::kViewer),
      Changes("lockstitch.v1.IntegrationService/PauseIntegration", Role::kOperator),
      Changes("lockstitch.v1.IntegrationService/ResumeIntegration", Role::kOperator),
      Reads("lockstitch.v1.IntegrationService/ListStreams", Role::kViewer),
      Changes("lockstitch.v1.IntegrationService/UpdateStreams", Role::kOperator),
      Changes("lockstitch.v1.IntegrationService/ResetStreams", Role::kOperator),
      Reads("lockstitch.v1.IntegrationService/GetBookmark", Role::kViewer),
      Changes("lockstitch.v1.IntegrationService/SetBookmark", Role::kOperator),
      Reads("lockstitch.v1.IntegrationService/PreviewSchedule", Role::kViewer),

      Changes("lockstitch.v1.JobService/RunJob", Role::kOperator),
      Changes("lockstitch.v1.JobService/StopJob", Role::kOperator),
      Reads("lockstitch.v1.JobService/GetJob", Role::kViewer),
      Reads("lockstitch.v1.JobService/ListJobs", Role::kViewer),
      Reads("lockstitch.v1.JobService/WatchJob", Role::kViewer),
      Reads("lockstitch.v1.JobService/ListLogEntries", Role::kViewer),

      Reads("lockstitch.v1.ReportService/ListLoadReports", Role::kViewer),
      Reads("lockstitch.v1.ReportService/ListUsage", Role::kViewer),
      Reads("lockstitch.v1.ReportService/ListSkippedSlots", Role::kViewer),

      Changes("lockstitch.v1.AccessService/CreateToken", Role::kAdmin),
      Reads("lockstitch.v1.AccessService/ListTokens", Role::kAdmin),
      Changes("lockstitch.v1.AccessService/RevokeToken", Role::kAdmin),
      Reads("lockstitch.v1.AccessService/ListAuditEntries", Role::kAdmin),

      // gRPC serves these itself: whether a server is up, and what its contract is.
      Anyone("grpc.health.v1.Health/Check"),
      Anyone("grpc.health.v1.Health/Watch"),
      Anyone("grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"),
  };
  return rules;
}

std::string AudienceText(const Rule& rule) {
  switch (rule.audience) {
    case Audience::kAnyone:
      return "anyone";
    case Audience::kServices:
      return rule.services.empty() ? "local callers alone"
                                   : absl::StrCat("`", absl::StrJoin(rule.services, "`, `"), "`");
    case Audience::kUsers:
      return std::string(RoleName(rule.least));
  }
  return "";
}

}  // namespace

absl::Span<const Rule> AllRules() { return Rules(); }

bool IsServiceName(absl::string_view name) { return absl::StartsWith(name, kServicePrefix); }

const Rule* RuleOf(absl::string_view method) {
  static const auto& by_method = *[] {
    auto* map = new absl::flat_hash_map<absl::string_view, const Rule*>;
    for (const Rule& rule : Rules()) map->emplace(rule.method, &rule);
    return map;
  }();
  const auto found = by_method.find(method);
  return found == by_method.end() ? nullptr : found->second;
}

std::string AccessPage() {
  std::string page =
      "# Who may call what\n\n"
      "Every method of every server. A role is the least one that a user needs; a name is that of "
      "a service's certificate.\n"
      "What isn't here nobody may call. [security.md](security.md#users-roles-and-tokens) tells "
      "how callers are known. This page is\n"
      "made from the table in `access/rules.cc` by "
      "`bazel run //access:print_access_page > docs/access.md`.\n\n"
      "| method | who may | in the audit log |\n"
      "|---|---|---|\n";
  for (const Rule& rule : Rules()) {
    absl::StrAppend(&page, "| `", rule.method, "` | ", AudienceText(rule), " | ",
                    rule.changes ? "every call" : "refusals", " |\n");
  }
  return page;
}

}  // namespace lockstitch::access
