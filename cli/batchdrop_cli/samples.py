"""Small files of every kind of record, made from the shipped addresses: what `sandbox tour` drops.

Each has one record nobody can answer and one that is not valid, so that errors.csv is seen at work.
"""

from __future__ import annotations

import csv
import io
from itertools import islice
from typing import TYPE_CHECKING

from batchdrop.ports import Takes
from batchdrop_cli.demo import FILE, TRUTH
from batchdrop_sandbox.simulators.geoapify.shapes import place_id
from batchdrop_sandbox.simulators.here_batch_v7.output import here_id
from batchdrop_sandbox.simulators.places import addresses

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ROWS = 40


def sample(service: str, takes: Takes) -> bytes:
    """A CSV file with some 40 records of this kind."""
    made = {
        Takes.PLACE: _addresses,
        Takes.POINT: _points,
        Takes.WAYPOINTS: _journeys,
        Takes.INPUT: _inputs,
        Takes.DEVICE: _devices,
        Takes.DEVICE_DELETE: _known_devices,
    }
    return _ids(service) if takes is Takes.ID else made[takes]()


def _addresses() -> bytes:
    lines = FILE.read_bytes().splitlines(keepends=True)[: ROWS + 1]
    return b"".join([*lines, b"X1,1 No Such Lane,,Nowhere,ZZ,00000,USA\n", b"X2,,,,,,\n"])


def _truth() -> list[tuple[str, str, str]]:
    with TRUTH.open(encoding="utf-8", newline="") as lines:
        rows = islice(csv.DictReader(lines), ROWS)
        return [(row["customer_id"], row["lat"], row["lng"]) for row in rows]


def _points() -> bytes:
    return _csv(
        ("customer_id", "lat", "lon"), [*_truth(), ("X1", "-48.8", "-123.4"), ("X2", "139.7", "35.7")]
    )


def _journeys() -> bytes:
    points = _truth()
    rows = [
        (f"{start[0]}-{end[0]}", f"{start[1]},{start[2]}|{end[1]},{end[2]}")
        for start, end in zip(points[::2], points[1::2], strict=True)
    ]
    return _csv(("trip", "waypoints"), [*rows, ("X1", "48.38,10.88")])


def _ids(service: str) -> bytes:
    forms = {"here_batch_v7": here_id, "geoapify": place_id}
    known = [forms[service](place) for place in islice(addresses(), ROWS)]
    return _csv(
        ("name", "id"), [*((f"N{number}", one) for number, one in enumerate(known)), ("X1", "nothing")]
    )


def _inputs() -> bytes:
    """What the API `any` takes: parameters as they are; internet addresses, and one that is none."""
    rows = [(f"H{number}", f"8.8.{number}.8") for number in range(ROWS)]
    return _csv(("host", "param:ip"), [*rows, ("X1", "no address")])


def _devices() -> bytes:
    rows = [(f"Van {number}", f"van-{number}", "Phone", "1") for number in range(ROWS)]
    return _csv(("name", "externalId", "type", "tag:fleet"), [*rows, ("", "van-x", "Phone", "")])


def _known_devices() -> bytes:
    return _csv(("externalId",), [*((f"van-{number}",) for number in range(ROWS)), ("van-none",)])


def _csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()
