"""POST /batch/jobs: its query and body, checked."""

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from batchdrop_sandbox.simulators.here_batch_v7.columns import (
    Columns,
    input_delimiter,
    output_delimiter,
    read_columns,
)
from batchdrop_sandbox.simulators.here_batch_v7.refusals import (
    BAD_TAGS,
    EMPTY,
    NO_SERVICE,
    TOO_LONG,
    Refused,
    bad_argument,
    too_big,
)
from batchdrop_sandbox.simulators.here_batch_v7.settings import Settings

_HRN = "hrn:here:service::olp-here:search-"
SERVICES = {f"{_HRN}{name}-7": name for name in ("geocode", "revgeocode", "lookup")}  # [spec]
_BILLING_TAG = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{2,14})[A-Za-z0-9]")  # [spec] 4–16, ends are plain


@dataclass(frozen=True)
class Submission:
    """A checked job: what to do with which lines, and how to write the answers.

    `lines` are all lines of the body, `skip` of them at the top are no records; `output_columns` empty stands for the
    service's default ones.
    """

    hrn: str
    columns: Columns
    lines: tuple[str, ...] = field(repr=False)
    skip: int
    delimiter: str
    output_columns: tuple[str, ...]
    output_type: str
    output_filter: str
    tag: str | None
    billing_tags: tuple[str, ...]
    notification_ids: tuple[str, ...]
    start: bool

    @property
    def service(self) -> str:
        """geocode, revgeocode or lookup."""
        return SERVICES[self.hrn]


def read_submission(query: Mapping[str, str], body: bytes, encoding: str, settings: Settings) -> Submission:
    """The whole request. Raises Refused."""
    hrn = query.get("serviceHrn", "")
    if hrn not in SERVICES:
        raise Refused(NO_SERVICE)
    given = input_delimiter(query.get("inputDelimiter", "|"))
    delimiter = output_delimiter(query.get("outputDelimiter", "|"))
    lines = _lines(_unpacked(body, encoding, settings), settings)
    columns, skip = read_columns(SERVICES[hrn], lines, given, query.get("inputColumns"))
    if query.get("inputColumns") is not None and not settings.header_is_data:
        skip = 1
    return Submission(
        hrn=hrn,
        columns=columns,
        lines=tuple(lines),
        skip=skip,
        delimiter=delimiter,
        output_columns=_output_columns(query.get("outputColumns"), delimiter),
        output_type=_one_of(query, "outputType", ("csv", "jsonl")),
        output_filter=query.get("outputFilter", ""),
        tag=query.get("tag"),
        billing_tags=_billing_tags(query.get("billingTags", "")),
        notification_ids=_notification_ids(query.get("notificationIds", "")),
        start=_one_of(query, "startJob", ("true", "false")) == "true",
    )


def _unpacked(body: bytes, encoding: str, settings: Settings) -> bytes:
    """[doc] Content-Encoding: gzip is understood; the size limit is that of the unpacked input."""
    if encoding == "gzip":
        unzip = zlib.decompressobj(wbits=31)
        try:
            body = unzip.decompress(body, settings.max_bytes + 1)
        except zlib.error:
            raise Refused(EMPTY) from None
        if not unzip.eof and len(body) <= settings.max_bytes:
            raise Refused(EMPTY)
    if len(body) > settings.max_bytes:
        raise Refused(too_big(settings.oversize_status))
    return body


def _lines(body: bytes, settings: Settings) -> list[str]:
    try:
        text = body.decode()  # [doc] UTF-8; the answer to anything else is [assumed]
    except UnicodeDecodeError:
        raise Refused(EMPTY) from None
    if not text.strip():
        raise Refused(EMPTY)
    lines = [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")]
    if len(lines) - 1 > settings.max_records:
        raise Refused(too_big(settings.oversize_status, records=True))
    return lines


def _output_columns(raw: str | None, delimiter: str) -> tuple[str, ...]:
    """Split at the output delimiter [spec], or at commas, as a sentence of the guide has it [doc]."""
    if raw is None:
        return ()
    if not 1 <= len(raw) <= 1024:
        raise Refused(TOO_LONG)
    if delimiter not in raw:
        delimiter = ","
    return tuple(name.strip() for name in raw.split(delimiter))


def _billing_tags(raw: str) -> tuple[str, ...]:
    """[spec] joined by + (which a query decodes to a space) or by commas, never both; duplicates are dropped."""
    if not raw:
        return ()
    plus = raw.replace(" ", "+")
    if "+" in plus and "," in plus:
        raise Refused(BAD_TAGS)
    tags = tuple(dict.fromkeys(re.split(r"[+,]", plus)))
    if len(tags) > 6 or not all(_BILLING_TAG.fullmatch(tag) for tag in tags):
        raise Refused(BAD_TAGS)
    return tags


def _notification_ids(raw: str) -> tuple[str, ...]:
    """[spec] at most five."""
    ids = tuple(part for part in raw.split(",") if part)
    if len(ids) > 5:
        raise Refused(bad_argument("notificationIds", "At most five are allowed."))
    return ids


def _one_of(query: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> str:
    value = query.get(name, allowed[0])
    if value not in allowed:
        raise Refused(bad_argument(name, f"Allowed: {', '.join(allowed)}."))
    return value


def whole_number(query: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    """A query parameter that is a whole number within limits. Raises Refused."""
    raw = query.get(name, str(default))
    if not raw.isascii() or not raw.isdigit() or not low <= int(raw) <= high:
        raise Refused(bad_argument(name, f"From {low} to {high}."))
    return int(raw)
