"""Multipart uploads to S3 that can be left and taken up again."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from batchdrop.aws.translation import code_of
from batchdrop.errors import GoneMissing
from batchdrop.ports import Part, Stored

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import HeadObjectOutputTypeDef

    from batchdrop.ports import Place

OTHERWISE = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412", "409"})
"""What S3 answers when the condition of a request does not hold."""

LEAST_PART = 5 * 1024 * 1024
MOST_PARTS = 10_000
"""S3's limits; the last part may be shorter [doc: S3, multipart upload limits]."""


def check_next(parts: Sequence[Part]) -> int:
    """The number of the next part. Raises ValueError when S3 would refuse one after these."""
    if parts and parts[-1].size < LEAST_PART:
        raise ValueError("only the last part of an upload may be shorter than 5 MiB")
    if len(parts) >= MOST_PARTS:
        raise ValueError(f"an upload has at most {MOST_PARTS} parts")
    return parts[-1].number + 1 if parts else 1


class S3Upload:
    """One multipart upload; `id` and `parts` are all that another invocation needs to go on."""

    def __init__(self, client: S3Client, place: Place, upload_id: str, parts: Iterable[Part]) -> None:
        self._client = client
        self._place = place
        self.id = upload_id
        self.parts = list(parts)

    def add(self, body: bytes) -> Part:
        """See Upload.add. A part sent twice replaces itself. Raises GoneMissing when the upload was ended by another."""
        number = check_next(self.parts)
        try:
            answer = self._client.upload_part(
                Bucket=self._place.bucket, Key=self._place.key, UploadId=self.id, PartNumber=number, Body=body
            )
        except ClientError as error:
            if code_of(error) == "NoSuchUpload":
                raise GoneMissing("the upload was completed or dropped") from error
            raise
        part = Part(number=number, etag=bare(answer["ETag"]), size=len(body))
        self.parts.append(part)
        return part

    def complete(self) -> Stored:
        """See Upload.complete. Raises GoneMissing when neither the upload nor its object is there."""
        return self._complete({})

    def complete_if(self, *, etag: str | None) -> Stored | None:
        """See Upload.complete_if. Raises GoneMissing as `complete` does."""
        try:
            return self._complete(only_if(etag))
        except ClientError as error:
            if code_of(error) in OTHERWISE | {"NoSuchKey"}:
                return None
            raise

    def _complete(self, only: dict[str, Any]) -> Stored:
        wanted = {"Parts": [{"PartNumber": part.number, "ETag": quoted(part.etag)} for part in self.parts]}
        try:
            answer = self._client.complete_multipart_upload(
                Bucket=self._place.bucket,
                Key=self._place.key,
                UploadId=self.id,
                MultipartUpload=wanted,  # type: ignore[arg-type]  # a plain dict of the right shape
                **only,
            )
        except ClientError as error:
            if code_of(error) != "NoSuchUpload":
                raise
            return self._made_before(error)
        size = sum(part.size for part in self.parts)
        return Stored(size=size, etag=bare(answer["ETag"]), version=answer.get("VersionId"))

    def _made_before(self, error: ClientError) -> Stored:
        """The object, when an earlier try made it and only its reply was lost (docs/decisions/0020)."""
        try:
            head = self._client.head_object(Bucket=self._place.bucket, Key=self._place.key)
        except ClientError:
            raise GoneMissing("the upload is gone and left no object") from error
        if not self._is_mine(head):
            raise GoneMissing("the upload is gone and the object is another one") from error
        return Stored(size=head["ContentLength"], etag=bare(head["ETag"]), version=head.get("VersionId"))

    def _is_mine(self, head: HeadObjectOutputTypeDef) -> bool:
        """By ETag; under a KMS key ETags are no MD5, so there by size and number of parts."""
        etag = bare(head["ETag"])
        if "kms" in head.get("ServerSideEncryption", ""):
            size = sum(part.size for part in self.parts)
            return head["ContentLength"] == size and etag.endswith(f"-{len(self.parts)}")
        return etag == multipart_etag(self.parts)

    def abort(self) -> None:
        """See Upload.abort."""
        try:
            self._client.abort_multipart_upload(
                Bucket=self._place.bucket, Key=self._place.key, UploadId=self.id
            )
        except ClientError as error:
            if code_of(error) != "NoSuchUpload":
                raise


def only_if(etag: str | None) -> dict[str, Any]:
    """What a conditional write asks for: that the object still has this etag, or None, that there is none [doc: S3, conditional writes]."""
    return {"IfNoneMatch": "*"} if etag is None else {"IfMatch": quoted(etag)}


def multipart_etag(parts: Sequence[Part]) -> str:
    """The ETag S3 gives an object made of these parts: MD5 of their MD5s, a dash, their number [known]."""
    try:
        digests = b"".join(bytes.fromhex(part.etag) for part in parts)
    except ValueError:
        return ""
    return f"{hashlib.md5(digests, usedforsecurity=False).hexdigest()}-{len(parts)}"


def bare(etag: str) -> str:
    """An ETag without its quotes, as EventBridge events give it."""
    return etag.strip('"')


def quoted(etag: str) -> str:
    """An ETag as HTTP wants it in a condition."""
    return f'"{bare(etag)}"'
