"""The page: the template filled with what the other modules make."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import lru_cache
from importlib.resources import files
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from batchdrop.ports import OutcomeKind
from batchdrop.report import findings, problems, tables, wording
from batchdrop.report import map as maps
from batchdrop.report.outline import outline

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from batchdrop.ports import Told

_LONGEST = 400  # characters of a text that somebody else wrote
# What is no text, and what turns the direction of the text around it.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")

_NOT_MATCHED = (OutcomeKind.NO_MATCH, OutcomeKind.LOW_CONFIDENCE, OutcomeKind.FAILED)

_STATUS = {
    "completed": "Completed",
    "failure": "Failure",  # records are what is called failed
    "stopped": "Stopped",
}


def page(told: Told) -> bytes:
    """report.html. Raises nothing for any text in what is told; KeyError for a job.json without its members."""
    html = _environment().get_template("report.html.j2").render(context(told))
    return html.encode("utf-8", "replace")


@lru_cache(maxsize=1)
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("batchdrop.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_harmless,
    )
    made.filters |= {
        "brief": _brief,
        "count": wording.count,
        "share": wording.share,
        "distance": wording.distance,
        "place": lambda one: wording.place(one.lat, one.lon),
        "size": wording.size,
        "times": wording.times,
    }
    return made


def _harmless(value: Any) -> Any:
    """A text without what cannot be seen."""
    return _UNSEEN.sub("", value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _brief(text: str) -> str:
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


@lru_cache(maxsize=1)
def _style() -> tuple[Markup, str]:
    """The style sheet, and its hash for the policy: no other style and no script may run."""
    text = files("batchdrop.report").joinpath("report.css").read_text(encoding="utf-8")
    digest = hashlib.sha256(text.encode()).digest()
    return Markup(text), "sha256-" + base64.b64encode(digest).decode()  # noqa: S704  # our own file, no value in it


def context(told: Told) -> dict[str, Any]:
    """Everything that the template names."""
    job = told.job
    style, digest = _style()
    records = job.get("records") or {}
    unread = not records.get("total")
    outcomes = [] if unread else tables.outcomes(records, told.errors)
    return {
        "job": job,
        "name": PurePosixPath(job["input"]["key"]).name,
        "style": style,
        "digest": digest,
        "status": _status(job),
        "records": records,
        "wrong": problems.wrong(told),
        "notes": job.get("notes") or [],
        "tiles": [] if unread else _tiles(told),
        "outcomes": outcomes,
        "together": _together(records, outcomes),
        "codes": tables.codes(told.errors, records.get("total", 0), job["problems"]),
        "errors_file": _name(job, "errorsHref"),
        "money": _money(told),
        "moments": tables.timeline(told.moments),
        "outputs": _outputs(job),
        **_answers(told),
    }


def _status(job: Mapping[str, Any]) -> tuple[str, str]:
    """A class and a word."""
    if job["attention"]:
        return "attention", "Waits for a person"
    word = _STATUS.get(job["status"], job["status"])
    return job["status"], "Refused" if problems.refused(job) else word


def _together(records: Mapping[str, int], outcomes: Sequence[tables.Outcome]) -> str:
    """What `failed` of job.json counts together, where that is more than the outcome of this name: it is HERE's counter."""
    rows = [one for one in outcomes if one.kind in _NOT_MATCHED]
    names = [one.name for one in rows]
    more = any(one.kind != OutcomeKind.FAILED for one in rows)
    told = more and sum(one.records for one in rows) == records["failed"]
    return wording.jointly(names) if told else ""


def _tiles(told: Told) -> list[tuple[str, str, str]]:
    """Headline numbers: label, number, what it is of."""
    records, price = told.job["records"], told.job["price"]
    found = [
        (
            "Matched",
            wording.share(records["matched"], records["valid"]),
            f"{wording.count(records['matched'])} of {wording.count(records['valid'])} valid records",
        ),
        (
            "Records",
            wording.count(records["total"]),
            f"{wording.count(records['distinct'])} different valid ones",
        ),
    ]
    if name := _name(told.job, "errorsHref"):
        left = records["total"] - records["matched"]
        found.append(
            (f"In {name}", wording.count(left), f"{wording.share(left, records['total'])} of all records")
        )
    if price.get("unit"):
        found.append(("Spent", wording.count(price.get("spent") or 0), price["unit"]))
    if took := tables.took(told.moments):
        found.append(("Time", took, "from drop to end" if told.job.get("ended") else "from drop until now"))
    return found


def _money(told: Told) -> list[tuple[str, str, str]]:
    """Label, amount, how it comes about."""
    price, records = told.job["price"], told.job.get("records") or {}
    if not price.get("unit"):
        return []
    equal = records.get("valid", 0) - records.get("distinct", 0)
    return [
        ("Estimated before sending", *_estimated(price)),
        (
            "Spent",
            wording.count(price.get("spent") or 0),
            "what was sent and asked, by the service's own price list",
        ),
        (
            "Saved",
            wording.count(price.get("saved") or 0),
            f"{wording.count(equal)} equal records were not sent a second time"
            if equal
            else "no two records were equal",
        ),
    ]


def _estimated(price: Mapping[str, Any]) -> tuple[str, str]:
    """Amount and note: a range where the service's pages can be read in two ways, "unknown" where nobody knows the price of a record."""
    if price.get("unknown"):
        least = wording.count(price.get("least") or 0)
        return "unknown", f"{least} for submits and looks; what a record costs is not known"
    high = wording.count(price.get("estimated") or 0)
    if price.get("estimatedLow") is None:
        return high, ""
    return (
        f"{wording.count(price['estimatedLow'])} to {high}",
        "the service's pages can be read in two ways; budgets use the higher one",
    )


def _outputs(job: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Name and meaning of the files beside the report."""
    meaning = {
        "resultsHref": "what was found",
        "errorsHref": "everything else, with code and reason",
        "geojsonHref": "the results on a map",
    }
    found = [(name, text) for member, text in meaning.items() if (name := _name(job, member))]
    if problems.refused(job):
        title = problems.heading(job)
        found.append(("problems.csv", title[0].lower() + title[1:]))
    return [*found, ("job.json", "the job in full")]


def _name(job: Mapping[str, Any], member: str) -> str:
    """Of an object beside the report; "" where there is none."""
    return str(job.get(member) or "").rsplit("/", 1)[-1]


def _answers(told: Told) -> dict[str, Any]:
    """What depends on the answers: the map and what is counted over distinct records."""
    summary = told.summary
    empty: dict[str, Any] = {
        "bars": [],
        "bands": [],
        "unsure": 0,
        "levels": [],
        "countries": [],
        "scene": None,
        "map": None,
        "far": [],
        "same": [],
    }
    if not summary:
        return empty | {"attribution": ""}
    scene = maps.scene(summary, told.rec_ids)
    return empty | {
        "bars": tables.histogram(summary["bins"]),
        "bands": tables.bands(summary["bins"]),
        "unsure": summary["unsure"],
        "levels": tables.words(summary["words"]["levels"]),
        "countries": tables.words(summary["words"]["countries"]),
        "scene": scene,
        "map": maps.draw(scene) if scene else None,
        "far": scene.far[: findings.LISTED] if scene else [],
        "same": [(maps.sign(number), one) for number, one in enumerate(scene.same[: findings.LISTED])]
        if scene
        else [],
        "attribution": outline().attribution,
    }
