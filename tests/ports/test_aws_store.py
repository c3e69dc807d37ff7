"""What only the real store can meet: dropped connections, lost replies, refusals, keys of KMS."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, IncompleteReadError, ResponseStreamingError
from moto.s3.models import s3_backends

from batchdrop.aws.store import S3Store
from batchdrop.errors import BadFile, BatchdropError, GoneMissing
from batchdrop.ports import Place
from tests.ports.conftest import BUCKET
from tests.ports.faults import lose_reply, refuse

if TYPE_CHECKING:
    from collections.abc import Callable

PLACE = Place(BUCKET, "incoming/route/file.csv")
LINES = b"".join(b"%d,line\n" % number for number in range(100_000))


@pytest.fixture
def store(s3: Any) -> S3Store:
    return S3Store(s3)


class Dropping(io.RawIOBase):
    """A body whose connection breaks after so many bytes."""

    def __init__(self, body: bytes, after: int, error: Exception) -> None:
        self._body = io.BytesIO(body[:after])
        self._error = error

    def readinto(self, buffer: Any) -> int:
        count = self._body.readinto(buffer)
        if count == 0:
            raise self._error
        return count


def drop_bodies(s3: Any, after: list[int], error: Exception) -> list[dict[str, Any]]:
    """Break the bodies of the next reads after so many bytes each; gives the parameters of all reads."""
    asked: list[dict[str, Any]] = []

    def replace(parsed: dict[str, Any], **_: Any) -> None:
        if after and "Body" in parsed:
            parsed["Body"] = Dropping(parsed["Body"].read(), after.pop(0), error)

    s3.meta.events.register("after-call.s3.GetObject", replace)
    s3.meta.events.register("provide-client-params.s3.GetObject", lambda params, **_: asked.append(params))
    return asked


BREAKS = [
    ResponseStreamingError(error="reset"),
    IncompleteReadError(actual_bytes=1, expected_bytes=2),
    ConnectionResetError("reset"),
]


@pytest.mark.parametrize("error", BREAKS, ids=lambda error: type(error).__name__)
def test_a_dropped_connection_is_taken_up_where_it_broke(s3: Any, store: S3Store, error: Exception) -> None:
    etag = store.put(PLACE, LINES).etag
    asked = drop_bodies(s3, [300_000, 0, 0, 1], error)
    with store.open(PLACE, 10, 900_000) as stream:
        assert b"".join(stream) == LINES[10:900_000]
    ranges = [params["Range"] for params in asked]
    assert ranges == [f"bytes={start}-899999" for start in (10, 300_010, 300_010, 300_010, 300_011)]
    assert [params.get("IfMatch") for params in asked] == [None, *[f'"{etag}"'] * 4]


def test_a_connection_that_only_drops_is_given_up(s3: Any, store: S3Store) -> None:
    store.put(PLACE, LINES)
    asked = drop_bodies(s3, [5000, 0, 0, 0, 0, 0], ResponseStreamingError(error="reset"))
    with store.open(PLACE) as stream, pytest.raises(ResponseStreamingError):
        stream.read()
    assert len(asked) == 4


def test_a_break_after_the_last_byte_is_the_end(s3: Any, store: S3Store) -> None:
    store.put(PLACE, LINES)
    drop_bodies(s3, [len(LINES)], ResponseStreamingError(error="reset"))
    assert store.read(PLACE) == LINES


def test_an_object_replaced_while_it_is_read_is_missing(s3: Any, store: S3Store) -> None:
    store.put(PLACE, LINES)
    drop_bodies(s3, [5000], ResponseStreamingError(error="reset"))
    with store.open(PLACE) as stream:
        stream.read(10)
        store.put(PLACE, LINES.lower())
        store.put(PLACE, LINES + b"more")
        with pytest.raises(GoneMissing, match="replaced"):
            stream.read()


def test_closing_a_stream_closes_the_connection(s3: Any, store: S3Store) -> None:
    store.put(PLACE, LINES)
    bodies: list[Any] = []
    s3.meta.events.register("after-call.s3.GetObject", lambda parsed, **_: bodies.append(parsed["Body"]))
    stream = store.open(PLACE)
    stream.readline()
    stream.close()
    assert bodies[0]._raw_stream.closed


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("AccessDenied", "NO_ACCESS"),
        ("KMS.DisabledException", "NO_ACCESS"),
        ("InvalidObjectState", "ARCHIVED"),
    ],
)
def test_an_object_that_may_not_be_read_is_a_bad_file(
    s3: Any, store: S3Store, code: str, problem: str
) -> None:
    store.put(PLACE, LINES)
    refuse(s3, "GetObject", code)
    with pytest.raises(BadFile) as caught:
        store.open(PLACE)
    assert [found.code for found in caught.value.problems] == [problem]


def test_a_refused_head_is_a_bad_file_and_not_an_absent_object(s3: Any, store: S3Store) -> None:
    refuse(s3, "HeadObject", "403")
    with pytest.raises(BadFile, match="NO_ACCESS"):
        store.head(PLACE)


@pytest.mark.parametrize("code", ["NoSuchKey", "NoSuchVersion", "MethodNotAllowed", "404", "405"])
def test_a_version_that_was_deleted_is_missing(s3: Any, store: S3Store, code: str) -> None:
    refuse(s3, "GetObject", code)
    with pytest.raises(GoneMissing):
        store.open(PLACE)
    refuse(s3, "HeadObject", code)
    assert store.head(PLACE) is None


@pytest.mark.parametrize(
    ("operation", "call"),
    [
        ("GetObject", lambda store: store.open(PLACE)),
        ("HeadObject", lambda store: store.head(PLACE)),
        ("PutObject", lambda store: store.put(PLACE, b"")),
        ("PutObject", lambda store: store.put_if(PLACE, b"", etag=None)),
        ("CreateMultipartUpload", lambda store: store.upload(PLACE, content_type="text/csv")),
        ("UploadPart", lambda store: store.upload(PLACE, content_type="text/csv", upload_id="u").add(b"")),
        (
            "CompleteMultipartUpload",
            lambda store: store.upload(PLACE, content_type="a/b", upload_id="u").complete(),
        ),
        (
            "AbortMultipartUpload",
            lambda store: store.upload(PLACE, content_type="a/b", upload_id="u").abort(),
        ),
    ],
)
def test_trouble_of_s3_goes_up_as_it_is(
    s3: Any, store: S3Store, operation: str, call: Callable[[S3Store], object]
) -> None:
    refuse(s3, operation, "InternalError")
    with pytest.raises(ClientError, match="InternalError"):
        call(store)


@pytest.mark.usefixtures("no_waits")
def test_after_a_lost_reply_put_if_may_meet_its_own_write(s3: Any, store: S3Store) -> None:
    lost = lose_reply(s3, "PutObject")
    assert store.put_if(PLACE, b"mine", etag=None) is None
    assert lost.left == 0
    assert store.read(PLACE) == b"mine"  # the contract: read it again


def test_a_write_that_races_another_is_refused(s3: Any, store: S3Store) -> None:
    refuse(s3, "PutObject", "ConditionalRequestConflict")
    assert store.put_if(PLACE, b"mine", etag=None) is None


def test_a_completion_whose_reply_was_lost_is_recognised_by_its_etag(s3: Any, store: S3Store) -> None:
    upload = store.upload(PLACE, content_type="text/csv")
    upload.add(b"x" * 5 * 1024 * 1024)
    upload.add(b"y")
    done = upload.complete()
    refuse(s3, "CompleteMultipartUpload", "NoSuchUpload")
    again = upload.complete()
    assert again == done
    assert again.version is not None


def test_a_completion_is_not_mistaken_for_another_object_of_the_same_size(s3: Any, store: S3Store) -> None:
    mine, other = (store.upload(PLACE, content_type="text/csv") for _ in range(2))
    for upload, body in ((mine, b"mine"), (other, b"alas")):
        upload.add(body)
        upload.complete()
    refuse(s3, "CompleteMultipartUpload", "NoSuchUpload")
    with pytest.raises(GoneMissing, match="another"):
        mine.complete()


@pytest.mark.parametrize(("parts", "known"), [(1, True), (2, False)])
def test_under_a_kms_key_a_completion_is_recognised_by_size_and_number_of_parts(
    s3: Any, store: S3Store, parts: int, *, known: bool
) -> None:
    s3.put_bucket_encryption(
        Bucket=BUCKET,
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]
        },
    )
    upload = store.upload(PLACE, content_type="text/csv")
    part = upload.add(b"mine")
    upload.complete()
    upload.parts = [type(part)(number, "not-an-md5", part.size // parts) for number in range(1, parts + 1)]
    refuse(s3, "CompleteMultipartUpload", "NoSuchUpload")
    if known:
        assert upload.complete().size == 4
    else:
        with pytest.raises(GoneMissing):
            upload.complete()


def test_an_upload_that_vanished_without_an_object_is_missing(s3: Any, store: S3Store) -> None:
    upload = store.upload(PLACE, content_type="text/csv", upload_id="gone")
    refuse(s3, "CompleteMultipartUpload", "NoSuchUpload")
    with pytest.raises(GoneMissing, match="no object"):
        upload.complete()
    refuse(s3, "UploadPart", "NoSuchUpload")
    with pytest.raises(GoneMissing):
        upload.add(b"more")
    refuse(s3, "AbortMultipartUpload", "NoSuchUpload")
    upload.abort()


def test_metadata_and_encoding_of_a_dropped_file_are_seen(s3: Any, store: S3Store) -> None:
    s3.put_object(Bucket=BUCKET, Key=PLACE.key, Body=b"x", Metadata={"Owner": "me"}, ContentEncoding="gzip")
    stored = store.head(PLACE)
    assert stored is not None
    assert (dict(stored.metadata), stored.content_encoding) == ({"owner": "me"}, "gzip")


def test_delete_all_takes_delete_markers_too(s3: Any, store: S3Store) -> None:
    store.put(PLACE, b"x")
    s3.delete_object(Bucket=BUCKET, Key=PLACE.key)
    assert store.delete_all(BUCKET, "incoming/") == 1
    left = s3.list_object_versions(Bucket=BUCKET)
    assert "Versions" not in left
    assert "DeleteMarkers" not in left


@pytest.mark.usefixtures("s3")
def test_delete_all_goes_past_a_thousand(store: S3Store) -> None:
    backend = s3_backends["123456789012"]["aws"]  # straight into moto: a thousand requests would take seconds
    for number in range(1003):
        backend.put_object(BUCKET, f"jobs/a/{number}", b"")
    assert len(list(store.list(BUCKET, "jobs/a/"))) == 1003
    assert store.delete_all(BUCKET, "jobs/a/") == 1003
    assert list(store.list(BUCKET, "")) == []


def test_versions_that_stay_are_an_error(s3: Any, store: S3Store) -> None:
    store.put(PLACE, b"x")
    s3.meta.events.register(
        "after-call.s3.DeleteObjects",
        lambda parsed, **_: parsed.update(Errors=[{"Key": PLACE.key, "Code": "AccessDenied"}]),
    )
    with pytest.raises(BatchdropError, match="AccessDenied") as caught:
        store.delete_all(BUCKET, "incoming/")
    assert PLACE.key not in str(caught.value)


def test_delete_all_drops_what_unfinished_uploads_hold(s3: Any, store: S3Store) -> None:
    store.upload(Place(BUCKET, "jobs/a/one"), content_type="text/csv").add(b"x" * 6_000_000)
    other = store.upload(Place(BUCKET, "jobs/b/one"), content_type="text/csv")
    assert store.delete_all(BUCKET, "jobs/a/") == 0
    assert [each["UploadId"] for each in s3.list_multipart_uploads(Bucket=BUCKET)["Uploads"]] == [other.id]


@pytest.mark.parametrize("code", ["PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"])
def test_a_completion_over_another_object_than_was_seen_makes_nothing(
    s3: Any, store: S3Store, code: str
) -> None:
    upload = store.upload(PLACE, content_type="text/csv")
    upload.add(b"late")
    asked: list[Any] = []
    s3.meta.events.register(
        "provide-client-params.s3.CompleteMultipartUpload", lambda params, **_: asked.append(params)
    )
    refuse(s3, "CompleteMultipartUpload", code)
    assert upload.complete_if(etag="seen") is None
    assert asked[0]["IfMatch"] == '"seen"'
