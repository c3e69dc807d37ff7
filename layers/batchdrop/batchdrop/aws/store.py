"""The store port on S3."""

from __future__ import annotations

import io
from typing import IO, TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from batchdrop.aws.reading import BUFFER_BYTES, ObjectStream
from batchdrop.aws.translation import code_of, translated
from batchdrop.aws.uploads import OTHERWISE, S3Upload, bare, only_if, quoted
from batchdrop.errors import BatchdropError, GoneMissing
from batchdrop.ports import Place, Stored

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mypy_boto3_s3 import S3Client

    from batchdrop.aws.reading import Body
    from batchdrop.ports import Part

_MOST_AT_ONCE = 1000  # versions in one DeleteObjects [doc: S3]


class S3Store:
    """Objects in S3. ETags are given without quotes."""

    def __init__(self, client: S3Client) -> None:
        self._client = client

    def head(self, place: Place) -> Stored | None:
        """See Store.head. Raises BadFile (NO_ACCESS)."""
        try:
            answer = self._client.head_object(**_address(place))
        except ClientError as error:
            if code_of(error) in OTHERWISE:
                return None
            found = translated(error, place)
            if isinstance(found, GoneMissing):
                return None
            raise found from error
        return _stored(answer)

    def open(self, place: Place, start: int = 0, end: int | None = None) -> IO[bytes]:
        """See Store.open. Beyond the end of the object the stream is empty. Raises BadFile (NO_ACCESS, ARCHIVED) too."""
        if end is not None and end <= start:
            if self.head(place) is None:
                raise GoneMissing(f"{place.bucket} has no such object")
            return io.BytesIO()
        answer = self._get(place, start, end)
        if answer is None:
            return io.BytesIO()
        etag = answer["ETag"]

        def fetch(offset: int) -> Body:
            again = self._get(place, offset, end, IfMatch=etag)
            if again is None:
                raise GoneMissing("the object became shorter while it was read")
            body: Body = again["Body"]
            return body

        stream = ObjectStream(fetch, answer["Body"], start, answer["ContentLength"])
        return io.BufferedReader(stream, BUFFER_BYTES)

    def _get(self, place: Place, start: int, end: int | None, **more: Any) -> Mapping[str, Any] | None:
        """One GetObject; None when the object ends before `start`."""
        if start or end is not None:
            more["Range"] = f"bytes={start}-{'' if end is None else end - 1}"
        try:
            return self._client.get_object(**{**_address(place), **more})
        except ClientError as error:
            if code_of(error) == "InvalidRange":
                return None
            if code_of(error) in OTHERWISE:
                raise GoneMissing("the object was replaced while it was read") from error
            raise translated(error, place) from error

    def read(self, place: Place) -> bytes:
        """See Store.read."""
        with self.open(place) as stream:
            return stream.read()

    def put(self, place: Place, body: bytes, *, content_type: str = "application/octet-stream") -> Stored:
        """See Store.put."""
        return self._put(place, body, content_type)

    def put_if(
        self,
        place: Place,
        body: bytes,
        *,
        etag: str | None,
        content_type: str = "application/json",
        metadata: Mapping[str, str] | None = None,
    ) -> Stored | None:
        """See Store.put_if. After a lost reply the answer may be None although these bytes are there: read it again."""
        only = only_if(etag)
        if metadata:
            only["Metadata"] = dict(metadata)
        try:
            return self._put(place, body, content_type, **only)
        except ClientError as error:
            if code_of(error) in OTHERWISE | {"NoSuchKey"}:
                return None
            raise

    def _put(self, place: Place, body: bytes, content_type: str, **only: Any) -> Stored:
        answer = self._client.put_object(
            Bucket=place.bucket, Key=place.key, Body=body, ContentType=content_type, **_tags(place), **only
        )
        return Stored(size=len(body), etag=bare(answer["ETag"]), version=answer.get("VersionId"))

    def upload(
        self, place: Place, *, content_type: str, upload_id: str | None = None, parts: Iterable[Part] = ()
    ) -> S3Upload:
        """See Store.upload."""
        if upload_id is None:
            answer = self._client.create_multipart_upload(
                Bucket=place.bucket, Key=place.key, ContentType=content_type, **_tags(place)
            )
            upload_id = answer["UploadId"]
        return S3Upload(self._client, place, upload_id, parts)

    def list(self, bucket: str, prefix: str) -> Iterator[str]:
        """See Store.list."""
        for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for entry in page.get("Contents", ()):
                yield entry["Key"]

    def delete_all(self, bucket: str, prefix: str) -> int:
        """See Store.delete_all. Delete markers go as well but are not counted. Raises BatchdropError when some stay."""
        self._drop_uploads(bucket, prefix)
        found: dict[str, Any] = {"Versions": [], "DeleteMarkers": []}
        # All are listed before the first goes: a listing goes on from a version, which must still be there.
        for page in self._client.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix):
            for kind, entries in found.items():
                more: Any = page.get(kind, ())
                entries.extend({"Key": entry["Key"], "VersionId": entry["VersionId"]} for entry in more)
        everything = found["Versions"] + found["DeleteMarkers"]
        for start in range(0, len(everything), _MOST_AT_ONCE):
            self._delete_some(bucket, everything[start : start + _MOST_AT_ONCE])
        return len(found["Versions"])

    def _drop_uploads(self, bucket: str, prefix: str) -> None:
        """Parts that were sent are data too, which no listing of objects shows."""
        for page in self._client.get_paginator("list_multipart_uploads").paginate(
            Bucket=bucket, Prefix=prefix
        ):
            for begun in page.get("Uploads", ()):
                S3Upload(self._client, Place(bucket, begun["Key"]), begun["UploadId"], ()).abort()

    def erase(self, place: Place, *, older_only: bool = False) -> int:
        """See Store.erase. Versions are listed newest first. Raises BatchdropError when some stay."""
        versions: list[str] = []
        markers: list[str] = []
        pages = self._client.get_paginator("list_object_versions").paginate(
            Bucket=place.bucket, Prefix=place.key
        )
        for page in pages:
            versions += [each["VersionId"] for each in page.get("Versions", ()) if each["Key"] == place.key]
            markers += [
                each["VersionId"] for each in page.get("DeleteMarkers", ()) if each["Key"] == place.key
            ]
        if place.version is not None:
            newest = versions.index(place.version) if place.version in versions else len(versions)
            versions = versions[newest + older_only :]
        gone = [{"Key": place.key, "VersionId": version} for version in versions + markers]
        for start in range(0, len(gone), _MOST_AT_ONCE):
            self._delete_some(place.bucket, gone[start : start + _MOST_AT_ONCE])
        return len(versions)

    def _delete_some(self, bucket: str, wanted: Any) -> None:
        answer = self._client.delete_objects(Bucket=bucket, Delete={"Objects": wanted, "Quiet": True})
        errors = answer.get("Errors", [])
        if errors:
            codes = sorted({error.get("Code", "") for error in errors})
            raise BatchdropError(f"{len(errors)} versions in {bucket} were not deleted: {', '.join(codes)}")


def _address(place: Place) -> dict[str, Any]:
    """What HeadObject and GetObject ask for."""
    address = {"Bucket": place.bucket, "Key": place.key}
    if place.version is not None:
        address["VersionId"] = place.version
    if place.etag:
        address["IfMatch"] = quoted(place.etag)
    return address


def _tags(place: Place) -> dict[str, Any]:
    """What is ours expires by its tag, of which each has one: a lifecycle rule can say neither `jobs/<any id>/raw/` nor all but it."""
    top, _, kind = (*place.key.split("/")[:3], "", "", "")[:3]
    if top not in ("jobs", "by-input"):
        return {}
    return {"Tagging": f"batchdrop={kind if top == 'jobs' and kind in ('raw', 'work') else 'result'}"}


def _stored(answer: Mapping[str, Any]) -> Stored:
    return Stored(
        size=answer["ContentLength"],
        etag=bare(answer["ETag"]),
        version=answer.get("VersionId"),
        metadata=answer.get("Metadata", {}),
        content_encoding=answer.get("ContentEncoding", ""),
    )
