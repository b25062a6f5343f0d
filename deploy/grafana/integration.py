"""One integration: how fresh it is, what it moves, what fails."""

from panels import BAD, GOOD, WARNING, annotation, dashboard, lines, number, query, steps
from scope import DATABASES_BOARD, NAMESPACE, SCHEDULER_BOARD, go_to, integration_variable, namespace_variable

I = f'{NAMESPACE}, integration="$integration"'

NOW = [
    number("Since last success", "When a job of the integration last succeeded.",
           f"max(namespace_integration:lockstitch_since_success:seconds{{{I}}})", unit="s"),
    number("Past due", "Time since the second slot after the last success; below 0 the integration is fresh.",
           f"max(namespace_integration:lockstitch_overdue:seconds{{{I}}})", unit="s",
           thresholds=steps((0, BAD))),
    number("Schedule period", "Between the next two slots; 0 for a manual or paused integration.",
           f"max(lockstitch_scheduler_schedule_period_seconds{{{I}}})", unit="s"),
    number("Failing streams", "Streams whose last run failed.",
           f"max(lockstitch_scheduler_failing_streams{{{I}}})", thresholds=steps((1, BAD))),
    number("Standing still", "How long a running stream run has neither read nor loaded a row.",
           f"max(lockstitch_scheduler_stream_run_stalled_seconds{{{I}}})", unit="s",
           thresholds=steps((300, WARNING), (900, BAD)), link=go_to("Databases", DATABASES_BOARD)),
    number("Stream runs that succeeded", "Of those that ended in 24 hours, without the cancelled ones.",
           f'sum(increase(lockstitch_scheduler_stream_runs_total{{{I}, state="succeeded"}}[24h]))'
           f' / sum(increase(lockstitch_scheduler_stream_runs_total{{{I}, state=~"succeeded|failed"}}[24h]))',
           unit="percentunit", thresholds=steps((0.95, WARNING), (0.99, GOOD), base=BAD)),
]

ROWS_AND_BYTES = [
    lines("Rows", "Read from the source, those that are read again included, and committed at the destination.",
          query(f"sum(rate(lockstitch_extractor_rows_total{{{I}}}[$__rate_interval]))", "read"),
          query(f"sum(rate(lockstitch_loader_rows_total{{{I}}}[$__rate_interval]))", "written"),
          unit="si: rows/s"),
    lines("Bytes", "The same in bytes of COPY's binary format.",
          query(f"sum(rate(lockstitch_extractor_bytes_total{{{I}}}[$__rate_interval]))", "read"),
          query(f"sum(rate(lockstitch_loader_bytes_total{{{I}}}[$__rate_interval]))", "written"),
          unit="Bps"),
]

JOBS = [
    lines("Jobs that ended", "By state.",
          query(f"sum by (state) (increase(lockstitch_scheduler_jobs_total{{{I}}}[$__rate_interval]))",
                "{{state}}"), width=8, stacked=True),
    lines("Stream runs that ended", "By state, and failures by whose they are, the user's or the system's.",
          query("sum by (state, fault)"
                f" (increase(lockstitch_scheduler_stream_runs_total{{{I}}}[$__rate_interval]))",
                "{{state}} {{fault}}"), width=8, stacked=True),
    lines("Standing still", "How long the running stream run that has stood still longest has moved no row. Building "
          "the keys of a large table counts.",
          query(f"max(lockstitch_scheduler_stream_run_stalled_seconds{{{I}}})", "standing still"),
          unit="s", width=8, limit=900),
    lines("Slots of the schedule", "That came due, that a job was made for, and that none was made for: "
          "`lockstitch integration skipped` tells why.",
          query(f"sum(increase(lockstitch_scheduler_schedule_expected_total{{{I}}}[1h]))", "expected"),
          query(f"sum(increase(lockstitch_scheduler_schedule_started_total{{{I}}}[1h]))", "started"),
          query(f"sum(increase(lockstitch_scheduler_schedule_missed_total{{{I}}}[1h]))", "missed"),
          width=12, link=go_to("Scheduler", SCHEDULER_BOARD)),
    lines("Changes of the schema", "That loads have met, by kind, in an hour.",
          query(f"sum by (kind) (increase(lockstitch_scheduler_schema_changes_total{{{I}}}[1h]))", "{{kind}}"),
          width=12),
]


def integration():
    return dashboard(
        "lockstitch-integration",
        "Lockstitch / Integration",
        "One integration: freshness, rows and bytes in and out, jobs, failures, changes of its schema.",
        [namespace_variable(), integration_variable()],
        [
            ("Now", NOW),
            ("Rows and bytes", ROWS_AND_BYTES),
            ("Jobs", JOBS),
        ],
        annotations=[
            annotation("Schema changes",
                       f"sum by (kind) (increase(lockstitch_scheduler_schema_changes_total{{{I}}}[1m])) > 0",
                       "Schema change", "{{kind}}", "purple"),
            annotation("Failed jobs",
                       f'sum by (state) (increase(lockstitch_scheduler_jobs_total{{{I}, state="failed"}}[1m])) > 0',
                       "Job", "{{state}}", "red"),
        ],
    )
