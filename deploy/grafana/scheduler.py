"""Who leads, what waits for its turn, and what became of the slots of schedules."""

from panels import BAD, GOOD, WARNING, dashboard, heatmap, lines, number, query, states, steps, timeline
from scope import DATABASES_BOARD, NAMESPACE, go_to, namespace_variable

N = NAMESPACE
LEADS = states({0: ("waits", "text"), 1: ("leads", GOOD)})


def quantile(share, metric, by=""):
    grouped = f"le, {by}" if by else "le"
    return f"histogram_quantile({share}, sum by ({grouped}) (rate({metric}_bucket{{{N}}}[$__rate_interval])))"

NOW = [
    number("Leaders", "One scheduler leads.", f"sum(lockstitch_scheduler_leading{{{N}}})",
           thresholds=steps((1, GOOD), (2, WARNING), base=BAD)),
    number("Running jobs", "Of the catalog.", f'max(lockstitch_scheduler_queue_jobs{{{N}, state="running"}})'),
    number("Pending jobs", "They wait for their turn.",
           f'max(lockstitch_scheduler_queue_jobs{{{N}, state="pending"}})', thresholds=steps((10, WARNING))),
    number("Oldest pending job", "How long it has waited to be started. Past 10 minutes it pages.",
           f"max(lockstitch_scheduler_queue_oldest_seconds{{{N}}})", unit="s",
           thresholds=steps((300, WARNING), (600, BAD))),
    number("Extractor slots taken", "Of all extractors. A full one refuses runs; the scheduler tries the next.",
           f"sum(lockstitch_extractor_slots_in_use{{{N}}}) / sum(lockstitch_extractor_slots_limit{{{N}}})",
           unit="percentunit", thresholds=steps((0.8, WARNING), (1, BAD))),
    number("Missed slots, 24 h", "Slots of schedules that no job was made for.",
           f"sum(increase(lockstitch_scheduler_schedule_missed_total{{{N}}}[24h]))",
           thresholds=steps((1, WARNING))),
]

LEADERSHIP = [
    timeline("Who leads", "A leader that dies, stops or is cut off is followed within five seconds.",
             f"lockstitch_scheduler_leading{{{N}}}", "{{pod}} {{instance}}", mappings=LEADS, width=12),
    lines("Leadership lost", "Without having been given up, and steps of the leader that failed at the catalog, "
          "in ten minutes.",
          query(f"sum(increase(lockstitch_scheduler_leadership_lost_total{{{N}}}[10m]))", "lost"),
          query(f"sum by (reason) (increase(lockstitch_scheduler_catalog_failures_total{{{N}}}[10m]))",
                "{{reason}}"), width=12),
]

QUEUES = [
    lines("Jobs", "Open jobs of the catalog, by state, and how many may run.",
          query(f"max by (state) (lockstitch_scheduler_queue_jobs{{{N}}})", "{{state}}"),
          query(f"max(lockstitch_scheduler_jobs_limit{{{N}}})", "limit"), width=8),
    lines("Oldest pending job", "How long it has waited.",
          query(f"max(lockstitch_scheduler_queue_oldest_seconds{{{N}}})", "oldest"), unit="s", width=8,
          limit=600),
    lines("Time until jobs began", "After their slot, or after they were asked for.",
          query(quantile(0.5, "lockstitch_scheduler_start_lag_seconds"), "median"),
          query(quantile(0.99, "lockstitch_scheduler_start_lag_seconds"), "99 %"), unit="s", width=8),
    lines("Stream runs", "Queued for the limits of job, databases and scheduler; unplaced, as no extractor has a free "
          "slot; running; and how many may run.",
          query(f"sum by (state) (lockstitch_scheduler_queue_stream_runs{{{N}}})", "{{state}}"),
          query(f"sum(lockstitch_scheduler_stream_runs_limit{{{N}}})", "limit"), width=8),
    lines("Extractor slots", "Taken and there, of all extractors.",
          query(f"sum(lockstitch_extractor_slots_in_use{{{N}}})", "taken"),
          query(f"sum(lockstitch_extractor_slots_limit{{{N}}})", "there"), width=8,
          link=go_to("Databases", DATABASES_BOARD)),
    lines("Idle extractors", "How long none of their slots has been taken: those that may go first.",
          query(f"lockstitch_extractor_idle_seconds{{{N}}}", "{{pod}} {{instance}}"), unit="s", width=8),
]

SCHEDULES = [
    lines("Slots", "That came due, that a job was made for, and that none was made for, in an hour.",
          query(f"sum(increase(lockstitch_scheduler_schedule_expected_total{{{N}}}[1h]))", "expected"),
          query(f"sum(increase(lockstitch_scheduler_schedule_started_total{{{N}}}[1h]))", "started"),
          query(f"sum(increase(lockstitch_scheduler_schedule_missed_total{{{N}}}[1h]))", "missed"), width=8),
    lines("Decisions", "What was decided for integrations that were due; invalid is a schedule that can't be read.",
          query(f"sum by (action) (increase(lockstitch_scheduler_planned_total{{{N}}}[$__rate_interval]))",
                "{{action}}"), width=8, stacked=True),
    lines("Webhooks", "Attempts to post a notification, by outcome. Given up: six attempts failed.",
          query("sum by (outcome)"
                f" (increase(lockstitch_scheduler_notifications_total{{{N}}}[$__rate_interval]))",
                "{{outcome}}"), width=8, stacked=True),
]

DURATIONS = [
    heatmap("Jobs", "How long they took from their start.",
            f"sum by (le) (increase(lockstitch_scheduler_job_seconds_bucket{{{N}}}[$__rate_interval]))"),
    heatmap("Stream runs", "How long they took from their first offer.",
            f"sum by (le) (increase(lockstitch_scheduler_stream_run_seconds_bucket{{{N}}}[$__rate_interval]))"),
]


def scheduler():
    return dashboard(
        "lockstitch-scheduler",
        "Lockstitch / Scheduler",
        "Leadership, queues, slots of schedules, the catalog database, webhooks.",
        [namespace_variable()],
        [
            ("Now", NOW),
            ("Leadership", LEADERSHIP),
            ("Queues", QUEUES),
            ("Schedules", SCHEDULES),
            ("Durations", DURATIONS),
        ],
    )
