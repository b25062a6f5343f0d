#ifndef LOCKSTITCH_TELEMETRY_METRIC_TABLE_H_
#define LOCKSTITCH_TELEMETRY_METRIC_TABLE_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace lockstitch::telemetry {

// Everything that is counted. One row each in metric_table.cc, from which docs/metrics.md is made.
enum class Metric {
  kGrpcServerStarted,
  kGrpcServerHandled,
  kGrpcServerHandlingSeconds,
  kGrpcServerMessagesReceived,
  kGrpcServerMessagesSent,
  kGrpcServerCallsInFlight,
  kGrpcClientStarted,
  kGrpcClientHandled,
  kGrpcClientHandlingSeconds,
  kGrpcClientMessagesReceived,
  kGrpcClientMessagesSent,
  kProcessCpuSeconds,
  kProcessResidentMemoryBytes,
  kProcessVirtualMemoryBytes,
  kProcessStartTimeSeconds,
  kProcessOpenFds,
  kProcessMaxFds,
  kProcessThreads,
  kProcessMemoryLimitBytes,
  kBuildInfo,
  kTlsCertificateExpiry,
  kErrors,
  kDiscoveryTables,
  kDiscoveryChecks,
  kExtractorSlotsInUse,
  kExtractorSlotsLimit,
  kExtractorIdleSeconds,
  kExtractorRuns,
  kExtractorRows,
  kExtractorBytes,
  kExtractorRanges,
  kExtractorRangesSent,
  kExtractorRangeSeconds,
  kExtractorRangeRetries,
  kExtractorBackpressureSeconds,
  kExtractorOldestSnapshotSeconds,
  kExtractorSnapshotsLost,
  kExtractorSourceConnections,
  kLoaderRows,
  kLoaderBytes,
  kLoaderChunks,
  kLoaderLoads,
  kLoaderStarvedSeconds,
  kLoaderDestinationConnections,
  kSchedulerJobs,
  kSchedulerJobSeconds,
  kSchedulerStreamRuns,
  kSchedulerStreamRunSeconds,
  kSchedulerStreamRunRetries,
  kSchedulerStreamRunStalledSeconds,
  kSchedulerSchemaChanges,
  kSchedulerLastSuccess,
  kSchedulerSuccessDue,
  kSchedulerFailingStreams,
  kSchedulerSchedulePeriod,
  kSchedulerScheduleExpected,
  kSchedulerScheduleStarted,
  kSchedulerScheduleMissed,
  kSchedulerPlanned,
  kSchedulerLeading,
  kSchedulerLeadershipLost,
  kSchedulerQueueJobs,
  kSchedulerJobsLimit,
  kSchedulerQueueOldestSeconds,
  kSchedulerQueueStreamRuns,
  kSchedulerStreamRunsLimit,
  kSchedulerConnectionsGranted,
  kSchedulerStartLagSeconds,
  kSchedulerCatalogFailures,
  kSchedulerNotifications,
};

enum class MetricKind { kCounter, kGauge, kHistogram };

// What a series is told apart by: values, in the order of the metric's label names.
using LabelValues = std::vector<std::string>;

struct MetricInfo {
  Metric metric;
  absl::string_view name;
  MetricKind kind;
  std::vector<std::string> labels = {};
  // The values that the labels can have, but for `integration`, where they are known beforehand:
  // these series are there from the start.
  std::vector<LabelValues> known = {};
  std::vector<double> buckets = {};  // Upper bounds, of a histogram.
  absl::string_view help;
};

// The label whose values are integrations' names, always the first one of its metric.
inline constexpr absl::string_view kIntegrationLabel = "integration";
// So many of them have series of their own; those that come later are counted under kOthers.
inline constexpr size_t kMostIntegrations = 200;
inline constexpr absl::string_view kOthers = "other";

// Every metric, in the order of the enum.
const std::vector<MetricInfo>& AllMetrics();

const MetricInfo& InfoOf(Metric metric);

// Whether `service` has the metric: that of its name, lockstitch_SERVICE_, or every one; the empty
// name stands for all services in one process.
bool IsServedBy(absl::string_view service, const MetricInfo& info);

}  // namespace lockstitch::telemetry

#endif  // LOCKSTITCH_TELEMETRY_METRIC_TABLE_H_
