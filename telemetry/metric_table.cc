#include "telemetry/metric_table.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "status/reason.h"
#include "telemetry/fault.h"

namespace lockstitch::telemetry {
namespace {

// Seconds: from a cached look-up to a stream of an hour.
const std::vector<double> kCallSeconds = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
                                          1,     2.5,  5,     10,   60,  600,  3600};
// From a table of a few rows to a load of a day.
const std::vector<double> kRunSeconds = {0.1, 0.5, 1,   2.5,  5,    10,   30,    60,
                                         120, 300, 600, 1800, 3600, 7200, 21600, 86400};
// From the next step of the leader to a night that jobs wait for others.
const std::vector<double> kLagSeconds = {0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 600, 3600, 21600};

const std::vector<std::string> kMethod = {"grpc_type", "grpc_service", "grpc_method"};
const std::vector<std::string> kMethodAndCode = {"grpc_type", "grpc_service", "grpc_method",
                                                 "grpc_code"};

const std::vector<LabelValues> kEndStates = {{"succeeded"}, {"failed"}, {"cancelled"}};

std::vector<LabelValues> ReasonsAndFaults() {
  std::vector<LabelValues> known;
  for (const ReasonInfo& info : AllReasons())
    known.push_back({std::string(info.code), std::string(FaultOf(info.reason))});
  return known;
}

std::vector<LabelValues> ReasonsOrNone() {
  std::vector<LabelValues> known = {{"NONE"}};
  for (const ReasonInfo& info : AllReasons()) known.push_back({std::string(info.code)});
  return known;
}

std::vector<LabelValues> RetriedReasons() {
  std::vector<LabelValues> known;
  for (const ReasonInfo& info : AllReasons()) {
    if (info.owner == Owner::kRetried) known.push_back({std::string(info.code)});
  }
  return known;
}

}  // namespace

