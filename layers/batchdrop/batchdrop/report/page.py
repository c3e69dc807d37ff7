"""The page: what a person wants to know of a job, in the order they ask it."""

from __future__ import annotations

from base64 import b64encode
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from batchdrop.jobs import Records
from batchdrop.problems import CODES
from batchdrop.report.drawing import MOST_POINTS, picture
from batchdrop.report.geography import Point
from batchdrop.report.timeline import timeline

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jinja2 import Template

KIND_WORDS = {
    "noMatch": "no match", "lowConfidence": "low confidence", "failed": "failed", "invalid": "invalid", "unprocessed": "not processed",
}  # fmt: skip


SHOWN = 20
_PROBLEM = {"code": "", "message": "", "remedy": "", "line": None, "column": "", "recId": None}
_ATTENTION = {"code": "", "message": "", "remedy": "", "actions": ()}


@lru_cache(maxsize=1)
def _template() -> Template:
    from jinja2 import Environment, StrictUndefined  # noqa: PLC0415  # only who writes a report pays for it

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["number"] = spelled
    environment.filters["share"] = share
    folder = files("batchdrop.report")
    style = folder.joinpath("report.css").read_text(encoding="utf-8")
    environment.globals |= {"style": style, "style_hash": b64encode(sha256(style.encode()).digest()).decode()}
    return environment.from_string(folder.joinpath("report.html.j2").read_text(encoding="utf-8"))


def report(job: Mapping[str, Any], observed: Mapping[str, Any]) -> bytes:
    """report.html of a job. job: its document as in job.json; observed: records.observing's state, empty where nothing was written.

    Every value is escaped by the template; nothing in it can become markup.
    """
    return _template().render(**context(job, observed)).encode("utf-8", "replace")


def context(job: Mapping[str, Any], observed: Mapping[str, Any]) -> dict[str, Any]:
    """What the template shows."""
    records: Mapping[str, Any] = {**Records().to_dict(), **(job.get("records") or {})}
    points = [Point(*entry) for entry in observed.get("points", ())]
    attention = job.get("attention")
    shapes = [(entry[0], entry[1]) for entry in observed.get("shapes", ())]
    return {
        "job": job,
        "records": records,
        "answered": records.get("matched", 0) + records.get("failed", 0),
        "segments": _segments(records),
        "outcomes": _outcomes(observed),
        "confidence": bars(observed.get("confidence", ())),
        "levels": sorted(observed.get("levels", {}).items(), key=lambda pair: -pair[1])[:12],
        "sampled": observed.get("sampled", 0),
        "every": observed.get("every", 1),
        "map": picture(points, shapes),
        "most": MOST_POINTS,
        "price": _price(job, records),
        "timeline": timeline(job),
        "attention": {**_ATTENTION, **attention} if attention else None,
        "problems": [{**_PROBLEM, **problem} for problem in job.get("problems") or ()][:SHOWN],
    }


def _segments(records: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The bar of outcomes: widths in per cent of all records, with a pattern each, so that no colour is needed."""
    total = records.get("total", 0)
    failed = records.get("failed", 0) - records.get("noMatch", 0)
    parts = (
        ("matched", "matched", records.get("matched", 0)),
        ("noMatch", "no match", records.get("noMatch", 0)),
        ("failed", "failed", failed),
        ("invalid", "invalid", records.get("invalid", 0)),
        ("unprocessed", "not processed", records.get("unprocessed", 0)),
    )
    return [
        {
            "kind": kind,
            "word": word,
            "number": count,
            "width": round(100 * count / total, 3),
            "share": share(count, total),
        }
        for kind, word, count in parts
        if total and count > 0
    ]


def _outcomes(observed: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Outcomes by code, the most frequent first, with examples."""
    rows = [
        {
            "kind": KIND_WORDS.get(kind, kind), "code": code, "message": message, "number": count,
            "remedy": CODES[code].remedy if code in CODES else "",
            "examples": [{"rec_id": rec_id, "text": text} for rec_id, text in examples],
        }
        for kind, code, message, count, examples in observed.get("outcomes", ())
    ]  # fmt: skip
    return sorted(rows, key=lambda row: (-row["number"], row["code"]))


def bars(counts: Any) -> dict[str, Any] | None:
    """A histogram: one bar a bin, heights from 0 to 100, None where nothing was counted."""
    total, most = sum(counts), max(counts, default=0)
    if not total:
        return None
    size = len(counts)
    return {
        "total": total,
        "bars": [
            {
                "from": f"{place / size:.2f}",
                "to": f"{(place + 1) / size:.2f}",
                "number": count,
                "height": round(100 * count / most, 2),
                "x": place,
            }
            for place, count in enumerate(counts)
        ],
        "size": size,
    }


def _price(job: Mapping[str, Any], records: Mapping[str, Any]) -> dict[str, Any] | None:
    price = job.get("price") or {}
    if not price.get("unit"):
        return None
    repeats = max(0, records.get("valid", 0) - records.get("distinct", 0)) if records.get("distinct") else 0
    return {"again": 0, "saved": 0, "spent": 0, **price, "repeats": repeats}


def spelled(value: Any) -> str:
    """1234567.5 → 1,234,567.5; at most two decimals."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    text = f"{value:,.2f}"
    return text.rstrip("0").rstrip(".")


def share(part: float, whole: float) -> str:
    """A share in per cent, cut and not rounded: 100 % means all."""
    if whole <= 0:
        return "–"
    return "100 %" if part >= whole else f"{int(part * 1000 / whole) / 10:.1f} %"
