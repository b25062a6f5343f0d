#ifndef LOCKSTITCH_TELEMETRY_METRIC_TABLE_H_
#define LOCKSTITCH_TELEMETRY_METRIC_TABLE_H_

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
  kDiscoveryTables,
  kDiscoveryChecks,
  kExtractorSlotsInUse,
  kExtractorRuns,
  kExtractorRows,
  kExtractorBytes,
  kExtractorRangeRetries,
  kExtractorOldestSnapshotSeconds,
  kExtractorSnapshotsLost,
  kLoaderRows,
  kLoaderBytes,
  kLoaderChunks,
  kLoaderLoads,
  kLoaderRefusals,
  kSchedulerJobs,
  kSchedulerStreamRuns,
  kSchedulerStreamRunSeconds,
  kSchedulerLeading,
  kSchedulerJobsRunning,
  kSchedulerStartLagSeconds,
  kSchedulerPlanned,
  kSchedulerSkippedSlots,
  kSchedulerCatalogFailures,
  kSchedulerNotifications,
};

enum class MetricKind { kCounter, kGauge, kHistogram };

struct MetricInfo {
  Metric metric;
  absl::string_view name;
  MetricKind kind;
  std::vector<std::string> labels;
  absl::string_view help;
};

// Every metric, in the order of the enum.
const std::vector<MetricInfo>& AllMetrics();

const MetricInfo& InfoOf(Metric metric);

// docs/metrics.md.
std::string MetricsPage();

}  // namespace lockstitch::telemetry

#endif  // LOCKSTITCH_TELEMETRY_METRIC_TABLE_H_