const std::vector<MetricInfo>& AllMetrics() {
  using enum MetricKind;
  static const auto* metrics = new std::vector<MetricInfo>{
      {.metric = Metric::kGrpcServerStarted,
       .name = "grpc_server_started_total",
       .kind = kCounter,
       .labels = kMethod,
       .help = "Calls that came in."},
      {.metric = Metric::kGrpcServerHandled,
       .name = "grpc_server_handled_total",
       .kind = kCounter,
       .labels = kMethodAndCode,
       .help = "Calls that ended, by status code."},
      {.metric = Metric::kGrpcServerHandlingSeconds,
       .name = "grpc_server_handling_seconds",
       .kind = kHistogram,
       .labels = kMethod,
       .buckets = kCallSeconds,
       .help = "How long calls took, streams to their end."},
      {.metric = Metric::kGrpcServerMessagesReceived,
       .name = "grpc_server_msg_received_total",
       .kind = kCounter,
       .labels = kMethod,
       .help = "Messages that came in."},
      {.metric = Metric::kGrpcServerMessagesSent,
       .name = "grpc_server_msg_sent_total",
       .kind = kCounter,
       .labels = kMethod,
       .help = "Messages that went out."},
      {.metric = Metric::kGrpcServerCallsInFlight,
       .name = "grpc_server_calls_in_flight",
       .kind = kGauge,
       .labels = kMethod,
       .help = "Calls that came in and have not ended."},
      {.metric = Metric::kGrpcClientStarted,
       .name = "grpc_client_started_total",
       .kind = kCounter,
       .labels = kMethod,
       .help = "Calls to other services that were begun."},
      {.metric = Metric::kGrpcClientHandled,
       .name = "grpc_client_handled_total",
       .kind = kCounter,
       .labels = kMethodAndCode,
       .help = "Calls to other services that ended, by status code."},
      {.metric = Metric::kGrpcClientHandlingSeconds,
       .name = "grpc_client_handling_seconds",
       .kind = kHistogram,
       .labels = kMethod,
       .buckets = kCallSeconds,
       .help = "How long calls to other services took, streams to their end."},
      {.metric = Metric::kGrpcClientMessagesReceived,
       .name = "grpc_client_msg_received_total",
       .kind = kCounter,
       .labels = kMethod,
       .help = "Messages that other services answered."},
      {.metric = Metric::kGrpcClientMessagesSent,
       .name = "grpc_client_msg_sent_total",
       .kind = kCounter,
       .labels = kMethod,
       .help = "Messages that were sent to other services."},
      {.metric = Metric::kProcessCpuSeconds,
       .name = "process_cpu_seconds_total",
       .kind = kCounter,
       .help = "Processor time that the process has used, in user and system mode."},
      {.metric = Metric::kProcessResidentMemoryBytes,
       .name = "process_resident_memory_bytes",
       .kind = kGauge,
       .help = "Memory of the process that is in main memory."},
      {.metric = Metric::kProcessVirtualMemoryBytes,
       .name = "process_virtual_memory_bytes",
       .kind = kGauge,
       .help = "Address space of the process."},
      {.metric = Metric::kProcessStartTimeSeconds,
       .name = "process_start_time_seconds",
       .kind = kGauge,
       .help = "When the process started, in seconds since 1970."},
      {.metric = Metric::kProcessOpenFds,
       .name = "process_open_fds",
       .kind = kGauge,
       .help = "File descriptors that are open."},
      {.metric = Metric::kProcessMaxFds,
       .name = "process_max_fds",
       .kind = kGauge,
       .help = "File descriptors that may be open at once."},
      {.metric = Metric::kProcessThreads,
       .name = "process_threads",
       .kind = kGauge,
       .help = "Threads of the process."},
      {.metric = Metric::kProcessMemoryLimitBytes,
       .name = "lockstitch_process_memory_limit_bytes",
       .kind = kGauge,
       .help = "Memory that the process may use: the limit of its control group, or the machine's "
               "memory."},
      {.metric = Metric::kBuildInfo,
       .name = "lockstitch_build_info",
       .kind = kGauge,
       .labels = {"service", "version"},
       .help = "1; which service this is, and of which version."},
      {.metric = Metric::kTlsCertificateExpiry,
       .name = "lockstitch_tls_certificate_expiry_timestamp_seconds",
       .kind = kGauge,
       .help = "When the service's own certificate expires, in seconds since 1970; 0 without TLS."},
      {.metric = Metric::kErrors,
       .name = "lockstitch_errors_total",
       .kind = kCounter,
       .labels = {"reason", "fault"},
       .known = ReasonsAndFaults(),
       .help = "Failures, by reason code of docs/errors.md and by whose they are, user or system: "
               "calls that the service ended with an error, and at the scheduler stream runs and "
               "jobs that failed as well."},
      {.metric = Metric::kDiscoveryTables,
       .name = "lockstitch_discovery_tables_total",
       .kind = kCounter,
       .help = "Tables and views described."},
      {.metric = Metric::kDiscoveryChecks,
       .name = "lockstitch_discovery_checks_total",
       .kind = kCounter,
       .labels = {"result"},
       .known = {{"passed"}, {"failed"}},
       .help = "Connection checks, by result: passed or failed."},
      {.metric = Metric::kExtractorSlotsInUse,
       .name = "lockstitch_extractor_slots_in_use",
       .kind = kGauge,
       .help = "Stream runs under way."},
      {.metric = Metric::kExtractorSlotsLimit,
       .name = "lockstitch_extractor_slots_limit",
       .kind = kGauge,
       .help = "Stream runs that may be under way at once."},
      {.metric = Metric::kExtractorIdleSeconds,
       .name = "lockstitch_extractor_idle_seconds",
       .kind = kGauge,
       .help = "How long no stream run has been under way; 0 while one is."},
      {.metric = Metric::kExtractorRuns,
       .name = "lockstitch_extractor_runs_total",
       .kind = kCounter,
       .labels = {"reason"},
       .known = ReasonsOrNone(),
       .help = "Stream runs that ended, by reason code of the failure; NONE for success."},
      {.metric = Metric::kExtractorRows,
       .name = "lockstitch_extractor_rows_total",
       .kind = kCounter,
       .labels = {"integration"},
       .help = "Rows read from sources; those that are read again count again."},
      {.metric = Metric::kExtractorBytes,
       .name = "lockstitch_extractor_bytes_total",
       .kind = kCounter,
       .labels = {"integration"},
       .help = "Bytes of rows read from sources."},
      {.metric = Metric::kExtractorRanges,
       .name = "lockstitch_extractor_ranges",
       .kind = kGauge,
       .labels = {"state"},
       .known = {{"queued"}, {"sending"}},
       .help = "Ranges of loads under way, by state: queued or sending."},
      {.metric = Metric::kExtractorRangesSent,
       .name = "lockstitch_extractor_ranges_sent_total",
       .kind = kCounter,
       .help = "Ranges that are durable at their destinations to the end."},
      {.metric = Metric::kExtractorRangeSeconds,
       .name = "lockstitch_extractor_range_seconds",
       .kind = kHistogram,
       .buckets = kRunSeconds,
       .help = "How long ranges took from their beginning until they were durable."},
      {.metric = Metric::kExtractorRangeRetries,
       .name = "lockstitch_extractor_range_retries_total",
       .kind = kCounter,
       .labels = {"reason"},
       .known = RetriedReasons(),
       .help = "Ranges opened again after a failure, by its reason code."},
      {.metric = Metric::kExtractorBackpressureSeconds,
       .name = "lockstitch_extractor_backpressure_seconds_total",
       .kind = kCounter,
       .help = "Time that ranges stood still because a loader took no more or committed: summed "
               "over ranges."},
      {.metric = Metric::kExtractorOldestSnapshotSeconds,
       .name = "lockstitch_extractor_oldest_snapshot_seconds",
       .kind = kGauge,
       .help = "Age of the oldest snapshot held open at a source, which keeps it from removing "
               "dead rows."},
      {.metric = Metric::kExtractorSnapshotsLost,
       .name = "lockstitch_extractor_snapshots_lost_total",
       .kind = kCounter,
       .help = "Snapshots whose session ended before all was read: the stream runs begin anew."},
      {.metric = Metric::kExtractorSourceConnections,
       .name = "lockstitch_extractor_source_connections",
       .kind = kGauge,
       .help = "Connections to sources in use."},
      {.metric = Metric::kLoaderRows,
       .name = "lockstitch_loader_rows_total",
       .kind = kCounter,
       .labels = {"integration"},
       .help = "Rows committed at destinations."},
      {.metric = Metric::kLoaderBytes,
       .name = "lockstitch_loader_bytes_total",
       .kind = kCounter,
       .labels = {"integration"},
       .help = "Bytes of rows committed at destinations."},
      {.metric = Metric::kLoaderChunks,
       .name = "lockstitch_loader_chunks_total",
       .kind = kCounter,
       .help = "Chunks committed at destinations."},
      {.metric = Metric::kLoaderLoads,
       .name = "lockstitch_loader_loads_total",
       .kind = kCounter,
       .labels = {"outcome"},
       .known = {{"published"}, {"aborted"}},
       .help = "Loads that ended, by outcome: published or aborted."},
      {.metric = Metric::kLoaderStarvedSeconds,
       .name = "lockstitch_loader_starved_seconds_total",
       .kind = kCounter,
       .help = "Time that ranges stood still because their extractor sent nothing: summed over "
               "ranges."},
      {.metric = Metric::kLoaderDestinationConnections,
       .name = "lockstitch_loader_destination_connections",
       .kind = kGauge,
       .help = "Connections to destinations in use."},
      {.metric = Metric::kSchedulerJobs,
       .name = "lockstitch_scheduler_jobs_total",
       .kind = kCounter,
       .labels = {"integration", "state"},
       .known = kEndStates,
       .help = "Jobs that ended, by state: succeeded, failed or cancelled."},
      {.metric = Metric::kSchedulerJobSeconds,
       .name = "lockstitch_scheduler_job_seconds",
       .kind = kHistogram,
       .labels = {"state"},
       .known = kEndStates,
       .buckets = kRunSeconds,
       .help = "How long jobs took from their start, by state."},
      {.metric = Metric::kSchedulerStreamRuns,
       .name = "lockstitch_scheduler_stream_runs_total",
       .kind = kCounter,
       .labels = {"integration", "state", "fault"},
       .known =
           {{"succeeded", "none"}, {"failed", "user"}, {"failed", "system"}, {"cancelled", "none"}},
       .help = "Stream runs that ended, by state: succeeded, failed or cancelled; and by whose "
               "fault those failed, user or system, else none."},
      {.metric = Metric::kSchedulerStreamRunSeconds,
       .name = "lockstitch_scheduler_stream_run_seconds",
       .kind = kHistogram,
       .labels = {"state"},
       .known = kEndStates,
       .buckets = kRunSeconds,
       .help = "How long stream runs took from their first offer, by state."},
      {.metric = Metric::kSchedulerStreamRunRetries,
       .name = "lockstitch_scheduler_stream_run_retries_total",
       .kind = kCounter,
       .labels = {"reason"},
       .known = RetriedReasons(),
       .help = "Stream runs that were tried once more after a failure, by its reason code."},
      {.metric = Metric::kSchedulerStreamRunStalledSeconds,
       .name = "lockstitch_scheduler_stream_run_stalled_seconds",
       .kind = kGauge,
       .labels = {"integration"},
       .help = "Of the integration's running stream runs, how long the one that has stood still "
               "longest has neither read nor loaded a row; 0 where none runs. Building the keys of "
               "a large table counts as standing still."},
      {.metric = Metric::kSchedulerSchemaChanges,
       .name = "lockstitch_scheduler_schema_changes_total",
       .kind = kCounter,
       .labels = {"integration", "kind"},
       .help = "Changes of streams that loads have met, by kind, as column_added; the kinds are "
               "those of ChangeKind."},
      {.metric = Metric::kSchedulerLastSuccess,
       .name = "lockstitch_scheduler_last_success_timestamp_seconds",
       .kind = kGauge,
       .labels = {"integration"},
       .help = "When the integration's last job that succeeded ended, in seconds since 1970; 0 "
               "before the first. The leader's alone."},
      {.metric = Metric::kSchedulerSuccessDue,
       .name = "lockstitch_scheduler_success_due_timestamp_seconds",
       .kind = kGauge,
       .labels = {"integration"},
       .help = "Until when the integration's next job should have succeeded, in seconds since "
               "1970: the second slot after its last success ended, or after its schedule was last "
               "changed where none has succeeded since; 0 for a manual schedule, and for a paused "
               "one. The leader's alone."},
      {.metric = Metric::kSchedulerFailingStreams,
       .name = "lockstitch_scheduler_failing_streams",
       .kind = kGauge,
       .labels = {"integration"},
       .help = "Streams of the integration whose last run failed. The leader's alone."},
      {.metric = Metric::kSchedulerSchedulePeriod,
       .name = "lockstitch_scheduler_schedule_period_seconds",
       .kind = kGauge,
       .labels = {"integration"},
       .help = "Time between the next two slots of the integration's schedule; 0 for a manual one, "
               "and for one that is paused. The leader's alone."},
      {.metric = Metric::kSchedulerScheduleExpected,
       .name = "lockstitch_scheduler_schedule_expected_total",
       .kind = kCounter,
       .labels = {"integration"},
       .help = "Slots of schedules that came due."},
      {.metric = Metric::kSchedulerScheduleStarted,
       .name = "lockstitch_scheduler_schedule_started_total",
       .kind = kCounter,
       .labels = {"integration"},
       .help = "Slots of schedules that a job was made for."},
      {.metric = Metric::kSchedulerScheduleMissed,
       .name = "lockstitch_scheduler_schedule_missed_total",
       .kind = kCounter,
       .labels = {"integration"},
       .help = "Slots of schedules that no job was made for."},
      {.metric = Metric::kSchedulerPlanned,
       .name = "lockstitch_scheduler_planned_total",
       .kind = kCounter,
       .labels = {"action"},
       .known = {{"start"}, {"skip"}, {"next_slot"}, {"invalid"}},
       .help = "What was decided for integrations: start, skip, next_slot, or invalid for a "
               "schedule that can't be read."},
      {.metric = Metric::kSchedulerLeading,
       .name = "lockstitch_scheduler_leading",
       .kind = kGauge,
       .help = "1 where this scheduler runs the jobs of its catalog, 0 where another one does."},
      {.metric = Metric::kSchedulerLeadershipLost,
       .name = "lockstitch_scheduler_leadership_lost_total",
       .kind = kCounter,
       .help = "Times that this scheduler lost the leadership without having given it up."},
      {.metric = Metric::kSchedulerQueueJobs,
       .name = "lockstitch_scheduler_queue_jobs",
       .kind = kGauge,
       .labels = {"state"},
       .known = {{"pending"}, {"running"}},
       .help = "Open jobs of the catalog, by state: pending or running. The leader's alone."},
      {.metric = Metric::kSchedulerJobsLimit,
       .name = "lockstitch_scheduler_jobs_limit",
       .kind = kGauge,
       .help = "Jobs of the catalog that the leader runs at once."},
      {.metric = Metric::kSchedulerQueueOldestSeconds,
       .name = "lockstitch_scheduler_queue_oldest_seconds",
       .kind = kGauge,
       .help = "How long the oldest pending job of the catalog has waited; 0 where none waits. The "
               "leader's alone."},
      {.metric = Metric::kSchedulerQueueStreamRuns,
       .name = "lockstitch_scheduler_queue_stream_runs",
       .kind = kGauge,
       .labels = {"state"},
       .known = {{"queued"}, {"unplaced"}, {"running"}},
       .help = "Stream runs of this scheduler's jobs, by state: queued for the limits of job, "
               "databases and scheduler; unplaced, as no extractor has a free slot; or running."},
      {.metric = Metric::kSchedulerStreamRunsLimit,
       .name = "lockstitch_scheduler_stream_runs_limit",
       .kind = kGauge,
       .help = "Stream runs that this scheduler lets run at once."},
      {.metric = Metric::kSchedulerConnectionsGranted,
       .name = "lockstitch_scheduler_connections_granted",
       .kind = kGauge,
       .help = "Connections granted to running stream runs, so many at sources and as many at "
               "destinations."},
      {.metric = Metric::kSchedulerStartLagSeconds,
       .name = "lockstitch_scheduler_start_lag_seconds",
       .kind = kHistogram,
       .buckets = kLagSeconds,
       .help = "How long after their slot, or after they were asked for, jobs of the catalog "
               "began."},
      {.metric = Metric::kSchedulerCatalogFailures,
       .name = "lockstitch_scheduler_catalog_failures_total",
       .kind = kCounter,
       .labels = {"reason"},
       .help = "Steps of the leader that failed at the catalog database, by reason code; each is "
               "tried again."},
      {.metric = Metric::kSchedulerNotifications,
       .name = "lockstitch_scheduler_notifications_total",
       .kind = kCounter,
       .labels = {"outcome"},
       .known = {{"accepted"}, {"put_off"}, {"given_up"}},
       .help = "Attempts to post a webhook's notification, by outcome: accepted, put_off or "
               "given_up."},
  };
  return *metrics;
}

bool IsServedBy(absl::string_view service, const MetricInfo& info) {
  if (!absl::StartsWith(info.name, "lockstitch_")) return true;
  for (const absl::string_view other : {"discovery", "extractor", "loader", "scheduler"}) {
    if (absl::StartsWith(info.name, absl::StrCat("lockstitch_", other, "_")))
      return service == other || service.empty();
  }
  return true;
}

const MetricInfo& InfoOf(Metric metric) { return AllMetrics()[static_cast<size_t>(metric)]; }

}  // namespace lockstitch::telemetry
