"""What can be downloaded from a completed job: a zip with the documented members, or one of them as plain text."""

import io
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from batchdrop_sandbox.simulators.here_geocoder_v6.jobs import Job, Run, shuffled
from batchdrop_sandbox.simulators.reply import Reply

_PART = 64 * 1024
_SUFFIX = {
    "out": "out",
    "no_match": "err",
    "invalid": "inv",
    "report": "report",
}  # the last name is [assumed]
# Which members a download has [doc]; that /result holds the invalid lines too is [assumed]
_MEMBERS = {
    "result": ("out", "no_match", "invalid"),
    "no-matches": ("no_match",),
    "errors": ("invalid",),
    "all": ("out", "no_match", "invalid", "report"),
}
WHAT = tuple(_MEMBERS)


@dataclass(frozen=True)
class Download:
    """One download: `what` is the last part of its path."""

    job: Job
    run: Run
    what: str
    mixed: bool = False

    def reply(self, *, zipped: bool) -> Reply | None:
        """200, in chunks without a length; None when there is nothing in it."""
        texts = {kind: text for kind in _MEMBERS[self.what] if (text := self._text(kind))}
        if not texts or (self.what == "all" and not self.run.valid and not self.run.invalid):
            return None
        if not zipped:
            plain = b"".join(texts.values()) if self.what == "all" else next(iter(texts.values()))
            return Reply(200, {"Content-Type": "text/plain; charset=utf-8"}, lambda: _parts(plain))
        packed = self._zip(texts)
        name = f"{self._stem()}.zip"
        headers = {
            "Content-Type": "application/zip",
            "Content-Disposition": f'attachment; filename="{name}"',
        }
        return Reply(200, headers, lambda: _parts(packed))

    def _text(self, kind: str) -> bytes:
        run = self.run
        if kind == "out":
            return self._rows(run.out)
        if kind == "no_match":  # the same columns as the results [assumed]
            return self._rows(run.no_match) if run.no_match else b""
        if kind == "invalid":  # [client]
            lines = (f"Line Number:{number}   {line}\n" for number, line in run.invalid)
            return "".join(lines).encode()
        return f"RequestId: {self.job.id}\nTotal: {len(run.valid) + len(run.invalid)}\n".encode()

    def _rows(self, rows: list[bytes]) -> bytes:
        writer = self.run.worker.writer
        head = writer.header() if self.run.worker.options.header else b""
        return head + b"".join(shuffled(rows, self.job.id) if self.mixed else rows)

    def _zip(self, texts: Mapping[str, bytes]) -> bytes:
        held = io.BytesIO()
        moment = datetime.fromtimestamp(self.run.ended or 0.0, UTC)
        with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as packed:
            for kind, text in texts.items():
                member = zipfile.ZipInfo(f"{self._stem()}__{_SUFFIX[kind]}.txt", moment.timetuple()[:6])
                member.compress_type = zipfile.ZIP_DEFLATED
                packed.writestr(member, text)
        return held.getvalue()

    def _stem(self) -> str:
        """[doc] result_YYYYMMDD-HH-MM, of the end of the run."""
        return f"result_{datetime.fromtimestamp(self.run.ended or 0.0, UTC):%Y%m%d-%H-%M}"


def _parts(whole: bytes) -> Iterator[bytes]:
    for start in range(0, len(whole), _PART):
        yield whole[start : start + _PART]
