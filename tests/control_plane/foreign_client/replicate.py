"""Replicates two tables through Lockstitch's API: an example of a client in another language (docs/api.md).

usage: replicate.py SERVER SOURCE DESTINATION

SERVER is where `lockstitch up`, or a scheduler with a catalog, serves; SOURCE and DESTINATION are postgresql:// URLs. The
source has the tables public.orders, with a column updated_at, and public.items. Besides gRPC it needs what protoc
generates from protos/ and third_party/googleapis/.
"""
import sys
import time
import uuid

import grpc
from google.rpc import error_details_pb2, status_pb2
from lockstitch.v1 import control_pb2 as api
from lockstitch.v1 import control_pb2_grpc as services
from lockstitch.v1 import integration_pb2, job_pb2, schedule_pb2

DEADLINE = 60  # Seconds for a call that checks connections or reads a source's catalog; others take far less.


def connect(server):
    options = [
        # An integration of very many streams can be larger than the 4 MiB that clients take by default.
        ("grpc.max_receive_message_length", 16 << 20),
        # So that a watch notices when the scheduler's machine is gone.
        ("grpc.keepalive_time_ms", 20_000),
    ]
    return grpc.insecure_channel(server, options=options)


def reason_of(error):
    """The google.rpc.ErrorInfo of a failed call; an empty one where gRPC itself has failed it."""
    info = error_details_pb2.ErrorInfo()
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            for detail in status_pb2.Status.FromString(value).details:
                if detail.Unpack(info):
                    return info
    return info


def items(method, request, field):
    """What a list holds, page by page."""
    while True:
        page = method(request, timeout=DEADLINE)
        yield from getattr(page, field)
        if not page.next_page_token:
            return
        request.page_token = page.next_page_token


def log_entries(jobs, request):
    """A log, page by page. Called again with the same request it goes on with what has come since."""
    more = True
    while more:
        page = jobs.ListLogEntries(request, timeout=DEADLINE)
        yield from page.entries
        request.page_token = page.next_page_token
        more = page.more


def watch(jobs, name):
    """The events of a job, until it has ended. Where the scheduler goes away, the next one tells all of them again."""
    while True:
        try:
            for response in jobs.WatchJob(api.WatchJobRequest(name=name), wait_for_ready=True):
                yield response.event
            return
        except grpc.RpcError as error:
            if error.code() not in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED):
                raise
            time.sleep(0.5)


def settings(name, source, destination):
    """An integration that selects no stream yet, and whose jobs are started by hand."""
    return integration_pb2.Integration(
        name=name,
        source=integration_pb2.Source(postgres=integration_pb2.PostgresConnection(url=source)),
        destination=integration_pb2.Destination(postgres=integration_pb2.PostgresConnection(url=destination)),
        selection=integration_pb2.StreamSelection(patterns=["!*.*"]),
        schedule=schedule_pb2.Schedule(manual=True),
    )


def replicate(server, source, destination):
    channel = connect(server)
    integrations = services.IntegrationServiceStub(channel)
    jobs = services.JobServiceStub(channel)
    reports = services.ReportServiceStub(channel)

    # Repeated with the same request_id it creates nothing more.
    create = api.CreateIntegrationRequest(
        integration_id="shop", integration=settings("shop", source, destination), request_id=str(uuid.uuid4())
    )
    checked = api.CreateIntegrationRequest()
    checked.CopyFrom(create)
    checked.validate_only = True
    for each in integrations.CreateIntegration(checked, timeout=DEADLINE).steps:
        print("check", each.end, each.step.name, integration_pb2.CheckResult.Name(each.step.result))
    shop = integrations.CreateIntegration(create, timeout=DEADLINE).integration
    print("created", shop.name)

    for stream in items(integrations.ListStreams, api.ListStreamsRequest(parent=shop.name), "streams"):
        print("stream", stream.stream, len(stream.table.columns), "columns")

    # Both or none, and none if somebody else has edited the integration since.
    selected = integrations.UpdateStreams(
        api.UpdateStreamsRequest(
            parent=shop.name,
            etag=shop.etag,
            streams=[
                integration_pb2.StreamSettings(
                    stream="public.orders",
                    method=integration_pb2.REPLICATION_METHOD_INCREMENTAL,
                    replication_key="updated_at",
                ),
                integration_pb2.StreamSettings(stream="public.items"),
            ],
        ),
        timeout=DEADLINE,
    )
    for change in selected.changes:
        print("changed", change.path, "from", repr(change.before), "to", repr(change.after))

    run = api.RunJobRequest(parent=shop.name, request_id=str(uuid.uuid4()))
    job = jobs.RunJob(run, timeout=DEADLINE).job
    for event in watch(jobs, job.name):
        if event.HasField("job"):
            job = event.job
            print("job", job_pb2.JobState.Name(job.state))
        elif event.HasField("stream_run"):
            print("run", event.stream_run.stream, event.stream_run.progress.rows_loaded, "rows")

    log = api.ListLogEntriesRequest(parent=job.name, page_size=2)
    for kept in log_entries(jobs, log):
        print("log", kept.entry.stream or "job", kept.entry.message)

    for report in items(reports.ListLoadReports, api.ListLoadReportsRequest(parent=shop.name), "reports"):
        print("report", report.stream, report.last_load_rows, "rows in", report.destination_table)
    for day in items(reports.ListUsage, api.ListUsageRequest(parent=shop.name), "days"):
        print("usage", day.day, day.rows, "rows")
    return job.state == job_pb2.JOB_STATE_SUCCEEDED


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    try:
        sys.exit(0 if replicate(*sys.argv[1:]) else 1)
    except grpc.RpcError as error:
        info = reason_of(error)
        sys.exit(f"{info.reason or error.code().name}: {error.details()} {info.metadata['remedy']}")


if __name__ == "__main__":
    main()
