"""Group F, what is about a file as a whole: its size, its batches, equal records, budgets, the object itself; and what comes back."""

from __future__ import annotations

import csv
import io
import tracemalloc
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import ClientError

from batchdrop.aws.translation import translated
from batchdrop.ports import Place, Stored
from batchdrop.services import SERVICES
from tests.catalogue.between import GEOAPIFY, HERE, provider
from tests.catalogue.canaries import assert_silent, listening
from tests.catalogue.case import ONCE, Case, executed, on_template
from tests.catalogue.dropped import assert_announced, assert_refused
from tests.ports.memory import MemoryStore
from tests.steps.anything import Anything, entries
from tests.steps.world import INBOX, World
from tests.template.loading import load_template, resources

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROW = b'%d,"Canaryweg\t1",x\n'


class Flow(io.RawIOBase):
    """A file that is made while it is read. `read_bytes`: how much of it was taken."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        super().__init__()
        self._pieces, self._rest = pieces, b""
        self.read_bytes = 0

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Any) -> int:
        """The next bytes."""
        self._rest = self._rest or next(self._pieces, b"")
        part, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(part)] = part
        self.read_bytes += len(part)
        return len(part)


class Flowing(MemoryStore):
    """A store whose dropped objects are as large as anybody likes."""

    def __init__(self, pieces: Callable[[], Iterator[bytes]], size: int) -> None:
        super().__init__()
        self._pieces, self._size = pieces, size
        self.flows: list[Flow] = []

    def head(self, place: Place) -> Stored | None:
        """The size is what it says."""
        found = super().head(place)
        return replace(found, size=self._size) if found and place.key.startswith("incoming/") else found

    def open(self, place: Place, start: int = 0, end: int | None = None) -> Any:
        """A fresh flow of the dropped file."""
        if not place.key.startswith("incoming/"):
            return super().open(place, start, end)
        self.flows.append(Flow(self._pieces()))
        return io.BufferedReader(self.flows[-1], 1 << 16)


def flowing(pieces: Callable[[], Iterator[bytes]], size: int, most: int) -> tuple[World, dict[str, Any], int]:
    """A job of a file that nobody holds; while it is planned the peak of memory must stay below `most` bytes."""
    world = World(Anything, store=Flowing(pieces, size))
    world.route("any", service="memory", api="place")
    job = world.drop(b"", route="any", name="a.csv")
    tracemalloc.start()
    try:
        world.plan({"job": job, "run": 0})
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < most, f"{peak:,} bytes"
    world.drive(job)
    flows = cast("Flowing", world.store).flows
    return world, world.document(job), flows[0].read_bytes if flows else 0


def one_line() -> None:
    """A line of 1 GB: refused after the first megabytes, in constant memory."""

    def pieces() -> Iterator[bytes]:
        yield b"id,address\n1,"
        for _ in range(1024):
            yield b"x" * (1 << 20)

    world, document, taken = flowing(pieces, 1 << 30, 32 << 20)
    assert_refused(world, document, "LINE_TOO_LONG", (2, None))
    assert taken < 8 << 20, "the rest was never read"


def streamed() -> None:
    """40 MB of 10 equal addresses: memory holds the distinct ones only, and ten are paid for."""

    def pieces() -> Iterator[bytes]:
        yield b"id,address,note\n"
        for number in range(80):
            yield b"".join(
                b"%d,Canaryweg %d,%b\n" % (number, place % 10, b"x" * 480) for place in range(1000)
            )

    world, document, _ = flowing(pieces, 40_000_000, 64 << 20)
    assert document["records"]["total"] == 80_000
    assert document["records"]["distinct"] == 10 == sum(world.shop.billed.values())


def over_5_gb() -> None:
    """Refused by its size alone."""
    world, document, read = flowing(lambda: iter((b"id,address\n",)), (5 << 30) + 1, 32 << 20)
    assert_refused(world, document, "TOO_LARGE")
    assert read == 0


def cut_by_number(total: int, batches: int) -> None:
    """A batch has at most 1,000 inputs: as many submits as that makes, and each record once."""
    with provider(GEOAPIFY) as made, listening() as log:
        made.configure(processing_seconds=1.0, seconds_per_input=0.0)
        body = "address\n" + "".join(f"Canaryweg {number}\n" for number in range(total))
        made.drop(body.encode())
        document = made.drive()
        assert document["status"] == "completed"
        assert made.account["submits"] == batches
        assert made.account["records"] == total
        assert made.account["most_times_one_record_was_billed"] == 1
        assert_silent(made.world, made.job, log.getvalue())


def a_million() -> None:
    """1,000,001 inputs are planned as 1,001 batches, the last one of a single record."""
    world = World()
    cast("Any", world).kind = SERVICES[GEOAPIFY]
    world.route("memory-geocode", service="memory", api="geocode")
    job = world.drop(b"address\n" + b"".join(b"C%d\n" % number for number in range(1_000_001)))
    lanes = world.plan({"job": job, "run": 0})["lanes"]
    counts = [row["count"] for row in world.table.query(f"job#{job}", "batch#")]
    assert counts == [1000] * 1000 + [1]
    assert 1 <= len(lanes) <= 8


def cut_by_bytes() -> None:
    """A file over the service's limit is cut at a record's end below it: the same code with a limit of 20 KB instead of 500 MB."""
    with provider(HERE, batch_records=1_000_000) as made, listening() as log:
        small: Any = type("Small", (SERVICES[HERE],), {"can": replace(SERVICES[HERE].can, max_bytes=20_000)})
        cast("Any", made.world).kind = small
        cast("Any", made.world.service).can = small.can
        made.configure(max_bytes=20_000)
        body = "address\n" + "".join(f"Canaryweg {number} {'x' * 80}\n" for number in range(1_000))
        made.drop(body.encode())
        document = made.drive()
        assert document["status"] == "completed"
        assert document["batches"]["total"] > 4
        assert made.account["records"] == 1_000
        assert made.account["most_times_one_record_was_billed"] == 1
        assert_silent(made.world, made.job, log.getvalue())


def taken(body: bytes, name: str = "a.csv", **route: Any) -> tuple[World, dict[str, Any]]:
    """A file that is taken; the world and job.json."""
    world = World(Anything)
    world.route("any", **{"service": "memory", "api": "place"} | route)
    with listening() as log:
        job = world.drop(body, route="any", name=name)
        world.drive(job)
    assert_silent(world, job, log.getvalue())
    document = world.document(job)
    assert_announced(world, document)
    return world, document


FORMULAS = ['=HYPERLINK("x")', "+cmd", "@SUM(1)", "-1+1", "\tx", "-33.86"]


def formulas(*, excel: bool) -> None:
    """Sent unchanged; in our CSV made safe only where the route asks for it, and a number stays a number."""
    quoted = "".join(f'"{text.replace(chr(34), chr(34) * 2)}"\n' for text in FORMULAS)
    world, document = taken(f"address\n{quoted}".encode(), excel=excel)
    assert sorted(world.shop.billed) == sorted(f"text={text.strip()}" for text in FORMULAS)
    text = world.output(document["id"], "results.csv").decode("utf-8-sig")
    cells = [row[0] for row in csv.reader(io.StringIO(text, newline=""))][1:]
    safe = [text if text == "-33.86" else f"'{text}" for text in FORMULAS]
    assert cells == (safe if excel else FORMULAS)


def carriage_returns() -> None:
    """A cell that begins with CR is no formula in a spreadsheet either."""
    world, document = taken(b'address\n"\rCanaryweg"\n', excel=True)
    assert b"'\rCanaryweg" in world.output(document["id"], "results.csv")


def lines_untouched() -> None:
    """JSON is never made safe for spreadsheets."""
    world, document = taken(b'{"q":"=Canaryweg"}\n', "a.ndjson")
    assert b'{"q":"=Canaryweg",' in world.output(document["id"], "results.ndjson")


def extra_columns() -> None:
    """They come back as they were, and are not sent."""
    world, document = taken(
        b'id,address,colour\n0001|"x,Canaryweg 1,"r, ed"\n'.replace(b'0001|"x', b'"0001|""x"')
    )
    assert list(world.shop.billed) == ["text=Canaryweg 1"]
    (row,) = world.rows(document["id"], "results.csv")
    assert (row["id"], row["colour"], row["bd_recId"]) == ('0001|"x', "r, ed", "1")


def equal_records() -> None:
    """10,000 times the same address is paid for once, and every record has its answer."""
    world, document = taken(b"id,address\n" + b"".join(b"%d,Canaryweg 1\n" % n for n in range(10_000)))
    assert sum(world.shop.billed.values()) == 1
    assert document["records"]["matched"] == 10_000
    assert [entry["recId"] for entry in entries(world, document["id"], "results.csv")] == [
        str(n) for n in range(1, 10_001)
    ]


def equal_records_apart() -> None:
    """With dedupe off each is paid for."""
    world, document = taken(b"id,address\n" + b"1,Canaryweg 1\n" * 7, dedupe=False)
    assert sum(world.shop.billed.values()) == 7
    assert document["records"]["matched"] == 7


def over_budget(**budget: Any) -> None:
    """Held before anything is sent; a person starts it, and it is paid for once."""
    world, document = taken(b"id,address\n1,Canaryweg 1\n2,Canaryweg 2\n", **budget)
    assert document["attention"]["code"] == "OVER_BUDGET"
    assert document["attention"]["actions"] == ["start", "delete"]
    assert not world.shop.calls
    world.jobs.start(document["id"])
    world.drive(document["id"], run=world.journal.row(document["id"])["run"])
    assert world.document(document["id"])["status"] == "completed"
    assert sum(world.shop.billed.values()) == 2


def gone(moment: str) -> None:
    """The object is deleted before it is read: refused. Behind a delete marker its version is still there: read."""
    world = World()
    place = Place(INBOX, "incoming/memory-geocode/people.csv")
    world.store.put(place, b"id,address\n1,Canaryweg 1\n")
    event = world.event(place.key)
    if moment == "replaced":
        world.store.put(place, b"id,address\n1,Other 1\n2,Other 2\n")
    elif moment == "before its event":
        world.store.lose(place)
    job = world.submit(event)
    assert job
    if moment == "before it is read":
        world.store.lose(place)
    world.drive(job)
    document = world.document(job)
    if moment == "replaced":
        assert document["records"]["total"] == 1
        assert list(world.shop.billed) == ["Canaryweg 1"]
        return
    assert_refused(world, document, "OBJECT_GONE")
    assert_announced(world, document)


class Refusing(MemoryStore):
    """A store that refuses to read what was dropped, as S3 does."""

    def __init__(self, code: str) -> None:
        super().__init__()
        self.code = code

    def open(self, place: Place, start: int = 0, end: int | None = None) -> Any:
        """Refused as aws/store says it."""
        if place.key.startswith("incoming/"):
            raise translated(
                ClientError({"Error": {"Code": self.code, "Message": "Canaryweg"}}, "GetObject"), place
            )
        return super().open(place, start, end)


def unreadable(aws: str, code: str) -> None:
    """Refused with what is missing; nothing of AWS's own words is repeated."""
    world = World(store=Refusing(aws))
    with listening() as log:
        job = world.drop(b"id,address\n1,Canaryweg 1\n")
        assert world.drive(job) == "Done"
    document = world.document(job)
    assert_refused(world, document, code)
    assert_announced(world, document)
    assert_silent(world, job, log.getvalue())


