"""What docs/api.md tells clients in other languages, tried by one. Started by foreign_client_test with SERVER, SOURCE and
DESTINATION in the environment, as replicate.py has them."""
import os
import unittest
import uuid

import grpc
from google.protobuf import field_mask_pb2
from google.rpc import status_pb2
from lockstitch.v1 import control_pb2 as api
from lockstitch.v1 import control_pb2_grpc as services
from lockstitch.v1 import integration_pb2, job_pb2, record_pb2

import replicate

PASSWORD = "correct-horse"  # In both URLs.


class ContractTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        channel = replicate.connect(os.environ["SERVER"])
        cls.addClassCleanup(channel.close)
        cls.integrations = services.IntegrationServiceStub(channel)
        cls.jobs = services.JobServiceStub(channel)
        cls.reports = services.ReportServiceStub(channel)

    def setUp(self):
        name = self._testMethodName
        self.request = api.CreateIntegrationRequest(
            integration_id=name,
            integration=replicate.settings(name, os.environ["SOURCE"], os.environ["DESTINATION"]),
            request_id=str(uuid.uuid4()),
        )

    def create(self):
        return self.integrations.CreateIntegration(self.request).integration

    def failure(self, method, request):
        with self.assertRaises(grpc.RpcError) as failed:
            method(request)
        return failed.exception

    def assert_refused(self, error, code, reason):
        self.assertEqual((error.code(), replicate.reason_of(error).reason), (code, reason), error)

    def streams(self, parent, *names):
        return api.UpdateStreamsRequest(
            parent=parent, streams=[integration_pb2.StreamSettings(stream=name) for name in names]
        )

    def test_validating_saves_nothing(self):
        self.request.validate_only = True
        would_be = self.integrations.CreateIntegration(self.request)
        self.assertEqual(would_be.integration.etag, "")
        self.assertIn("create_schema", [each.step.name for each in would_be.steps])
        gone = self.failure(self.integrations.GetIntegration, api.GetIntegrationRequest(name=would_be.integration.name))
        self.assert_refused(gone, grpc.StatusCode.NOT_FOUND, "INTEGRATION_NOT_FOUND")

    def test_a_repeated_request_creates_nothing_more(self):
        created = self.create()
        self.assertEqual(self.create(), created)
        self.request.request_id = str(uuid.uuid4())
        self.assert_refused(
            self.failure(self.integrations.CreateIntegration, self.request),
            grpc.StatusCode.ALREADY_EXISTS,
            "INTEGRATION_EXISTS",
        )

    def test_secrets_do_not_come_back(self):
        created = self.create()
        self.assertNotIn(PASSWORD, str(created))
        self.assertNotIn(PASSWORD, str(self.integrations.GetIntegration(api.GetIntegrationRequest(name=created.name))))

    def test_streams_are_edited_all_or_none(self):
        created = self.create()
        self.assertEqual(created.state, record_pb2.INTEGRATION_STATE_NOT_CONFIGURED)
        request = self.streams(created.name, "public.items", "public.none")
        self.assert_refused(
            self.failure(self.integrations.UpdateStreams, request), grpc.StatusCode.NOT_FOUND, "STREAM_NOT_FOUND"
        )
        kept = self.integrations.GetIntegration(api.GetIntegrationRequest(name=created.name)).integration
        self.assertEqual(kept, created)

    def test_an_edit_of_what_was_edited_meanwhile_is_refused(self):
        seen = self.create()
        edited = self.integrations.UpdateStreams(self.streams(seen.name, "public.items")).integration
        self.assertNotEqual(edited.etag, seen.etag)
        stale = api.UpdateIntegrationRequest(
            name=seen.name,
            etag=seen.etag,
            integration=integration_pb2.Integration(max_parallel_streams=2),
            update_mask=field_mask_pb2.FieldMask(paths=["max_parallel_streams"]),
        )
        self.assert_refused(
            self.failure(self.integrations.UpdateIntegration, stale), grpc.StatusCode.ABORTED, "ETAG_MISMATCH"
        )
        stale.etag = edited.etag
        changes = self.integrations.UpdateIntegration(stale).changes
        self.assertEqual([change.path for change in changes], ["max_parallel_streams"])

    def test_an_error_has_reason_domain_and_remedy(self):
        renaming = api.UpdateIntegrationRequest(
            name=self.create().name,
            integration=integration_pb2.Integration(name="another"),
            update_mask=field_mask_pb2.FieldMask(paths=["name"]),
        )
        error = self.failure(self.integrations.UpdateIntegration, renaming)
        self.assert_refused(error, grpc.StatusCode.INVALID_ARGUMENT, "INTEGRATION_INVALID")
        self.assertEqual(error.details(), "never changes: name")
        info = replicate.reason_of(error)
        self.assertEqual(info.domain, "lockstitch")
        self.assertEqual(
            dict(info.metadata), {"remedy": "Create another integration, or leave the field as it is."}
        )

    def test_the_longest_error_arrives_and_agrees_with_its_details(self):
        for character in ("x", "\u20ac"):
            names = [f'public."{character}{number}.' for number in range(2000)]
            error = self.failure(self.integrations.UpdateStreams, self.streams(self.create().name, *names))
            self.assert_refused(error, grpc.StatusCode.INVALID_ARGUMENT, "USAGE_INVALID")
            details = dict(error.trailing_metadata())["grpc-status-details-bin"]
            status = status_pb2.Status.FromString(details)
            self.assertEqual((status.code, status.message), (error.code().value[0], error.details()))

    def test_lists_come_by_pages_whose_tokens_belong_to_them(self):
        parent = self.create().name
        request = api.ListStreamsRequest(parent=parent, page_size=1)
        names = [each.stream for each in replicate.items(self.integrations.ListStreams, request, "streams")]
        self.assertEqual(names, ["public.audit", "public.items", "public.orders"])
        request.patterns.append("public.i*")
        self.assert_refused(
            self.failure(self.integrations.ListStreams, request), grpc.StatusCode.INVALID_ARGUMENT, "USAGE_INVALID"
        )

    def test_a_job_that_has_ended_is_watched_as_one_that_runs(self):
        parent = self.create().name
        self.integrations.UpdateStreams(self.streams(parent, "public.items"))
        run = api.RunJobRequest(parent=parent, request_id=str(uuid.uuid4()))
        job = self.jobs.RunJob(run).job
        list(replicate.watch(self.jobs, job.name))
        events = [event.WhichOneof("event") for event in replicate.watch(self.jobs, job.name)]
        self.assertEqual((events[0], events[-1]), ("job", "job"))
        self.assertEqual(events.count("stream_run"), 1)
        self.assertGreater(events.count("log"), 0)
        # The same request makes no other job, also when that one has ended.
        again = self.jobs.RunJob(run)
        self.assertEqual((again.job.name, again.job.state), (job.name, job_pb2.JOB_STATE_SUCCEEDED))
        stop = self.failure(self.jobs.StopJob, api.StopJobRequest(name=job.name))
        self.assert_refused(stop, grpc.StatusCode.FAILED_PRECONDITION, "JOB_NOT_RUNNING")

    def test_a_log_goes_on_where_its_last_page_ended(self):
        parent = self.create().name
        self.integrations.UpdateStreams(self.streams(parent, "public.items"))
        log = api.ListLogEntriesRequest(parent=parent, page_size=1)
        told = []
        for _ in range(2):
            job = self.jobs.RunJob(api.RunJobRequest(parent=parent)).job
            list(replicate.watch(self.jobs, job.name))
            entries = list(replicate.log_entries(self.jobs, log))
            self.assertEqual({kept.job for kept in entries}, {job.name})
            told += entries
        whole = replicate.log_entries(self.jobs, api.ListLogEntriesRequest(parent=parent))
        self.assertEqual(told, list(whole))


if __name__ == "__main__":
    unittest.main(verbosity=2)
