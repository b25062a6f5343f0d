"""Calls by rate, errors and duration (RED), at the servers and as their clients see them."""

from panels import BAD, WARNING, dashboard, lines, number, query, steps, variable
from scope import JOB, NAMESPACE, job_variable, namespace_variable

S = f'{NAMESPACE}, {JOB}, grpc_service=~"$service"'
METHOD = "{{grpc_service}}/{{grpc_method}}"
# Codes that a caller can't be blamed for. A full extractor answers RESOURCE_EXHAUSTED, which is no failure.
FAILED = 'grpc_code=~"UNKNOWN|DEADLINE_EXCEEDED|INTERNAL|UNAVAILABLE|DATA_LOSS"'


def rate(metric, by, more=""):
    return f"sum by ({by}) (rate({metric}{{{S}{more}}}[$__rate_interval]))"


def duration(share, side):
    metric = f"grpc_{side}_handling_seconds_bucket"
    return (f"histogram_quantile({share}, sum by (le, grpc_service, grpc_method)"
            f' (rate({metric}{{{S}, grpc_type="unary"}}[$__rate_interval])))')


def red(side):
    method = "grpc_service, grpc_method"
    return [
        lines("Rate", "Calls that began, by method.",
              query(rate(f"grpc_{side}_started_total", method), METHOD), unit="reqps", width=8),
        lines("Errors", "Calls that ended otherwise than OK. CANCELLED and RESOURCE_EXHAUSTED belong to normal work.",
              query(rate(f"grpc_{side}_handled_total", "grpc_code, grpc_method", ', grpc_code!="OK"'),
                    "{{grpc_code}} {{grpc_method}}"), unit="reqps", width=8, stacked=True),
        lines("Duration of unary calls, 99 %", "Streams live as long as the work that they carry, and are left out.",
              query(duration(0.99, side), METHOD), unit="s", width=8),
        lines("Duration of unary calls, median", "By method.", query(duration(0.5, side), METHOD), unit="s", width=8),
        lines("Messages in", "By method; of streams each message counts.",
              query(rate(f"grpc_{side}_msg_received_total", method), METHOD), unit="cps", width=8),
        lines("Messages out", "By method.", query(rate(f"grpc_{side}_msg_sent_total", method), METHOD), unit="cps",
              width=8),
    ]


NOW = [
    number("Calls", "That servers take.", f"sum(rate(grpc_server_started_total{{{S}}}[$__rate_interval]))",
           unit="reqps", width=6),
    number("Failed calls", "Share that ended with UNKNOWN, DEADLINE_EXCEEDED, INTERNAL, UNAVAILABLE or DATA_LOSS.",
           f"(sum(rate(grpc_server_handled_total{{{S}, {FAILED}}}[$__rate_interval])) or vector(0))"
           f" / sum(rate(grpc_server_handled_total{{{S}}}[$__rate_interval]))",
           unit="percentunit", width=6, thresholds=steps((0.01, WARNING), (0.05, BAD))),
    number("Calls in flight", "At servers; long streams among them.",
           f"sum(grpc_server_calls_in_flight{{{S}}})", width=6),
    number("Unary calls, 99 %", "Their duration at servers.",
           "histogram_quantile(0.99, sum by (le)"
           f' (rate(grpc_server_handling_seconds_bucket{{{S}, grpc_type="unary"}}[$__rate_interval])))',
           unit="s", width=6, thresholds=steps((1, WARNING), (5, BAD))),
]

IN_FLIGHT = [
    lines("Calls in flight", "At servers, by method.",
          query(f"sum by (grpc_service, grpc_method) (grpc_server_calls_in_flight{{{S}}})", METHOD), width=24,
          stacked=True),
]


def calls():
    service = variable("service", "gRPC service",
                       f"label_values(grpc_server_started_total{{{NAMESPACE}, {JOB}}}, grpc_service)")
    return dashboard(
        "lockstitch-grpc",
        "Lockstitch / gRPC",
        "Rate, errors and duration of the calls between services and of the API.",
        [namespace_variable(), job_variable(), service],
        [
            ("Now", NOW),
            ("At servers", red("server")),
            ("In flight", IN_FLIGHT),
            ("As clients see it", red("client")),
        ],
    )
