"""What the results bucket's lifecycle rules go by is what the store writes."""

from __future__ import annotations

from typing import Any

import pytest

from batchdrop.aws.store import S3Store
from batchdrop.ports import Place
from tests.ports.conftest import BUCKET
from tests.template.loading import load_template

RULES = load_template()["Resources"]["ResultsBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
FILTERS = [rule["TagFilters"] for rule in RULES if "TagFilters" in rule]


def tags(s3: Any, key: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = s3.get_object_tagging(Bucket=BUCKET, Key=key)["TagSet"]
    return found


@pytest.mark.parametrize(
    "key", ["jobs/a-0123456789abcdef/raw/00001/answer", "jobs/a-0123456789abcdef/work/firsts"]
)
def test_raw_answers_and_working_files_can_expire_on_their_own(s3: Any, key: str) -> None:
    store = S3Store(s3)
    store.put(Place(BUCKET, key), b"small")
    assert tags(s3, key) in FILTERS
    upload = store.upload(Place(BUCKET, key), content_type="application/octet-stream")
    upload.add(b"large")
    upload.complete()
    assert tags(s3, key) in FILTERS


@pytest.mark.parametrize(
    "key", ["jobs/a-0123456789abcdef/results.csv", "by-input/raw/work/x.json", "jobs/a/job.json"]
)
def test_results_expire_as_results(s3: Any, key: str) -> None:
    store = S3Store(s3)
    result = [{"Key": "batchdrop", "Value": "result"}]
    assert result in FILTERS
    assert store.put_if(Place(BUCKET, key), b"small", etag=None)
    assert tags(s3, key) == result
    upload = store.upload(Place(BUCKET, key), content_type="text/csv")
    upload.add(b"large")
    upload.complete()
    assert tags(s3, key) == result


def test_what_is_dropped_has_no_tags_of_ours(s3: Any) -> None:
    S3Store(s3).put(Place(BUCKET, "incoming/geoapify-geocode/raw/people.csv"), b"dropped")
    assert tags(s3, "incoming/geoapify-geocode/raw/people.csv") == []
