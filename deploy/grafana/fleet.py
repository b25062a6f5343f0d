"""All integrations at a glance: which are fresh, which fail, and how much is moved."""

from panels import BAD, GOOD, WARNING, bars, column, dashboard, lines, number, query, steps, table, timeline
from scope import INTEGRATION_BOARD, NAMESPACE, SCHEDULER_BOARD, go_to, namespace_variable

N = NAMESPACE
TO_INTEGRATION = go_to("Open the integration", INTEGRATION_BOARD, integration="${__data.fields.integration}")

NOW = [
    number("Integrations", "Those that the leading scheduler keeps.",
           f"count(max by (namespace, integration) (lockstitch_scheduler_failing_streams{{{N}}}))", width=3),
    number("Fresh", "Share of the scheduled integrations of which a job has succeeded within two periods.",
           f"avg(namespace_integration:lockstitch_overdue:seconds{{{N}}} <= bool 0)", unit="percentunit",
           thresholds=steps((0.9, WARNING), (1, GOOD), base=BAD)),
    number("Failing integrations", "Those with a stream whose last run failed.",
           f"sum(max by (namespace, integration) (lockstitch_scheduler_failing_streams{{{N}}}) > bool 0)",
           thresholds=steps((1, WARNING))),
    number("Stream runs that succeeded", "Of those that ended in 24 hours, without the cancelled ones.",
           f'sum(increase(lockstitch_scheduler_stream_runs_total{{{N}, state="succeeded"}}[24h]))'
           f' / sum(increase(lockstitch_scheduler_stream_runs_total{{{N}, state=~"succeeded|failed"}}[24h]))',
           unit="percentunit", decimals=2, thresholds=steps((0.95, WARNING), (0.99, GOOD), base=BAD)),
    number("Error budget left",
           "Of 30 days: 1 % of all stream runs may fail by fault of the system. Below 0 it is overdrawn.",
           "1 - sum(increase(lockstitch_scheduler_stream_runs_total"
           f'{{{N}, state="failed", fault="system"}}[30d]))'
           f' / (0.01 * sum(increase(lockstitch_scheduler_stream_runs_total{{{N},'
           ' state=~"succeeded|failed"}[30d])))',
           unit="percentunit", thresholds=steps((0, WARNING), (0.25, GOOD), base=BAD)),
    number("Oldest pending job", "How long it has waited to be started. Past 10 minutes it pages.",
           f"max(lockstitch_scheduler_queue_oldest_seconds{{{N}}})", unit="s", width=5,
           thresholds=steps((300, WARNING), (600, BAD)), link=go_to("Scheduler", SCHEDULER_BOARD)),
]

INTEGRATIONS = [
    table("All integrations", "A click on a name opens the integration's board.", [
        column("integration", "Integration", link=TO_INTEGRATION, width=220),
        column("Value #A", "Failing streams", thresholds=steps((1, BAD))),
        column("Value #B", "Since last success", unit="s"),
        column("Value #C", "Past due", unit="s", thresholds=steps((0, BAD))),
        column("Value #D", "Schedule period", unit="s"),
        column("Value #E", "Standing still", unit="s", thresholds=steps((900, BAD))),
        column("Value #F", "Failed jobs, 24 h", thresholds=steps((1, WARNING))),
        column("Value #G", "Rows written, 24 h"),
    ], [
        f"max by (integration) (lockstitch_scheduler_failing_streams{{{N}}})",
        f"max by (integration) (namespace_integration:lockstitch_since_success:seconds{{{N}}})",
        f"max by (integration) (namespace_integration:lockstitch_overdue:seconds{{{N}}})",
        f"max by (integration) (lockstitch_scheduler_schedule_period_seconds{{{N}}} > 0)",
        f"max by (integration) (lockstitch_scheduler_stream_run_stalled_seconds{{{N}}})",
        f'sum by (integration) (increase(lockstitch_scheduler_jobs_total{{{N}, state="failed"}}[24h]))',
        f"sum by (integration) (increase(lockstitch_loader_rows_total{{{N}}}[24h]))",
    ], key="integration", height=10, sort="Failing streams"),
    timeline("Freshness", "Time since the last success, in periods of the schedule: from two on, an integration is "
             "stale. Nights and weekends that a cron schedule leaves out show here; the alert knows them.",
             f"max by (integration) (namespace_integration:lockstitch_since_success:seconds{{{N}}})"
             " / max by (integration)"
             f" (lockstitch_scheduler_schedule_period_seconds{{{N}}} > 0)",
             "{{integration}}", thresholds=steps((1.5, WARNING), (2, BAD))),
]

THROUGHPUT = [
    lines("Rows written", "Committed at destinations; the ten integrations with the most.",
          query(f"topk(10, sum by (integration) (rate(lockstitch_loader_rows_total{{{N}}}[$__rate_interval])))",
                "{{integration}}"), unit="si: rows/s", stacked=True),
    lines("Bytes written", "Committed at destinations, as COPY's binary format has them; the ten with the most.",
          query(f"topk(10, sum by (integration) (rate(lockstitch_loader_bytes_total{{{N}}}[$__rate_interval])))",
                "{{integration}}"), unit="Bps", stacked=True),
]

FAILURES = [
    lines("Stream runs that ended", "By state, and failures by whose they are, the user's or the system's.",
          query("sum by (state, fault)"
                f" (increase(lockstitch_scheduler_stream_runs_total{{{N}}}[$__rate_interval]))",
                "{{state}} {{fault}}"), width=12, stacked=True),
    bars("Errors by reason, 24 h", "Of all services. docs/errors.md tells of each what to do.",
         f"topk(12, sum by (reason, fault) (increase(lockstitch_errors_total{{{N}}}[24h])) > 0)",
         "{{reason}} ({{fault}})", width=12, thresholds=steps((1, WARNING), (100, BAD))),
    lines("Failed by fault of the system",
          "Share of the stream runs, in the windows of the error budget's alerts, which page above 14.4 % (5 min and "
          "1 h) and above 6 % (30 min and 6 h).",
          *(query(f"namespace:lockstitch_stream_runs_failed:ratio_rate{window}{{{N}}}",
                  f"{{{{namespace}}}} {window}") for window in ("5m", "30m", "1h", "6h")),
          unit="percentunit", width=24, limit=0.144),
]


def fleet():
    return dashboard(
        "lockstitch-fleet",
        "Lockstitch / Fleet",
        "Which integrations are fresh, which fail and why, and how much is replicated.",
        [namespace_variable()],
        [
            ("Now", NOW),
            ("Integrations", INTEGRATIONS),
            ("Throughput", THROUGHPUT),
            ("Failures", FAILURES),
        ],
        since="now-24h",
    )