def not_now() -> None:
    """What may pass (throttling, KMS out of order for a while) is no refusal: the step fails and is tried again, the job is not over."""
    world = World(store=Refusing("SlowDown"))
    job = world.drop(b"id,address\n1,Canaryweg 1\n")
    try:
        world.plan({"job": job, "run": 0})
    except ClientError as error:
        assert error.response["Error"]["Code"] == "SlowDown"  # noqa: PT017 - what was raised is looked at, not only that
    assert world.document(job)["status"] in ("submitted", "pending")
    assert not world.shop.calls


def same_bytes(repeats: str) -> None:
    """The same bytes under another key: told, or held until a person starts it; under `allow` nobody asks."""
    world = World()
    world.route("mine", service="memory", api="geocode", repeats=repeats)
    body = b"id,address\n1,Canaryweg 1\n"
    first, second = (world.drop(body, route="mine", name=name) for name in ("a.csv", "b.csv"))
    assert first != second
    world.drive(first)
    world.drive(second)
    document = world.document(second)
    held = repeats == "hold"
    assert (document["attention"] or {}).get("code") == ("SAME_BYTES" if held else None)
    assert document.get("sameBytesAs") == (first if repeats != "allow" else None)
    assert sum(world.shop.billed.values()) == (1 if held else 2)


