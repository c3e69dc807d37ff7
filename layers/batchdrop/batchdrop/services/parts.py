"""Saved parts of an answer: opened, whether gzipped or not, and read one after another although one of them is broken."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, TypeVar

from batchdrop.errors import BadFile, ServiceSpokeUnknown
from batchdrop.records.source import Source
from batchdrop.records.unzipping import is_gzip, unzip

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import IO

    from batchdrop.ports import AnswerNotes, Outcome, SavedPart

MOST_TEXT = 8 << 30
"""Bytes of one part once it is unzipped: 8,000 a record of the largest job."""


@contextmanager
def open_part(part: SavedPart, service: str) -> Iterator[Source]:
    """The bytes of a part. A gzipped body is unzipped, whatever its header said: some proxies drop `Content-Encoding` [assumed]."""
    with part.open() as body:
        source = Source(body)
        if is_gzip(source.peek(2)):
            source = Source(_Unzipped(unzip(source, limit=MOST_TEXT), service))
        yield source


class Named(Protocol):
    """Something to read, with a name for people."""

    @property
    def name(self) -> str:
        """What it is called."""
        ...


T = TypeVar("T", bound=Named)


def read_each(
    parts: Iterable[T],
    read: Callable[[T], Iterator[Outcome]],
    *,
    notes: AnswerNotes | None = None,
    then: Callable[[], Iterator[Outcome]] = lambda: iter(()),
) -> Iterator[Outcome]:
    """The outcomes of all parts, and those of `then`. A broken part does not keep the others from being read.

    Raises ServiceSpokeUnknown at the end for the first broken part, with its name; and when all rows were set aside in `notes`: then
    the parts have another form.
    """
    broken: ServiceSpokeUnknown | None = None
    used = False
    for part in parts:
        try:
            outcomes = read(part)
            for outcome in outcomes:
                used = True
                yield outcome
                yield from outcomes
        except ServiceSpokeUnknown as odd:
            named = ServiceSpokeUnknown(f"{part.name}: {odd.reason}", service=odd.service)
            broken = broken or named
    yield from then()
    if broken is not None:
        raise broken
    if notes is not None and notes.odd and not used:
        raise ServiceSpokeUnknown(f"no row can be used; {notes.named[0].text()}")


class _Unzipped:
    """A gunzipped stream whose errors are those of an answer."""

    def __init__(self, stream: IO[bytes], service: str) -> None:
        self._stream = stream
        self._service = service

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes."""
        try:
            return self._stream.read(size)
        except BadFile as broken:
            reason = (
                "the gzip data expands to more than it should"
                if _is_bomb(broken)
                else "the gzip data is cut off or damaged"
            )
        raise ServiceSpokeUnknown(reason, service=self._service)


def _is_bomb(broken: BadFile) -> bool:
    return any(problem.code == "EXPANDS_TOO_MUCH" for problem in broken.problems)


def is_empty(source: Source) -> bool:
    """Whether nothing follows but a byte order mark and white space, as far as the first bytes show."""
    head = source.peek(64)
    return len(head) < 64 and not head.removeprefix(b"\xef\xbb\xbf").strip()
