"""Answers: a small one held whole (Reply), a large one as a stream of its plain bytes (Incoming)."""

from __future__ import annotations

import contextlib
import json
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from batchdrop.errors import OutcomeUnknown, ServiceError, ServiceSpokeUnknown
from batchdrop.records.unzipping import expands_too_much

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from batchdrop.transport.verdicts import About


class CutOff(Exception):
    """A compressed body that ends too early or is not what it says."""


class ExpandsTooMuch(Exception):
    """A compressed body that unfolds to far more than any answer does."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A 2xx answer, read to its end. `headers` are found without regard to case; `retry_after` is in seconds."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    about: About
    retry_after: float | None = None

    def text(self) -> str:
        """The body as UTF-8, strictly: services name no charset, and a guess would spoil addresses."""
        with contextlib.suppress(UnicodeDecodeError):
            return self.body.decode("utf-8-sig")
        raise self.odd("the answer is not UTF-8")

    def json(self) -> dict[str, Any]:
        """The body as a JSON object."""
        text, entry = self.text(), None
        with contextlib.suppress(ValueError, RecursionError):  # raised below, without the body in the chain
            entry = json.loads(text)
        if not isinstance(entry, dict):
            raise self.odd("the answer is not a JSON object")
        return entry

    def odd(self, reason: str) -> ServiceError:
        """The error for an answer of another form: after a POST nobody can tell what was begun."""
        kind = OutcomeUnknown if self.about.is_post else ServiceSpokeUnknown
        return kind(reason, **self.about.fields())


class Incoming:
    """A 2xx answer whose body is read as it comes: iterate once, or `read`. Closes itself at the end of the body.

    Iterating raises ServiceBusy when the body breaks off (ask again) and ServiceSpokeUnknown when it is too large.
    """

    def __init__(
        self,
        about: About,
        headers: Mapping[str, str],
        chunks: Iterator[bytes],
        close: Callable[[], None],
        retry_after: float | None = None,
    ) -> None:
        self.about = about
        self.status = about.status or 0
        self.headers = headers
        self.retry_after = retry_after
        self._chunks = chunks
        self._close = close

    def __iter__(self) -> Iterator[bytes]:
        with self:
            yield from self._chunks

    def read(self) -> Reply:
        """The whole body; the limit given to `stream` bounds it."""
        return Reply(self.status, self.headers, b"".join(self), self.about, self.retry_after)

    def close(self) -> None:
        """Let go of the connection. Harmless to repeat."""
        self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def plain(chunks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """The body's own bytes. Raises ExpandsTooMuch, and CutOff for a gzip body without its end (urllib3 would stay silent), or an encoding
    nobody asked for."""
    if encoding.strip().lower() in ("", "identity"):
        yield from chunks
    elif encoding.strip().lower() in ("gzip", "x-gzip"):
        yield from _gunzip(chunks)
    else:
        raise CutOff


def _gunzip(chunks: Iterable[bytes]) -> Iterator[bytes]:
    member, fresh = zlib.decompressobj(31), True
    taken = given = 0
    for chunk in chunks:
        rest = chunk
        taken += len(chunk)
        while rest:
            try:
                out = member.decompress(
                    rest, 1 << 20
                )  # a bomb unfolds piece by piece, under the caller's limit
            except zlib.error:
                raise CutOff from None
            given += len(out)
            if expands_too_much(given, taken):
                raise ExpandsTooMuch
            if out:
                yield out
            fresh = False
            rest = member.unconsumed_tail
            if member.eof:
                rest, member, fresh = member.unused_data, zlib.decompressobj(31), True
    if not fresh:
        raise CutOff
