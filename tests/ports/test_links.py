"""Links as somebody without credentials uses them, against S3 (moto) over HTTP; and in which form they are signed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from batchdrop.aws.clients import client
from batchdrop.aws.links import S3Links
from batchdrop.ports import Place
from tests.ports.conftest import BUCKET

if TYPE_CHECKING:
    from collections.abc import Iterator

PLACE = Place(BUCKET, "incoming/r/.job-0123/a b ü.csv")


@pytest.fixture
def links(s3: Any) -> Iterator[S3Links]:
    del s3  # the bucket
    client.cache_clear()
    yield S3Links(client("s3"))
    client.cache_clear()


def test_a_link_to_read_gives_the_object_under_a_name(links: S3Links, s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key=PLACE.key, Body=b"bytes")
    saved = requests.get(links.to_read(PLACE, 900, name="job-results.csv"), timeout=10)
    assert (saved.content, saved.headers["Content-Disposition"]) == (
        b"bytes",
        'attachment; filename="job-results.csv"',
    )
    shown = requests.get(links.to_read(PLACE, 900, name="report.html", shown=True), timeout=10)
    assert shown.headers["Content-Disposition"] == 'inline; filename="report.html"'


def test_a_link_to_write_is_good_for_one_object(links: S3Links, s3: Any) -> None:
    link = links.to_write_once(PLACE, 900, size=3, metadata={"start": "false"})
    assert link.headers == {"If-None-Match": "*", "Content-Length": "3", "x-amz-meta-start": "false"}
    assert requests.put(link.url, b"one", headers=link.headers, timeout=10).status_code == 200
    assert requests.put(link.url, b"two", headers=link.headers, timeout=10).status_code == 412
    stored = s3.get_object(Bucket=BUCKET, Key=PLACE.key)
    assert (stored["Body"].read(), stored["Metadata"]) == (b"one", {"start": "false"})


def test_what_must_come_along_is_signed_and_the_time_is_bounded(links: S3Links) -> None:
    """S3 refuses a request that lacks a signed header or has another value; moto does not look."""
    url = links.to_write_once(PLACE, 900, size=3, metadata={"start": "false"}).url
    asked = parse_qs(urlsplit(url).query)
    assert asked["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert asked["X-Amz-Expires"] == ["900"]
    assert asked["X-Amz-SignedHeaders"] == ["content-length;host;if-none-match;x-amz-meta-start"]


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1", "ap-southeast-4"])
def test_links_of_every_region_have_version_4(monkeypatch: pytest.MonkeyPatch, region: str) -> None:
    monkeypatch.setenv("AWS_REGION", region)
    monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    client.cache_clear()
    try:
        url = S3Links(client("s3")).to_read(PLACE, 60, name="x.csv")
    finally:
        client.cache_clear()
    assert "X-Amz-Algorithm=AWS4-HMAC-SHA256" in url
    assert f"%2F{region}%2Fs3%2F" in url
