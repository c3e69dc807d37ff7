"""Rows about files: each is dropped as it is and in every dress that must make no difference, and goes through the real steps."""

from __future__ import annotations

import codecs
import gzip
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from batchdrop.jobs import ENDED
from batchdrop.problems import CODES, Level
from tests.catalogue.canaries import assert_silent, listening
from tests.catalogue.case import NOTHING, ONCE, Case
from tests.steps.anything import Anything, codes
from tests.steps.world import World

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

ZIPPED, BOM, CRLF, CR, UTF16, SEMICOLON = "gzip", "byte order mark", "CRLF", "CR", "UTF-16", "semicolon"
ALL = frozenset({ZIPPED, BOM, CRLF, CR, UTF16, SEMICOLON})
"""Dresses of a file. They are left out by themselves where they do not fit: no CRLF for JSON arrays, no gzip in gzip."""

Place = tuple[int | None, str | None]


@dataclass(frozen=True, kw_only=True)
class Dropped(Case):
    """A dropped file. expected: the code that refuses it, or the code of each record ("" = in the results).

    at: line and column of the first problem; not: dresses that do make a difference; held: the attention it waits with; api and
    options: of its route.
    """

    name: str
    body: bytes
    api: str = "place"
    options: Mapping[str, Any] = field(default_factory=dict)
    at: Place | None = None
    differs: frozenset[str] = frozenset()
    held: str = ""

    def attempt(self) -> None:
        """See Case: every dress of the file."""
        for dress, name, body in self.dresses():
            try:
                self._drop(name, body)
            except AssertionError as failed:
                failed.add_note(f"dressed as: {dress}")
                raise

    def dresses(self) -> Iterator[tuple[str, str, bytes]]:
        """(what was done, name, bytes)."""
        yield "it is", self.name, self.body
        text = self._text()
        made: dict[str, bytes | None] = {
            BOM: codecs.BOM_UTF8 + text.encode() if text else None,
            UTF16: text.encode("utf-16") if text else None,
        }
        if text and ".csv" in self.name and '"' not in text and "\r" not in text:
            made[CRLF] = text.replace("\n", "\r\n").encode()
            made[CR] = text.replace("\n", "\r").encode()
            if ";" not in text and "delimiter" not in self.options:
                made[SEMICOLON] = text.replace(",", ";").encode()
        for dress, body in made.items():
            if body and dress not in self.differs:
                yield dress, self.name, body
        if not self.name.endswith((".gz", ".zip", ".xlsx")) and ZIPPED not in self.differs:
            yield ZIPPED, f"{self.name}.gz", gzip.compress(self.body, mtime=0)

    def _text(self) -> str | None:
        """The file as text, where it is UTF-8 without a mark and the route does not say otherwise."""
        if "encoding" in self.options or self.body.startswith(codecs.BOM_UTF8):
            return None
        try:
            return self.body.decode()
        except UnicodeDecodeError:
            return None

    def _drop(self, name: str, body: bytes) -> None:
        world = World(Anything)
        world.route("any", **{"service": "memory", "api": self.api, **self.options})
        with listening() as log:
            job = world.drop(body, route="any", name=name)
            ended = world.drive(job)
        document = world.document(job)
        assert_announced(world, document)
        assert_silent(world, job, log.getvalue())
        if isinstance(self.expected, str):
            assert ended == "Done"
            assert_refused(world, document, self.expected, self.at)
            return
        if self.held:
            assert ended == "Parked"
            assert document["attention"]["code"] == self.held
            assert document["attention"]["actions"]
            assert not world.shop.calls
            return
        assert ended == "Done"
        assert self.ledger == ONCE
        self._accounted(world, document)

    def _accounted(self, world: World, document: Mapping[str, Any]) -> None:
        """Every record with its code, the good ones answered, each distinct one paid for once."""
        expected = list(self.expected)
        invalid = [number for number, code in enumerate(expected, 1) if code]
        assert document["status"] == "completed"
        assert document["records"]["total"] == len(expected)
        assert document["records"]["invalid"] == len(invalid)
        end = ".ndjson" if document["outputType"] == "jsonl" else ".csv"
        end += ".gz" if document["dialect"]["gzip"] else ""
        assert codes(world, document["id"], len(expected), end) == expected
        assert sum(world.shop.billed.values()) == document["records"]["distinct"]
        assert max(world.shop.billed.values()) == 1
        problems = document["problems"]
        assert [(each["recId"], each["code"]) for each in problems] == [
            (number, expected[number - 1]) for number in invalid[:20]
        ]
        for each in problems:
            assert each["line"], "every problem has its line"
            assert each["remedy"]
        if self.at is not None:
            assert (problems[0]["line"], problems[0].get("column")) == self.at


def assert_refused(world: World, document: Mapping[str, Any], code: str, at: Place | None = None) -> None:
    """Refused before anything was sent: status, code, place and remedy, in job.json and beside it."""
    first = document["problems"][0]
    assert first["code"] == code
    assert first["remedy"]
    assert first["message"]
    assert CODES[code].level is Level.FILE
    if at is not None:
        assert (first.get("line"), first.get("column")) == at
    assert document["status"] == "failure"
    assert document["records"]["total"] == 0
    assert code in world.output(document["id"], "problems.csv").decode()
    assert not world.shop.calls
    assert not world.shop.billed


def assert_announced(world: World, document: Mapping[str, Any]) -> None:
    """The last event says how the job stands, and everything that was written is out."""
    sent = [each for each in world.publisher.published if each.detail["jobId"] == document["id"]]
    assert sent, "nobody was told"
    last = sent[-1].detail
    assert (last["status"], last["attention"]) == (
        document["status"], (document["attention"] or {}).get("code"),
    )  # fmt: skip
    assert last["problems"] == [each["code"] for each in document["problems"]]
    assert sent[-1].topic == (document["status"] in ENDED or bool(document["attention"]))


def refused(
    row: str,
    what: str,
    name: str,
    body: bytes,
    code: str,
    *,
    at: Place | None = None,
    differs: Iterable[str] = (),
    api: str = "place",
    **options: Any,
) -> Dropped:
    """A file that is refused whole."""
    return Dropped(
        id=row, what=what, name=name, body=body, expected=code, ledger=NOTHING, at=at,
        differs=frozenset(differs), api=api, options=options,
    )  # fmt: skip


def taken(
    row: str,
    what: str,
    name: str,
    body: bytes,
    expected: Sequence[str],
    *,
    at: Place | None = None,
    differs: Iterable[str] = (),
    api: str = "place",
    **options: Any,
) -> Dropped:
    """A file that is taken, with the code of each record."""
    return Dropped(
        id=row, what=what, name=name, body=body, expected=expected, ledger=ONCE, at=at,
        differs=frozenset(differs), api=api, options=options,
    )  # fmt: skip
