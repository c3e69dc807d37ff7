"""Jobs to make reports of, without a service: what Told would hold for them."""

from __future__ import annotations

import math
import random
from collections import Counter
from typing import TYPE_CHECKING, Any

from batchdrop.jobs import Records
from batchdrop.ports import Outcome, OutcomeKind, Told
from batchdrop.records.summary import POINTS, Summary, ordinals_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

COLUMNS = ("bd_lat", "bd_lon", "bd_label", "bd_matchLevel", "bd_confidence", "bd_country")
SHAPES = ("bd_distance", "bd_time", "bd_geometry")
MOMENTS = [
    ("The file was dropped", "2026-03-02T09:14:07.031522Z"),
    ("It was checked and planned", "2026-03-02T09:14:09.200000Z"),
    ("The first batch was sent", "2026-03-02T09:14:11.480019Z"),
    ("The service had the first batch", "2026-03-02T09:14:12.480019Z"),
    ("The job was completed", "2026-03-02T09:17:52.907144Z"),
]

TOWNS = (
    ("Berlin", 52.52, 13.40), ("Hamburg", 53.55, 9.99), ("München", 48.14, 11.58), ("Köln", 50.94, 6.96), ("Leipzig", 51.34, 12.37),
    ("Stuttgart", 48.78, 9.18), ("Dresden", 51.05, 13.74), ("Nürnberg", 49.45, 11.08), ("Bremen", 53.08, 8.80), ("Freiburg", 47.99, 7.85),
)  # fmt: skip


def job(records: dict[str, int], **more: Any) -> dict[str, Any]:
    """job.json of a job with these counters."""
    return {
        "id": "customers-0f3c9a5b7d21e684", "route": "geoapify-geocode", "service": "geoapify", "api": "geocode", "status": "completed",
        "run": 0, "records": {**Records().to_dict(), **records}, "resultsHref": "s3://results/jobs/x/results.csv",
        "errorsHref": "s3://results/jobs/x/errors.csv", "input": {"bucket": "inbox", "key": "incoming/geoapify-geocode/customers.csv", "size": 182_400},
        "batches": {"total": 3, "settled": 3, "parked": 0}, "price": {"unit": "credits", "estimated": 2400.0, "spent": 2403.0, "saved": 120.0},
        "problems": [], "attention": None, "simulated": False, "ended": "2026-03-02T09:17:52.907144Z", **more,
    }  # fmt: skip


def towns(count: int, *, seed: int = 1, spread: float = 0.25) -> list[tuple[str, ...]]:
    """Answers of a geocoder around ten towns."""
    chance = random.Random(seed)
    found: list[tuple[str, ...]] = []
    for number in range(count):
        town, lat, lon = TOWNS[min(int(chance.expovariate(0.5)), len(TOWNS) - 1)]
        confidence = min(1.0, max(0.0, 1 - abs(chance.gauss(0, 0.18))))
        place = (f"{lat + chance.gauss(0, spread):.6f}", f"{lon + chance.gauss(0, spread * 1.4):.6f}")
        level = chance.choices(("building", "street", "city"), (8, 3, 1))[0]
        found.append((*place, f"Hauptstraße {number}, {town}", level, f"{confidence:.2f}", "Germany"))
    return found


def summed(answers: Iterable[Any], columns: Sequence[str] = COLUMNS, *, batch: int = 1000) -> dict[str, Any]:
    """The merged summary of answers: one to a record, or several, in batches as advance makes them."""
    rows = [answer if answer and isinstance(answer[0], tuple) else (answer,) for answer in answers]
    everything = len(rows) <= POINTS
    whole = Summary(everything=everything)
    for start in range(0, len(rows), batch):
        part = rows[start : start + batch]
        summary = Summary(columns, share=len(part) / len(rows), everything=everything)
        for ordinal, answer in enumerate(part, start + 1):
            summary.add(Outcome(ordinal, OutcomeKind.MATCHED, answers=tuple(answer)))
        whole.merge(summary.to_dict())
    return whole.to_dict()


