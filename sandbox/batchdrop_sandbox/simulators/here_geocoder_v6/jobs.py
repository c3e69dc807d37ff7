"""One job of the Batch Geocoder: its input, its runs, its counters, and the document that shows it."""

import random
import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape

from batchdrop_sandbox.simulators.here_geocoder_v6.work import Worker
from batchdrop_sandbox.simulators.reply import Reply, json_reply

_ALPHABET = string.ascii_letters + string.digits
_ROOTS = {
    "http": '<ns2:SearchBatch xmlns:ns2="http://www.navteq.com/lbsp/Search-Batch/1">',
    "https": '<ns2:SearchBatch xmlns:ns2="https://www.navteq.com/lbsp/Search-Batch/1">',
    "absent": "<ns2:SearchBatch>",  # [doc] one page prints it so; not namespace-well-formed
}


@dataclass
class Run:
    """One run over the input. Not thread-safe. Times are epoch seconds; lines are (number, text), the header is 1."""

    worker: Worker = field(repr=False)
    fails: bool = False
    started: float | None = None
    ended: float | None = None
    valid: list[tuple[int, str]] = field(default_factory=list, repr=False)
    invalid: list[tuple[int, str]] = field(default_factory=list, repr=False)
    processed: int = 0
    succeeded: int = 0
    out: list[bytes] = field(default_factory=list, repr=False)
    no_match: list[bytes] = field(default_factory=list, repr=False)


@dataclass
class Job:
    """An uploaded input with its parameters; `entered` is when the status began."""

    id: str
    lines: tuple[str, ...] = field(repr=False)
    query: Mapping[str, str]
    status: str = "submitted"
    entered: float = 0.0
    run: Run | None = field(default=None, repr=False)

    def forget(self) -> None:
        """Deleted: input and output go."""
        self.status, self.lines = "deleted", ()
        if self.run:
            self.run.out, self.run.no_match, self.run.valid, self.run.invalid = [], [], [], []


def new_id() -> str:
    """[doc] 32 letters and digits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(32))


def is_id(text: str) -> bool:
    """Whether this has the form of a request id."""
    return len(text) == 32 and all(one in _ALPHABET for one in text)


def shuffled(rows: list[bytes], seed: str) -> list[bytes]:
    """The same disorder each time."""
    mixed = list(rows)
    random.Random(seed).shuffle(mixed)  # noqa: S311 - no secret
    return mixed


def document(job: Job, status: str, namespace: str, *, as_json: bool) -> Reply:
    """[doc] the status document, which submit and status share; JSON where the client accepts it [client]."""
    fields = _fields(job, status)
    if as_json:
        return json_reply(200, {"Response": {"MetaInfo": {"RequestId": job.id}, **fields}})
    inner = "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in fields.items())
    text = (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        f"{_ROOTS[namespace]}<Response><MetaInfo><RequestId>{job.id}</RequestId></MetaInfo>{inner}</Response>"
        "</ns2:SearchBatch>"
    )
    return Reply(200, {"Content-Type": "application/xml; charset=utf-8"}, text.encode())


def _fields(job: Job, status: str) -> dict[str, Any]:
    """Times are absent before the job ran; counts are 0 while it is accepted [doc]."""
    run = job.run
    shown: dict[str, Any] = {"Status": status}
    if run and run.started is not None:
        shown["JobStarted"] = iso(run.started)
    if run and run.ended is not None:
        shown["JobFinished"] = iso(run.ended)
    valid, invalid = (len(run.valid), len(run.invalid)) if run else (0, 0)
    processed, succeeded = (run.processed, run.succeeded) if run else (0, 0)
    return shown | {
        "TotalCount": valid + invalid,
        "ValidCount": valid,
        "InvalidCount": invalid,
        "ProcessedCount": processed,
        "PendingCount": valid - processed if job.status == "running" else 0,
        "SuccessCount": succeeded,
        "ErrorCount": processed - succeeded,
    }


def iso(seconds: float) -> str:
    """[doc] milliseconds and a Z."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
