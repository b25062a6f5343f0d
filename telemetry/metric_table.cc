#include "telemetry/metric_table.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace lockstitch::telemetry {
namespace {

absl::string_view NameOf(MetricKind kind) {
  switch (kind) {
    case MetricKind::kCounter:
      return "counter";
    case MetricKind::kGauge:
      return "gauge";
    case MetricKind::kHistogram:
      return "histogram";
  }
  return "";
}

}  // namespace

const std::vector<MetricInfo>& AllMetrics() {
  using enum MetricKind;
  static const auto* metrics = new std::vector<MetricInfo>{
      {Metric::kGrpcServerStarted,
       "grpc_server_started_total",
       kCounter,
       {"grpc_service", "grpc_method"},
       "Calls that came in."},
      {Metric::kGrpcServerHandled,
       "grpc_server_handled_total",
       kCounter,
       {"grpc_service", "grpc_method", "grpc_code"},
       "Calls that ended, by status code."},
      {Metric::kGrpcServerHandlingSeconds,
       "grpc_server_handling_seconds",
       kHistogram,
       {"grpc_service", "grpc_method"},
       "How long calls took, streams to their end."},
      {Metric::kGrpcServerMessagesReceived,
       "grpc_server_msg_received_total",
       kCounter,
       {"grpc_service", "grpc_method"},
       "Messages that came in."},
      {Metric::kGrpcServerMessagesSent,
       "grpc_server_msg_sent_total",
       kCounter,
       {"grpc_service", "grpc_method"},
       "Messages that went out."},
      {Metric::kDiscoveryTables,
       "lockstitch_discovery_tables_total",
       kCounter,
       {},
       "Tables and views described."},
      {Metric::kDiscoveryChecks,
       "lockstitch_discovery_checks_total",
       kCounter,
       {"result"},
       "Connection checks, by result: passed or failed."},
      {Metric::kExtractorSlotsInUse,
       "lockstitch_extractor_slots_in_use",
       kGauge,
       {},
       "Stream runs under way."},
      {Metric::kExtractorRuns,
       "lockstitch_extractor_runs_total",
       kCounter,
       {"reason"},
       "Stream runs that ended, by reason code of the failure; NONE for success."},
      {Metric::kExtractorRows,
       "lockstitch_extractor_rows_total",
       kCounter,
       {},
       "Rows read from sources."},
      {Metric::kExtractorBytes,
       "lockstitch_extractor_bytes_total",
       kCounter,
       {},
       "Bytes of rows read from sources."},
      {Metric::kExtractorRangeRetries,
       "lockstitch_extractor_range_retries_total",
       kCounter,
       {"reason"},
       "Ranges opened again after a failure, by its reason code."},
      {Metric::kExtractorOldestSnapshotSeconds,
       "lockstitch_extractor_oldest_snapshot_seconds",
       kGauge,
       {},
       "Age of the oldest snapshot held open at a source, which keeps it from removing dead rows."},
      {Metric::kExtractorSnapshotsLost,
       "lockstitch_extractor_snapshots_lost_total",
       kCounter,
       {},
       "Snapshots whose session ended before all was read: the stream runs begin anew."},
      {Metric::kLoaderRows,
       "lockstitch_loader_rows_total",
       kCounter,
       {},
       "Rows committed at destinations."},
      {Metric::kLoaderBytes,
       "lockstitch_loader_bytes_total",
       kCounter,
       {},
       "Bytes of rows committed at destinations."},
      {Metric::kLoaderChunks,
       "lockstitch_loader_chunks_total",
       kCounter,
       {},
       "Chunks committed at destinations."},
      {Metric::kLoaderLoads,
       "lockstitch_loader_loads_total",
       kCounter,
       {"outcome"},
       "Loads that ended, by outcome: published or aborted."},
      {Metric::kLoaderRefusals,
       "lockstitch_loader_refusals_total",
       kCounter,
       {"reason"},
       "Calls that ended with an error, by reason code."},
      {Metric::kSchedulerJobs,
       "lockstitch_scheduler_jobs_total",
       kCounter,
       {"state"},
       "Jobs that ended, by state."},
      {Metric::kSchedulerStreamRuns,
       "lockstitch_scheduler_stream_runs_total",
       kCounter,
       {"state", "reason"},
       "Stream runs that ended, by state and reason code; NONE for success."},
      {Metric::kSchedulerStreamRunSeconds,
       "lockstitch_scheduler_stream_run_seconds",
       kHistogram,
       {"state"},
       "How long stream runs took from their first offer."},
      {Metric::kSchedulerLeading,
       "lockstitch_scheduler_leading",
       kGauge,
       {},
       "1 where this scheduler runs the jobs of its catalog, 0 where another one does."},
      {Metric::kSchedulerJobsRunning,
       "lockstitch_scheduler_jobs_running",
       kGauge,
       {},
       "Jobs of the catalog that this scheduler runs."},
      {Metric::kSchedulerStartLagSeconds,
       "lockstitch_scheduler_start_lag_seconds",
       kHistogram,
       {},
       "How long after their slot, or after they were asked for, jobs of the catalog began."},
      {Metric::kSchedulerPlanned,
       "lockstitch_scheduler_planned_total",
       kCounter,
       {"action"},
       "What was decided for integrations: start, skip, next_slot, or invalid for a schedule that "
       "can't be read."},
      {Metric::kSchedulerSkippedSlots,
       "lockstitch_scheduler_skipped_slots_total",
       kCounter,
       {},
       "Slots of schedules that no job was made for."},
      {Metric::kSchedulerCatalogFailures,
       "lockstitch_scheduler_catalog_failures_total",
       kCounter,
       {"reason"},
       "Steps of the leader that failed at the catalog database, by reason code; each is tried "
       "again."},
      {Metric::kSchedulerNotifications,
       "lockstitch_scheduler_notifications_total",
       kCounter,
       {"outcome"},
       "Attempts to post a webhook's notification, by outcome: accepted, put_off or given_up."},
  };
  return *metrics;
}

const MetricInfo& InfoOf(Metric metric) { return AllMetrics()[static_cast<size_t>(metric)]; }

std::string MetricsPage() {
  std::string page =
      "# Metrics\n\n"
      "Each service serves these in Prometheus' text format at `http://METRICS_LISTEN/metrics`; a "
      "service shows those it\n"
      "has counted. The page is made from the table in `telemetry/metric_table.cc` by\n"
      "`bazel run //telemetry:print_metrics_page > docs/metrics.md`.\n\n"
      "| metric | kind | labels | meaning |\n"
      "|---|---|---|---|\n";
  for (const MetricInfo& info : AllMetrics()) {
    absl::StrAppend(
        &page, "| `", info.name, "` | ", NameOf(info.kind), " | ",
        info.labels.empty() ? "" : absl::StrCat("`", absl::StrJoin(info.labels, "`, `"), "`"),
        " | ", info.help, " |\n");
  }
  return page;
}

}  // namespace lockstitch::telemetry
