"""What can be downloaded from a completed job: a zip with the documented members, or one of them as plain text."""

import io
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from batchdrop_sandbox.simulators.here_geocoder_v6.jobs import Job, Run, shuffled
from batchdrop_sandbox.simulators.here_geocoder_v6.settings import Settings
from batchdrop_sandbox.simulators.reply import Reply

_PART = 64 * 1024
_OLD_VERSION = "6.2.46.1"  # [recorded] in the member's name where a zip was within the zip
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
    settings: Settings

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
            before = self.settings.error_line_prefix
            lines = (f"{before}Line Number:{number}   {line}\n" for number, line in run.invalid)
            return self._ended("".join(lines).encode())
        return f"RequestId: {self.job.id}\nTotal: {len(run.valid) + len(run.invalid)}\n".encode()

    def _rows(self, rows: list[bytes]) -> bytes:
        writer = self.run.worker.writer
        head = writer.header() if self.run.worker.options.header else b""
        ordered = shuffled(rows, self.job.id) if self.settings.shuffled_rows else rows
        return self._ended(head + b"".join(ordered))

    def _ended(self, text: bytes) -> bytes:
        return text if self.settings.final_newline else text.removesuffix(b"\n")

    def _zip(self, texts: Mapping[str, bytes]) -> bytes:
        names = {kind: self._member(kind) for kind in texts}
        if self.settings.archive == "zip_in_zip":
            inner = {
                f"{name}.zip": self._packed({f"{name}.txt": texts[kind]}) for kind, name in names.items()
            }
            return self._packed(inner)
        return self._packed({f"{name}.txt": texts[kind] for kind, name in names.items()})

    def _member(self, kind: str) -> str:
        """The name of a member without its ending: see Settings.archive."""
        between = {"one_underscore": "_", "two_underscores": "__", "zip_in_zip": f"_{_OLD_VERSION}_"}
        return self._stem() + between[self.settings.archive] + _SUFFIX[kind]

    def _packed(self, members: Mapping[str, bytes]) -> bytes:
        held = io.BytesIO()
        with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as packed:
            for name, body in members.items():
                member = zipfile.ZipInfo(name, self._moment().timetuple()[:6])
                member.compress_type = zipfile.ZIP_DEFLATED
                packed.writestr(member, body)
        return held.getvalue()

    def _stem(self) -> str:
        """[doc] result_YYYYMMDD-HH-MM, of the end of the run."""
        return f"result_{self._moment():%Y%m%d-%H-%M}"

    def _moment(self) -> datetime:
        return datetime.fromtimestamp(self.run.ended or 0.0, UTC)


def _parts(whole: bytes) -> Iterator[bytes]:
    for start in range(0, len(whole), _PART):
        yield whole[start : start + _PART]
