"""What upload events tell: EventBridge's, and S3's own notifications where a bucket sends those. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from batchdrop.jobs import Input

if TYPE_CHECKING:
    from collections.abc import Mapping

_TEST = "s3:TestEvent"  # S3 sends one when a notification is set up


def dropped_objects(event: Mapping[str, Any]) -> list[Input]:
    """The objects an event speaks of: one, or as many as a native notification has records; none for S3's test.

    Raises KeyError, TypeError, ValueError for an event of another form, so that it ends in the dead-letter queue and is seen.
    """
    if event.get("Event") == _TEST:
        return []
    if "Records" not in event:
        return [dropped_object(event["detail"])]
    return [_native(record["s3"]) for record in event["Records"] if _is_creation(record)]


def _is_creation(record: Mapping[str, Any]) -> bool:
    return str(record["eventName"]).removeprefix("s3:").startswith("ObjectCreated:")


def dropped_object(detail: Mapping[str, Any]) -> Input:
    """The object an "Object Created" event speaks of. Keys come unencoded through EventBridge ([doc] S3 User Guide)."""
    stored = detail["object"]
    return _input(
        detail["bucket"]["name"], stored["key"], stored, stored.get("version-id"), stored.get("etag", "")
    )


def _native(told: Mapping[str, Any]) -> Input:
    """Keys come URL-encoded in S3's own notifications, spaces as plus signs ([doc] S3 User Guide): decoded here, once."""
    stored = told["object"]
    key = unquote_plus(stored["key"], errors="strict")
    return _input(told["bucket"]["name"], key, stored, stored.get("versionId"), stored.get("eTag", ""))


def _input(bucket: str, key: str, stored: Mapping[str, Any], version: str | None, etag: str) -> Input:
    """Without a version id the etag and the sequencer name the version."""
    size, sequencer = int(stored.get("size", 0)), str(stored.get("sequencer", ""))
    if version in (None, "", "null"):
        return Input(bucket, key, f"{etag}/{sequencer}", size, versioned=False, sequencer=sequencer)
    return Input(bucket, key, str(version), size, sequencer=sequencer)
