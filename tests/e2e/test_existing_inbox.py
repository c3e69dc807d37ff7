"""A second stack in the same account, whose inbox is a bucket that was there before."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.conftest import BUCKET
from tests.e2e.listening import until

if TYPE_CHECKING:
    from batchdrop_sandbox.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.long]

KEY = "incoming/geoapify-geocode/von Anna/neue Adressen.csv"


def test_an_existing_bucket_is_the_inbox_and_keeps_what_else_is_in_it(
    stack: Stack, team: dict[str, str]
) -> None:
    outputs = team
    with closing(stack.client("s3")) as client:
        s3: Any = client
        assert outputs["InboxBucketName"] == BUCKET
        assert outputs["InboxOwner"] == "team"
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
        assert "von Anna/neue Adressen.csv.json" in "".join(each["Key"] for each in jobs["Contents"])
        kept = {each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET)["Contents"]}
        assert {"other/people.csv", KEY} <= kept
