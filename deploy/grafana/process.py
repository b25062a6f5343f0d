"""The machine's side: use, saturation and errors (USE) of every process."""

from panels import BAD, GOOD, WARNING, column, dashboard, lines, number, query, steps, table
from scope import JOB, NAMESPACE, job_variable, namespace_variable

P = f"{NAMESPACE}, {JOB}"
PLACE = "{{job}} {{pod}} {{instance}}"

NOW = [
    number("Processes that answer", "Share of the targets that Prometheus could scrape.",
           f"avg(up{{{P}}})", unit="percentunit", width=6, thresholds=steps((1, GOOD), base=BAD)),
    number("Processor", "Cores that are used, of all processes.",
           f"sum(rate(process_cpu_seconds_total{{{P}}}[$__rate_interval]))", width=6, decimals=2),
    number("Most of a memory limit", "Used by the process that is nearest to its limit.",
           f"max(process_resident_memory_bytes{{{P}}} / lockstitch_process_memory_limit_bytes{{{P}}})",
           unit="percentunit", width=6, thresholds=steps((0.8, WARNING), (0.9, BAD))),
    number("Most of a limit of file descriptors", "Open in the process that is nearest to its limit.",
           f"max(process_open_fds{{{P}}} / process_max_fds{{{P}}})", unit="percentunit", width=6,
           thresholds=steps((0.6, WARNING), (0.8, BAD))),
]

USE = [
    lines("Processor", "Cores that each process uses.",
          query(f"rate(process_cpu_seconds_total{{{P}}}[$__rate_interval])", PLACE)),
    lines("Resident memory", "Of each process, and the limits.",
          query(f"process_resident_memory_bytes{{{P}}}", PLACE),
          query(f"min by (job) (lockstitch_process_memory_limit_bytes{{{P}}})", "{{job}} limit"),
          unit="bytes"),
    lines("File descriptors", "Open in each process.",
          query(f"process_open_fds{{{P}}}", PLACE), width=8),
    lines("Threads", "Of each process.", query(f"process_threads{{{P}}}", PLACE), width=8),
    lines("Address space", "Of each process; mapped, not used.",
          query(f"process_virtual_memory_bytes{{{P}}}", PLACE), unit="bytes", width=8),
]

SATURATION = [
    lines("Memory", "Used share of each process's limit. Past it the process is killed.",
          query(f"process_resident_memory_bytes{{{P}}} / lockstitch_process_memory_limit_bytes{{{P}}}", PLACE),
          unit="percentunit", width=8, limit=0.9, high=1),
    lines("File descriptors", "Open share of each process's limit.",
          query(f"process_open_fds{{{P}}} / process_max_fds{{{P}}}", PLACE), unit="percentunit", width=8,
          limit=0.8, high=1),
    lines("Extractor slots", "Taken share of each extractor's slots.",
          query(f"lockstitch_extractor_slots_in_use{{{P}}} / lockstitch_extractor_slots_limit{{{P}}}", PLACE),
          unit="percentunit", width=8, high=1),
]

ERRORS = [
    lines("Failures", "Calls, runs and jobs that ended with an error, by service and by whose they are.",
          query(f"sum by (job, fault) (rate(lockstitch_errors_total{{{P}}}[$__rate_interval]))",
                "{{job}} {{fault}}"), unit="cps"),
    lines("Starts", "How often each process was started anew in an hour.",
          query(f"changes(process_start_time_seconds{{{P}}}[1h])", PLACE)),
]

VERSIONS_AND_CERTIFICATES = [
    table("Versions", "How many processes of each version serve.", [
        column("version", "Version"),
        column("Value", "Processes"),
    ], [f"count by (version) (lockstitch_build_info{{{P}}})"], key="version", width=8),
    lines("Uptime", "Of each process.",
          query(f"time() - process_start_time_seconds{{{P}}}", PLACE), unit="s", width=8),
    lines("Certificates", "Until each process's own certificate expires; without TLS none is shown.",
          query(f"(lockstitch_tls_certificate_expiry_timestamp_seconds{{{P}}} > 0) - time()", PLACE), unit="s",
          width=8),
]


def process():
    return dashboard(
        "lockstitch-process",
        "Lockstitch / Processes",
        "Use, saturation and errors of every process: processor, memory, file descriptors, threads, versions.",
        [namespace_variable(), job_variable()],
        [
            ("Now", NOW),
            ("Use", USE),
            ("Saturation", SATURATION),
            ("Errors", ERRORS),
            ("Versions and certificates", VERSIONS_AND_CERTIFICATES),
        ],
    )
