"""A second stack in the same account, whose inbox is a bucket that was there before."""

from __future__ import annotations

import json
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Any

import pytest

from batchdrop_sandbox import deploy
from tests.e2e.listening import until
from tests.template.loading import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from batchdrop_sandbox.simulators.server import SimulatorServer
    from batchdrop_sandbox.stack import Stack

pytestmark = pytest.mark.e2e

BUCKET, KEY = "team-uploads", "incoming/geoapify-geocode/von Anna/neue Adressen.csv"


def test_an_existing_bucket_is_the_inbox_and_keeps_what_else_is_in_it(
    stack: Stack, simulators: SimulatorServer, tmp_path: Path
) -> None:
    with ExitStack() as held:
        s3: Any = held.enter_context(closing(stack.client("s3")))
        s3.create_bucket(Bucket=BUCKET)
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        s3.put_bucket_notification_configuration(
            Bucket=BUCKET, NotificationConfiguration={"EventBridgeConfiguration": {}}
        )
        endpoint = stack.emulator.endpoint
        outputs = deploy.deploy(
            ROOT, tmp_path, endpoint, "team", dict(simulators.urls), ExistingInboxBucket=BUCKET
        )
        assert outputs["InboxBucketName"] == BUCKET
        assert {each["Name"] for each in s3.list_buckets()["Buckets"] if each["Name"].startswith("team-")} == {
            BUCKET, "team-code", outputs["ResultsBucketName"],
        }  # fmt: skip
        s3.put_object(Bucket=BUCKET, Key="other/people.csv", Body=b"address\nelsewhere\n")
        s3.put_object(Bucket=BUCKET, Key=KEY, Body=b"address\nBerlin\nNirgendwo 77\n")

        def read(key: str) -> Any:
            found = s3.list_objects_v2(Bucket=outputs["ResultsBucketName"], Prefix=key).get("Contents")
            if not found:
                return None
            return json.loads(s3.get_object(Bucket=outputs["ResultsBucketName"], Key=key)["Body"].read())

        pointer = until(lambda: read("by-input/geoapify-geocode/von Anna/neue Adressen.csv.json"))
        ended = until(
            lambda: (job := read(f"jobs/{pointer['job']}/job.json")) and job["status"] == "completed" and job
        )
        assert ended["input"]["key"] == KEY
        assert ended["records"]["total"] == 2
        jobs = s3.list_objects_v2(Bucket=outputs["ResultsBucketName"], Prefix="by-input/")
        assert jobs["KeyCount"] == 1
        assert s3.list_objects_v2(Bucket=BUCKET)["KeyCount"] == 2
