"""Group P, bodies of answers as they travel: cut off, zipped, bombs, very large ones, XML with a document type."""

from __future__ import annotations

import gzip
import tracemalloc
from itertools import repeat
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from batchdrop.errors import ServiceBusy
from batchdrop.jobs import folder
from batchdrop.ports import Part, Place, RawPart
from batchdrop.steps.advance.look import _save
from batchdrop_sandbox.simulators.reply import Reply
from tests.catalogue import bodies
from tests.catalogue.answered import ALL, answered, each
from tests.catalogue.between import (
    CREATE,
    HERE,
    LOOK,
    OLDER,
    RESULTS,
    TRACKING,
    Provider,
    answers,
    bytes_edited,
    on,
)
from tests.catalogue.case import executed
from tests.ports.memory import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from batchdrop.ports import Stored


def cut(keep: float, *, broken: bool) -> Callable[[Reply], Reply]:
    """A part of the body; broken: the connection ends too early, else all looks well."""
    return lambda reply: reply.cut(keep, broken=broken)


def gzip_cut(reply: Reply) -> Reply:
    """A gzip body without its end, in chunks: no length tells that something is missing."""
    packed = reply.body if reply.headers.get("Content-Encoding") == "gzip" else gzip.compress(reply.body)
    short = packed[:-8]
    return Reply(reply.status, {**reply.headers, "Content-Encoding": "gzip"}, lambda: iter((short,)))


def wrong_encoding(reply: Reply) -> Reply:
    """A body in an encoding that nobody asked for."""
    return Reply(reply.status, {**reply.headers, "Content-Encoding": "br"}, reply.body)


BROKEN = [
    *each(
        "P17",
        "the connection breaks in the body, twice",
        ALL,
        {},
        twist=lambda service: lambda _made: on(RESULTS[service], cut(0.5, broken=True), times=2),
    ),
    *each(
        "P17b",
        "half of the body and nobody says so, once",
        ALL,
        {},
        twist=lambda service: lambda _made: on(RESULTS[service], cut(0.6, broken=False), times=1),
    ),
    *each(
        "P17c",
        "gzip without its end and without a length, twice",
        ALL,
        {},
        twist=lambda service: lambda _made: on(RESULTS[service], gzip_cut, times=2),
    ),
    *each(
        "P17d",
        "an encoding that nobody asked for, once",
        ALL,
        {},
        twist=lambda service: lambda _made: on(RESULTS[service], wrong_encoding, times=1),
    ),
    *each(
        "P17e",
        "half of the body for ever",
        ALL,
        {**dict.fromkeys(ALL, "GAPS"), HERE: "STALLED"},
        twist=lambda service: lambda _made: on(RESULTS[service], cut(0.6, broken=False)),
        deadline=6 * 3600.0,
    ),
]


BOMB = gzip.compress(b" " * 30_000_000) * 10
"""300 MB in 300 KB."""


def bomb(reply: Reply) -> Reply:
    """Much in little."""
    return Reply(reply.status, {**reply.headers, "Content-Encoding": "gzip"}, BOMB)


def member_bomb(body: bytes) -> bytes:
    """A zip whose result unfolds to 60 MB."""
    return bodies.rezipped(body, lambda name, inner: inner + b"x" * 60_000_000 if "_out" in name else inner)


def _little_kept(made: Provider, _document: Mapping[str, Any]) -> None:
    store = made.world.store
    size = sum(
        len(store.read(Place("results", key))) for key in store.list("results", folder(made.job) + "raw/")
    )
    assert size < 20_000_000


BOMBS = [
    *each(
        "P18",
        "a gzip bomb",
        ALL,
        dict.fromkeys(ALL, "GAPS"),
        twist=lambda service: lambda _made: on(RESULTS[service], bomb),
        then=_little_kept,
    ),
    *each(
        "P18b",
        "a gzip bomb as the answer to a look",
        (HERE, OLDER, TRACKING),
        dict.fromkeys(ALL, "GAPS"),
        twist=lambda service: lambda _made: on(LOOK[service], bomb, skip=service == OLDER),
    ),
    answered(
        "P18c",
        "a bomb in the zip",
        OLDER,
        "GAPS",
        twist=lambda _made: on(RESULTS[OLDER], bytes_edited(member_bomb)),
        then=_little_kept,
    ),
]


