"""The links port on S3: presigned URLs, Signature Version 4 (the client must be made so: `clients.py`).

A link is as good as the role's own credentials: it ends with them, at the latest after `seconds`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batchdrop.ports import UploadLink

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_s3 import S3Client

    from batchdrop.ports import Place


class S3Links:
    """Makes links; no call to AWS."""

    def __init__(self, client: S3Client) -> None:
        self._client = client

    def to_read(self, place: Place, seconds: int, *, name: str, shown: bool = False) -> str:
        """See Links.to_read."""
        kind = "inline" if shown else "attachment"
        wanted = {
            "Bucket": place.bucket,
            "Key": place.key,
            "ResponseContentDisposition": f'{kind}; filename="{name}"',
        }
        return self._client.generate_presigned_url("get_object", Params=wanted, ExpiresIn=seconds)

    def to_write_once(
        self,
        place: Place,
        seconds: int,
        *,
        size: int | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> UploadLink:
        """See Links.to_write_once. S3 refuses with 412 what is there already, and with 403 another length."""
        wanted: dict[str, Any] = {"Bucket": place.bucket, "Key": place.key, "IfNoneMatch": "*"}
        headers = {"If-None-Match": "*"}
        if size is not None:
            wanted["ContentLength"] = size
            headers["Content-Length"] = str(size)
        if metadata:
            wanted["Metadata"] = dict(metadata)
            headers |= {f"x-amz-meta-{name}": value for name, value in metadata.items()}
        url = self._client.generate_presigned_url("put_object", Params=wanted, ExpiresIn=seconds)
        return UploadLink(url, headers)