def unfinished_parts() -> None:
    """An upload in parts that is never completed makes no event; its parts go after a day, in both buckets."""
    buckets = resources(load_template(), "AWS::S3::Bucket")
    for name in ("InboxBucket", "ResultsBucket"):
        rules = buckets[name]["Properties"]["LifecycleConfiguration"]["Rules"]
        assert any(
            rule.get("AbortIncompleteMultipartUpload") == {"DaysAfterInitiation": 1} for rule in rules
        ), name


_SIZES = {999: 1, 1000: 1, 1001: 2, 2000: 2, 2001: 3}
_REFUSALS = [
    ("AccessDenied", "NO_ACCESS"), ("403", "NO_ACCESS"), ("KMS.DisabledException", "NO_ACCESS"), ("KMS.NotFoundException", "NO_ACCESS"),
    ("KMS.AccessDeniedException", "NO_ACCESS"), ("InvalidObjectState", "ARCHIVED"), ("NoSuchVersion", "OBJECT_GONE"), ("405", "OBJECT_GONE"),
]  # fmt: skip

ROWS: list[Case] = [
    executed("F20e", "one line of 1 GB", "LINE_TOO_LONG", one_line),
    executed("F23", "formulas", "unchanged", partial(formulas, excel=False), ONCE),
    executed("F23b", "formulas in a file for a spreadsheet", "made safe", partial(formulas, excel=True), ONCE),
    executed("F23c", "a carriage return before the text", "made safe", carriage_returns, ONCE),
    executed("F23d", "formulas in JSON", "unchanged", lines_untouched, ONCE),
    *[executed(f"F39{letter}", f"{total:,} inputs", f"{batches} batches", partial(cut_by_number, total, batches), ONCE)
      for letter, (total, batches) in zip(("", *"bcde"), _SIZES.items(), strict=True)],
    executed("F39f", "1,000,001 inputs", "1,001 batches", a_million),
    executed("F40", "over the service's limit in bytes", "cut at a record's end", cut_by_bytes, ONCE),
    executed("F43c", "columns that are not ours, and ids of everything", "come back as they were", extra_columns, ONCE),
    executed("F49", "the same address 10,000 times", "paid once", equal_records, ONCE),
    executed("F49b", "equal records with dedupe off", "paid each", equal_records_apart, ONCE),
    executed("F50", "over the budget of a job", "OVER_BUDGET", partial(over_budget, budget=1), ONCE),
    executed("F50b", "a budget of nothing", "OVER_BUDGET", partial(over_budget, budget={"job": 0}), ONCE),
    *[executed(f"F51{letter}", f"deleted {moment}", "OBJECT_GONE", partial(gone, moment)) for letter, moment in zip(("", "b"), ("before it is read", "before its event"), strict=True)],
    executed("F51c", "replaced before it was read", "the version of the event is read", partial(gone, "replaced"), ONCE),
    *[executed(f"F52{letter}", aws, code, partial(unreadable, aws, code)) for letter, (aws, code) in zip(("", *"bcdefgh"), _REFUSALS, strict=True)],
    executed("F52i", "S3 is busy", "tried again", not_now),
    executed("C9b", "the key of the object is disabled", "NO_ACCESS", partial(unreadable, "KMS.DisabledException", "NO_ACCESS")),
    executed("F53", "the same bytes under two keys", "two jobs, and a pointer", partial(same_bytes, "warn"), ONCE),
    executed("F53b", "the same bytes, held", "SAME_BYTES", partial(same_bytes, "hold"), ONCE),
    executed("F53c", "the same bytes, allowed", "two jobs", partial(same_bytes, "allow"), ONCE),
    on_template("F54", "an upload that is never completed", "no event, parts go after a day", unfinished_parts),
    executed("F56", "a large file", "streamed", streamed, ONCE),
    executed("F56b", "over 5 GB", "TOO_LARGE", over_5_gb),
]  # fmt: skip
