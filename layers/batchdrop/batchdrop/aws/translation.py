"""What S3 refuses, in our own errors: one function."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchdrop.errors import BadFile, GoneMissing
from batchdrop.problems import problem

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

    from batchdrop.ports import Place

_GONE = {"NoSuchKey", "NoSuchVersion", "NotFound", "404"}
_DELETE_MARKER = {
    "MethodNotAllowed",
    "405",
}  # a read of a version that is a delete marker [doc: S3, GetObject]
_DENIED = {"AccessDenied", "Forbidden", "403"}


def code_of(error: ClientError) -> str:
    """AWS's error code; for HEAD requests, which have no body, the HTTP status as text."""
    return error.response["Error"].get("Code", "")


def translated(error: ClientError, place: Place) -> Exception:
    """The error to raise for a refused read: GoneMissing, BadFile with NO_ACCESS or ARCHIVED, or the same error.

    S3 answers "denied" instead of "gone" to a role that may not list the bucket [doc: S3, GetObject]: the functions' roles
    must be allowed s3:ListBucket for the difference to exist.
    """
    code = code_of(error)
    if code in _GONE | _DELETE_MARKER:
        return GoneMissing(f"{place.bucket} has no such object")
    if code in _DENIED or code.startswith("KMS."):
        return BadFile([problem("NO_ACCESS")])
    if code == "InvalidObjectState":
        return BadFile([problem("ARCHIVED")])
    return error