class Counting(MemoryStore):
    """Keeps no bytes of uploads: it counts them."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = 0

    def _take_part(self, upload_id: str, number: int, body: bytes) -> Part:
        assert upload_id in self._begun
        self.seen += len(body)
        return Part(number, str(number), len(body))

    def _make(self, upload_id: str, place: Place, parts: Sequence[Part]) -> Stored:
        self._begun.pop(upload_id)
        return self._add(place, b"", "application/octet-stream", etag=str(len(parts)))


def _saved_as(store: MemoryStore, chunks: Iterator[bytes]) -> str:
    """An answer of the service is saved as `advance` does it."""
    driver: Any = SimpleNamespace(store=store, place=lambda name: Place("results", f"jobs/j/{name}"))
    row: Any = SimpleNamespace(name="00001")
    return _save(driver, row, RawPart("results.txt", chunks))


def two_gigabytes() -> None:
    """Two gigabytes go through in pieces; never is more in memory than a few parts."""
    store, chunk = Counting(), bytes(1 << 20)
    tracemalloc.start()
    try:
        assert _saved_as(store, repeat(chunk, 2048)) == "results.txt"
        assert tracemalloc.get_traced_memory()[1] < 64 << 20
    finally:
        tracemalloc.stop()
    assert store.seen == 2 << 30
    assert store.unfinished == 0


def broken_off() -> None:
    """The download breaks after 100 MB: the upload is dropped, no object is there, and it is asked for again."""

    def chunks() -> Iterator[bytes]:
        yield from repeat(bytes(1 << 20), 100)
        raise ServiceBusy("the answer broke off")

    store = Counting()
    with pytest.raises(ServiceBusy):
        _saved_as(store, chunks())
    assert store.seen
    assert store.unfinished == 0
    assert store.head(Place("results", "jobs/j/raw/00001/results.txt")) is None


LARGE = [
    executed("P19", "a result of 2 GB", "streamed in bounded memory", two_gigabytes),
    executed("P19b", "a result that breaks off", "the upload is dropped", broken_off),
]

DOCTYPE = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "%b">%b]><ns2:SearchBatch><Response><MetaInfo><RequestId>&a;</RequestId></MetaInfo><Status>&b;</Status></Response></ns2:SearchBatch>'


def doctype(a: bytes, b: bytes) -> Callable[[Reply], Reply]:
    """XML with a document type."""
    return answers(200, DOCTYPE % (a, b), Content_Type="application/xml")


LAUGHS = b"".join(
    b'<!ENTITY l%d "%b">' % (n, b"&l%d;" % (n - 1) * 10 if n else b"ha" * 100) for n in range(10)
)
XML = [
    answered(
        "P21",
        "a document type in the look, for ever",
        OLDER,
        "GAPS",
        twist=lambda _made: on(LOOK[OLDER], doctype(b"completed", b'<!ENTITY b "completed">'), skip=1),
    ),
    answered(
        "P21b",
        "a document type in the answer to the upload",
        OLDER,
        twist=lambda _made: on(CREATE[OLDER], doctype(b"abc", b""), times=1),
    ),
    answered(
        "P21c",
        "an entity that reads a file",
        OLDER,
        "GAPS",
        twist=lambda _made: on(
            LOOK[OLDER], doctype(b"x", b'<!ENTITY b SYSTEM "file:///etc/passwd">'), skip=1
        ),
    ),
    answered(
        "P21d",
        "an entity that asks a host",
        OLDER,
        "GAPS",
        twist=lambda made: on(
            LOOK[OLDER], doctype(b"x", b'<!ENTITY b SYSTEM "%b/x">' % made.trap.encode()), skip=1
        ),
    ),
    answered(
        "P21e",
        "a billion laughs",
        OLDER,
        "GAPS",
        twist=lambda _made: on(LOOK[OLDER], doctype(b"&l9;", LAUGHS + b'<!ENTITY b "&l9;">'), skip=1),
    ),
    answered(
        "P21g",
        "a document type from the first look on",
        OLDER,
        "STALLED",
        ledger="nothing",
        deadline=6 * 3600.0,
        twist=lambda _made: on(LOOK[OLDER], doctype(b"x", b"")),
    ),
    answered(
        "P21f",
        "a document type twice, then an answer",
        OLDER,
        twist=lambda _made: on(LOOK[OLDER], doctype(b"x", b""), times=2),
    ),
]

ROWS = [*BROKEN, *BOMBS, *LARGE, *XML]  # fmt: skip
