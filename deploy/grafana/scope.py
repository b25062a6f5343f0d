"""What the dashboards choose series by, and how they lead to each other."""

from panels import variable

NAMESPACE = 'namespace=~"$namespace"'
JOB = 'job=~"$job"'

FLEET_BOARD = "lockstitch-fleet"
INTEGRATION_BOARD = "lockstitch-integration"
DATABASES_BOARD = "lockstitch-databases"
SCHEDULER_BOARD = "lockstitch-scheduler"
GRPC_BOARD = "lockstitch-grpc"
PROCESS_BOARD = "lockstitch-process"


def namespace_variable():
    return variable("namespace", "Namespace", 'label_values(up{job=~"lockstitch.*"}, namespace)')


def job_variable():
    return variable("job", "Service", f'label_values(up{{job=~"lockstitch.*", {NAMESPACE}}}, job)')


def integration_variable():
    return variable("integration", "Integration",
                    f"label_values(lockstitch_scheduler_failing_streams{{{NAMESPACE}}}, integration)", many=False)


def go_to(title, board, **values):
    """A link to another dashboard with the same data source, namespace and time."""
    chosen = "".join(f"&var-{name}={value}" for name, value in values.items())
    return {
        "title": title,
        "url": f"/d/{board}?${{datasource:queryparam}}&${{namespace:queryparam}}&${{__url_time_range}}{chosen}",
        "targetBlank": False,
    }
