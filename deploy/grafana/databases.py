"""What Lockstitch costs its sources and destinations, and what it has to wait for there."""

from panels import BAD, WARNING, bars, dashboard, heatmap, lines, number, query, steps
from scope import NAMESPACE, namespace_variable

N = NAMESPACE
PLACE = "{{pod}} {{instance}}"

NOW = [
    number("Oldest snapshot", "As long as it is held, the source can't remove rows that died since. Past 2 hours "
           "a ticket is opened.",
           f"max(lockstitch_extractor_oldest_snapshot_seconds{{{N}}})", unit="s",
           thresholds=steps((3600, WARNING), (7200, BAD))),
    number("Connections to sources", "In use, of all extractors.",
           f"sum(lockstitch_extractor_source_connections{{{N}}})"),
    number("Connections to destinations", "In use, of all loaders.",
           f"sum(lockstitch_loader_destination_connections{{{N}}})"),
    number("Ranges being sent", "Each is one COPY at a source and one at a destination.",
           f'sum(lockstitch_extractor_ranges{{{N}, state="sending"}})'),
    number("Loads that were aborted, 24 h", "They left nothing visible behind.",
           f'sum(increase(lockstitch_loader_loads_total{{{N}, outcome="aborted"}}[24h]))',
           thresholds=steps((1, WARNING))),
    number("Failed connection checks, 24 h", "Of `check`, `apply` and the like: mostly settings to be mended.",
           f'sum(increase(lockstitch_discovery_checks_total{{{N}, result="failed"}}[24h]))'),
]

HELD_AT_SOURCES = [
    lines("Oldest snapshot", "By extractor. The extractor ends a run whose snapshot is older than its "
          "--snapshot-age-limit.",
          query(f"lockstitch_extractor_oldest_snapshot_seconds{{{N}}}", PLACE), unit="s", limit=7200),
    lines("Connections", "In use at sources and destinations, and what running stream runs were granted at each.",
          query(f"sum(lockstitch_extractor_source_connections{{{N}}})", "sources"),
          query(f"sum(lockstitch_loader_destination_connections{{{N}}})", "destinations"),
          query(f"sum(lockstitch_scheduler_connections_granted{{{N}}})", "granted at each")),
]

RANGES = [
    lines("Ranges under way", "Sending, or queued for a connection.",
          query(f"sum by (state) (lockstitch_extractor_ranges{{{N}}})", "{{state}}"), width=8, stacked=True),
    heatmap("Time until a range was durable", "From its beginning until it was durable at the destination.",
            f"sum by (le) (increase(lockstitch_extractor_range_seconds_bucket{{{N}}}[$__rate_interval]))",
            width=8),
    lines("Ranges and commits", "Ranges that became durable, and chunks that were committed.",
          query(f"sum(rate(lockstitch_extractor_ranges_sent_total{{{N}}}[$__rate_interval]))", "ranges"),
          query(f"sum(rate(lockstitch_loader_chunks_total{{{N}}}[$__rate_interval]))", "commits"),
          unit="cps", width=8),
    lines("Who waits for whom",
          "How many ranges stand still on average: for a loader that takes no more or commits (the destination is the "
          "slower end), or for an extractor that sends nothing (the source is).",
          query(f"sum(rate(lockstitch_extractor_backpressure_seconds_total{{{N}}}[$__rate_interval]))",
                "for the destination"),
          query(f"sum(rate(lockstitch_loader_starved_seconds_total{{{N}}}[$__rate_interval]))",
                "for the source")),
    lines("Loads that ended", "Published, or aborted without a trace.",
          query(f"sum by (outcome) (increase(lockstitch_loader_loads_total{{{N}}}[$__rate_interval]))",
                "{{outcome}}"), stacked=True),
]

REFUSED_AND_REPEATED = [
    lines("Ranges opened again", "After failures that pass by themselves, by reason.",
          query("sum by (reason)"
                f" (increase(lockstitch_extractor_range_retries_total{{{N}}}[$__rate_interval])) > 0",
                "{{reason}}"), width=8, stacked=True),
    lines("Stream runs tried once more", "With another snapshot, by reason; and snapshots whose session was lost.",
          query("sum by (reason)"
                f" (increase(lockstitch_scheduler_stream_run_retries_total{{{N}}}[$__rate_interval])) > 0",
                "{{reason}}"),
          query(f"sum(increase(lockstitch_extractor_snapshots_lost_total{{{N}}}[$__rate_interval]))", "snapshots lost"),
          width=8),
    bars("What databases refuse, 24 h", "Errors of sources, destinations and connections, by reason.",
         "topk(12, sum by (reason) (increase(lockstitch_errors_total{"
         f'{N}, reason=~"SOURCE_.*|DESTINATION_.*|CONNECTION_.*|HOST_.*|AUTHENTICATION_FAILED|TLS_FAILED'
         '|TOO_MANY_CONNECTIONS|VALUE_REJECTED|KEY_.*|SNAPSHOT_TOO_OLD|PROGRESS_STALLED"}[24h])) > 0)',
         "{{reason}}", width=8, thresholds=steps((1, WARNING), (100, BAD))),
]


def databases():
    return dashboard(
        "lockstitch-databases",
        "Lockstitch / Source and destination safety",
        "Snapshots and connections that are held, ranges under way, who waits for whom, and what databases refuse.",
        [namespace_variable()],
        [
            ("Now", NOW),
            ("Held at sources", HELD_AT_SOURCES),
            ("Ranges", RANGES),
            ("Refused and repeated", REFUSED_AND_REPEATED),
        ],
    )