def told(
    answers: Sequence[Any],
    errors: Sequence[Any] = (),
    *,
    columns: Sequence[str] = COLUMNS,
    equal: int = 0,
    **more: Any,
) -> Told:
    """A job with these answers and errors; equal: records that are equal to another one."""
    summary = summed(answers, columns)
    kinds: Counter[str] = Counter()
    for kind, _, count, _ in errors:
        kinds[kind] += count
    matched = len(answers) + equal
    total = matched + sum(kinds.values())
    invalid, unprocessed = kinds["invalid"], kinds["unprocessed"]
    records = {
        "total": total, "valid": total - invalid, "invalid": invalid, "matched": matched, "succeeded": matched, "noMatch": kinds["noMatch"],
        "failed": kinds["noMatch"] + kinds["lowConfidence"] + kinds["failed"], "distinct": total - invalid - equal, "unprocessed": unprocessed,
        "processed": total - invalid - unprocessed,
    }  # fmt: skip
    rec_ids = {ordinal: ordinal + equal // 2 for ordinal in ordinals_in(summary)}
    return Told(job(records, **more), errors, summary, rec_ids, MOMENTS)


ERRORS = [
    ["noMatch", "NO_MATCH", 37, [[17, "The service found nothing for this record.", "C00017,Nowhere Lane 1,,ZZ"], [95, "The service found nothing for this record.", "C00095,???,Berlin,DE"]]],
    ["failed", "SERVICE_ERROR", 4, [[402, "The service could not process this record: 500.", "C00402,Hauptstraße 7,Köln,DE"]]],
    ["invalid", "EMPTY_QUERY", 6, [[1200, "There is nothing to look for in this record.", "C01200,,,"]]],
]  # fmt: skip


def country() -> Told:
    """Some 2,400 customers in Germany; a few far away, some at the very same point."""
    answers = towns(2400)
    for number in (100, 101, 102, 103, 104, 900, 901):
        answers[number] = ("52.520000", "13.400000", "Berlin, Germany", "city", "0.50", "Germany")
    answers[300] = ("40.712800", "-74.006000", "Berlin, New York", "city", "0.31", "United States")
    answers[301] = ("0.000000", "0.000000", "", "", "0.05", "")
    answers[302] = ("-33.868800", "151.209300", "Hamburg, Sydney", "city", "0.22", "Australia")
    return told(answers, ERRORS, equal=120)


def crowd(count: int = 40_000) -> Told:
    """A density."""
    return told(towns(count, spread=0.6), ERRORS, equal=1000)


def globe() -> Told:
    """Results all over the world."""
    chance = random.Random(3)
    answers = [
        (
            f"{math.degrees(math.asin(chance.uniform(-0.7, 0.95))):.5f}",
            f"{chance.uniform(-180, 180):.5f}",
            f"Place {number}",
            "city",
            "0.9",
            "",
        )
        for number in range(1500)
    ]
    return told(answers)


def pacific() -> Told:
    """Both sides of the date line."""
    chance = random.Random(4)
    answers = [
        (
            f"{chance.gauss(-17, 1):.5f}",
            f"{(chance.gauss(180, 2) + 180) % 360 - 180:.5f}",
            f"Place {number}",
            "city",
            "0.9",
            "Fiji",
        )
        for number in range(200)
    ]
    return told(answers)


def city() -> Told:
    """Some streets of one town."""
    chance = random.Random(5)
    answers = [
        (
            f"{chance.gauss(52.52, 0.02):.6f}",
            f"{chance.gauss(13.40, 0.03):.6f}",
            f"Allee {number}",
            "building",
            "0.95",
            "Germany",
        )
        for number in range(300)
    ]
    return told(answers)


def routes(count: int = 30) -> Told:
    """Lines between towns."""
    chance = random.Random(6)
    answers = []
    for _ in range(count):
        (_, lat, lon), (_, lat2, lon2) = chance.sample(TOWNS, 2)
        steps = [
            (
                lon + (lon2 - lon) * n / 300 + chance.gauss(0, 0.01),
                lat + (lat2 - lat) * n / 300 + 0.2 * math.sin(n / 40) + chance.gauss(0, 0.01),
            )
            for n in range(301)
        ]
        answers.append(
            ("120", "3600", "LINESTRING (" + ", ".join(f"{x:.5f} {y:.5f}" for x, y in steps) + ")")
        )
    return told(answers, columns=SHAPES, api="routing")


def isolines() -> Told:
    """Two areas around each of ten towns."""
    answers = []
    for _, lat, lon in TOWNS:
        rows = []
        for size in (0.3, 0.6):
            ring = [
                (lon + 1.4 * size * (1 + 0.15 * math.sin(5 * a)) * math.cos(a), lat + size * math.sin(a))
                for a in (n * math.tau / 90 for n in range(90))
            ]
            text = ", ".join(f"{x:.5f} {y:.5f}" for x, y in [*ring, ring[0]])
            rows.append((str(size), "drive", f"POLYGON (({text}))"))
        answers.append(tuple(rows))
    return told(answers, columns=("bd_range", "bd_mode", "bd_geometry"), api="isoline")


def devices() -> Told:
    """No map."""
    answers = [(f"t-{number}", f"d-{number}") for number in range(120)]
    return told(answers, [["failed", "SERVICE_ERROR", 2, [[5, "The service could not process this record: 409.", '{"name":"a"}']]]], columns=("bd_trackingId", "bd_deviceId"), service="here_tracking_v4", api="devices", simulated=True, legacy=True)  # fmt: skip


def two_continents() -> Told:
    """A small area in Berlin and one in Boston."""
    answers = []
    for lat, lon in ((52.52, 13.40), (42.36, -71.06)):
        ring = [
            (lon + 0.06 * math.cos(a), lat + 0.04 * math.sin(a))
            for a in (n * math.tau / 40 for n in range(41))
        ]
        text = ", ".join(f"{x:.5f} {y:.5f}" for x, y in ring)
        answers.append(("900", "drive", f"POLYGON (({text}))"))
    return told(answers, columns=("bd_range", "bd_mode", "bd_geometry"), api="isoline")


def sloppy() -> Told:
    """Of 400 records 223 are invalid, some are answered without much confidence, and the same bytes were dropped before."""
    said = (
        "There is nothing to look for in this record.",
        "lat is not a number: it looks like a decimal comma.",
    )
    problems = [
        {"code": "EMPTY_QUERY", "message": said[0], "remedy": "Fill the address columns.", "line": n + 1, "recId": n} if n % 2
        else {"code": "NOT_A_NUMBER", "message": said[1], "remedy": "Write it like 52.53.", "line": n + 1, "recId": n, "column": "lat"}
        for n in range(1, 21)
    ]  # fmt: skip
    errors = [
        ["invalid", "EMPTY_QUERY", 120, [[n, said[0], f"C{n},,,"] for n in (1, 3, 5)]],
        ["invalid", "NOT_A_NUMBER", 103, [[n, said[1], f"C{n},52,5"] for n in (2, 4, 6)]],
        ["lowConfidence", "LOW_CONFIDENCE", 40, [[300, "The confidence 0.4 is below 0.7. The best answer: Berlin.", "C300,Berln"]]],
        ["noMatch", "NO_MATCH", 20, [[310, "The service found nothing for this record.", "C310,Nowhere"]]],
        ["failed", "SERVICE_ERROR", 2, [[311, "The service could not process this record: 500.", "C311,Köln"]]],
    ]  # fmt: skip
    return told(towns(115), errors, problems=problems, sameBytesAs="customers-77aa0c1d2e3f4a5b", run=1)


def misrouted() -> Told:
    """Nothing was sent: the route is not valid."""
    problem = {"code": "ROUTE_INVALID", "message": "The route 'typo' is not valid: geoapify has no api 'geocod'; it has geocode, reverse.", "remedy": "Correct routes/typo.json."}  # fmt: skip
    found = refused()
    return Told(
        {**found.job, "route": "typo", "service": "", "api": "", "problems": [problem]}, moments=found.moments
    )


def refused() -> Told:
    """Nothing was sent."""
    problems = [
        {"code": "WRONG_COLUMNS", "message": "No usable column for geocode: found colour, size.", "remedy": "Name the columns: address; or street, city, country.", "line": 1},
        {"code": "EMPTY_COLUMN_NAME", "message": "Column number 3 has no name.", "remedy": "Name every column in the header line.", "line": 1, "column": "3"},
    ]  # fmt: skip
    found = job(
        {},
        status="failure",
        problems=problems,
        resultsHref="",
        errorsHref="",
        price={},
        batches={"total": 0, "settled": 0, "parked": 0},
    )
    return Told(found, moments=[MOMENTS[0], ("The job ended in failure", "2026-03-02T09:14:08.000000Z")])


def parked() -> Told:
    """One batch of three waits for a person."""
    attention = {
        "code": "AMBIGUOUS_SEND", "message": "Nobody can tell whether the service took the batch.",
        "remedy": "Look at the service; then adopt its job, or send the batch again and perhaps pay twice.", "actions": ["adopt", "resubmit", "stop"],
        "batches": [{"batch": "00002", "code": "AMBIGUOUS_SEND", "records": 1000}],
    }  # fmt: skip
    errors = [
        [
            "unprocessed",
            "AMBIGUOUS_SEND",
            1000,
            [[1001, "Nobody can tell whether the service took the batch.", "C01001,Main Street 1"]],
        ]
    ]
    return told(towns(1400), errors, attention=attention, status="inProgress", ended=None)


HOSTILE = (
    "<script>alert(1)</script>", '</script><script src="https://evil.example/x.js"></script>', '"><img src=x onerror=alert(1)>', "'\"`&<>", "</style><style>*{display:none}</style>",
    "</title></svg><iframe src=//evil.example>", "{{ 7*7 }}{% raw %}", "\u202egnp.exe\u2066", "שלום עולם مرحبا", "\x00\x07\x1b[31m", "javascript:alert(1)", "]]>--><!--", "\ud800", "<svg onload=alert(1)>",
)  # fmt: skip


def hostile() -> Told:
    """Markup, quotes, other directions and 100 KB in every text."""
    texts = [*HOSTILE, "W" * 100_000, "<b>" * 33_000]
    answers = [
        (f"{52 + n / 50:.5f}", f"{13 + n / 50:.5f}", text, text, "0.5", text)
        for n, text in enumerate(texts * 3)
    ]
    answers += [("52.5", "13.4", text, text, text, text) for text in texts]
    errors = [
        [
            "failed",
            "SERVICE_ERROR",
            len(texts),
            [[n, text[:200], text[:200]] for n, text in enumerate(texts, 1)],
        ]
    ]
    problems = [
        {"code": "WRONG_TYPE", "message": text, "remedy": text, "column": text, "line": 3} for text in texts
    ]
    attention = {"code": "GAPS", "message": texts[0], "remedy": texts[1], "actions": ["stop"], "batches": []}
    key = f"incoming/geoapify-geocode/{HOSTILE[0].replace('/', '')}.csv"
    return told(
        answers,
        errors,
        problems=problems,
        attention=attention,
        route=HOSTILE[2],
        input={"bucket": "b", "key": key, "size": 5},
        price={"unit": HOSTILE[3], "estimated": 1, "spent": 1},
    )


SCENES = {
    scene.__name__: scene
    for scene in (
        country,
        crowd,
        globe,
        pacific,
        city,
        routes,
        isolines,
        two_continents,
        devices,
        sloppy,
        refused,
        misrouted,
        parked,
        hostile,
    )
}
