"""Reports to look at: of a real job through the real steps, of a hostile one, of routes, areas, many points, a refused file."""

from __future__ import annotations

import csv
import json
import random
from importlib.resources import files
from typing import Any

from batchdrop.jobs import Records
from batchdrop.ports import Outcome, OutcomeKind
from batchdrop.records.observing import Observer
from batchdrop.records.outcomes import outcome_line
from batchdrop.report import report

PLACES = ("bd_lat", "bd_lon", "bd_label", "bd_matchLevel", "bd_confidence")
SHAPES = ("bd_distance", "bd_time", "bd_geometry")
HOSTILE = (
    "</style></title></svg><script>alert(1)</script><img src=http://127.0.0.1:9/x onerror=alert(2)><a href=javascript:alert(3)>x</a>"
    "\"'`{{7*7}}{%raw%}&lt;\u202eright to left\u2069" + "W" * 400
)


def job(total: int, **changes: Any) -> dict[str, Any]:
    """A job.json."""
    entry: dict[str, Any] = {
        "id": "us_addresses-0f3c9a5b7d21e684", "route": "geoapify-geocode", "service": "geoapify", "api": "geocode", "status": "completed",
        "created": "2026-03-02T09:14:07.031522Z", "started": "2026-03-02T09:14:11.480019Z", "ended": "2026-03-02T09:17:52.907144Z",
        "run": 0, "records": Records(total=total, valid=total, processed=total, succeeded=total, matched=total, distinct=total).to_dict(),
        "batches": {"total": 3, "settled": 3, "parked": 0}, "price": {"unit": "credits", "estimated": total + 6, "spent": total + 7},
        "attention": None, "problems": [], "simulated": True, "input": {"key": "incoming/geoapify-geocode/us_addresses.csv"},
    }  # fmt: skip
    return {**entry, **changes}


def _matched(observer: Observer, number: int, *answer: str) -> None:
    if number % observer.every == 0:
        observer.answered(number, outcome_line(Outcome(number, OutcomeKind.MATCHED, answers=(answer,))))


def _truth() -> list[tuple[float, float]]:
    text = (files("batchdrop_sandbox") / "data/us_addresses_truth.csv").read_text()
    return [(float(row["lat"]), float(row["lng"])) for row in csv.DictReader(text.splitlines())]


def real() -> tuple[bytes, dict[str, Any]]:
    """The shipped addresses, some without a match, one far off, some at one place; and what was observed."""
    places, chance = _truth(), random.Random(1)
    observer = Observer(PLACES, len(places))
    none = 0
    for number, (lat, lon) in enumerate(places, 1):
        if number % 17 == 0:
            none += 1
            observer.failed(
                number,
                f"{number},{number} Nowhere Street,Springfield".encode(),
                "noMatch",
                "NO_MATCH",
                "The service found nothing for this record.",
            )
            continue
        at = (
            ("48.2082", "16.3738")
            if number == 77
            else (str(lat), str(lon))
            if number % 300
            else ("38.0", "-97.0")
        )
        _matched(
            observer,
            number,
            *at,
            f"{number} Main Street",
            chance.choice(("building", "street", "city")),
            f"{chance.betavariate(6, 1.2):.2f}",
        )
    found = len(places) - none
    records = Records(
        total=len(places),
        valid=len(places),
        processed=len(places),
        succeeded=found,
        failed=none,
        matched=found,
        noMatch=none,
        distinct=2400,
    )
    return report(job(len(places), records=records.to_dict()), observer.state), observer.state


def hostile() -> bytes:
    """Markup wherever a value can stand."""
    observer = Observer(PLACES, 40)
    for number in range(1, 31):
        _matched(observer, number, "52.5", str(13 + number / 1000 * (number % 2)), HOSTILE, HOSTILE, "0.5")
    observer.failed(31, HOSTILE.encode() * 200, "failed", HOSTILE, HOSTILE)
    observer.failed(32, b"\x00\xff\xfe", "invalid", "CONTROL_CHAR", HOSTILE)
    return report(
        job(
            40,
            id=HOSTILE,
            route=HOSTILE,
            service=HOSTILE,
            api=HOSTILE,
            input={"key": HOSTILE},
            price={"unit": HOSTILE, "spent": 1},
            attention={"code": HOSTILE, "message": HOSTILE, "remedy": HOSTILE, "actions": [HOSTILE]},
            problems=[{"code": HOSTILE, "message": HOSTILE, "remedy": HOSTILE, "line": 2, "column": HOSTILE}],
        ),
        json.loads(json.dumps(observer.state)),
    )


def routes() -> bytes:
    """Routes between shipped addresses."""
    places = _truth()[:60]
    observer = Observer(SHAPES, 30)
    for number, ((lat, lon), (lat2, lon2)) in enumerate(zip(places[::2], places[1::2], strict=True), 1):
        _matched(
            observer,
            number,
            "1000",
            "60",
            f"LINESTRING ({lon} {lat}, {(lon + lon2) / 2 + 0.4} {(lat + lat2) / 2}, {lon2} {lat2})",
        )
    return report(job(30, api="routing", route="geoapify-routing"), observer.state)


def isolines() -> bytes:
    """Areas around shipped addresses."""
    observer = Observer(("bd_range", "bd_mode", "bd_geometry"), 30)
    for number, (lat, lon) in enumerate(_truth()[:30], 1):
        ring = ", ".join(
            f"{lon + dx / 8:.4f} {lat + dy / 9:.4f}"
            for dx, dy in ((1, 0), (0.6, 0.7), (-0.4, 0.9), (-1, 0.1), (-0.3, -0.8), (0.7, -0.6), (1, 0))
        )
        _matched(observer, number, "900", "drive", f"POLYGON (({ring}))")
    return report(job(30, api="isoline", route="geoapify-isoline"), observer.state)


def wide() -> bytes:
    """A million records all over the world."""
    chance = random.Random(2)
    observer = Observer(PLACES, 1_000_000)
    for number in range(observer.every, 1_000_001, observer.every):
        lat, lon = chance.gauss(35, 18), chance.gauss(15, 60)
        _matched(
            observer,
            number,
            f"{max(-85, min(85, lat)):.4f}",
            f"{max(-179, min(179, lon)):.4f}",
            "",
            "city",
            f"{chance.random():.2f}",
        )
    return report(job(1_000_000, simulated=False), observer.state)


def refused() -> bytes:
    """A file that was refused."""
    problems = [
        {
            "code": "ENCODING",
            "message": "The file is not UTF-8 text: byte 1,204 cannot be read.",
            "remedy": "Save the file as UTF-8.",
            "line": 18,
        },
        {
            "code": "DUPLICATE_COLUMN",
            "message": "The column 'city' occurs twice.",
            "remedy": "Give every column a name of its own.",
            "line": 1,
            "column": "city",
        },
    ]
    return report(
        job(
            0,
            status="failure",
            records=Records().to_dict(),
            price={},
            problems=problems,
            batches={},
            started=None,
        ),
        {},
    )
