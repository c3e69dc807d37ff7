"""What a person wants to know of a job, as text: pure functions of job.json."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from batchdrop.jobs import Status
from batchdrop_cli.layout import counted, duration, number, share

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

Job = dict[str, Any]
"""job.json, parsed."""

SHOWN_PROBLEMS = 10
REPORT = "report.html"


def elapsed(job: Mapping[str, Any], now: datetime | None = None) -> float | None:
    """Seconds from created to ended, or to `now` while it is not over; None where job.json has no such times."""
    created, ended = _time(job.get("created")), _time(job.get("ended")) or now
    if created is None or ended is None:
        return None
    return max((ended - created).total_seconds(), 0.0)


def remaining(job: Mapping[str, Any], now: datetime) -> float | None:
    """Seconds until the job may be over, were it to go on as it has since it was started; None while that cannot be said."""
    started, records = _time(job.get("started")), job.get("records") or {}
    valid, processed = int(records.get("valid", 0)), int(records.get("processed", 0))
    if started is None or not 0 < processed < valid:
        return None
    return max(0.0, (now - started).total_seconds() * (valid - processed) / processed)


def headline(job: Mapping[str, Any]) -> str:
    """`<id>: completed in 12 s (simulated)`."""
    took = elapsed(job)
    words = [f"{job['id']}: {job['status']}"]
    if took is not None:
        words.append(f"in {duration(took)}")
    if job.get("attention"):
        words.append("– a person is needed")
    elif job.get("held"):
        words.append("– held until somebody starts it")
    if job.get("simulated"):
        words.append("(simulated)")
    return " ".join(words)


def change_line(job: Mapping[str, Any]) -> str:
    """One line that differs whenever something worth knowing has changed."""
    records, batches = job.get("records") or {}, job.get("batches") or {}
    parts = [f"{job['id']}: {job['status']}"]
    if records.get("valid"):
        parts.append(f"{number(records.get('processed', 0))} of {number(records['valid'])} records")
    if batches.get("total"):
        parts.append(f"{batches.get('settled', 0)} of {batches['total']} batches")
    if batches.get("parked"):
        parts.append(f"{batches['parked']} parked")
    if job.get("held"):
        parts.append("held")
    if job.get("attention"):
        parts.append(f"attention {job['attention'].get('code', '')}")
    return ", ".join(parts)


def facts(job: Mapping[str, Any], files: Mapping[str, Path] | None = None) -> list[tuple[str, str]]:
    """Label and value, line by line: route, counts, match rate, batches, price, where the files are."""
    lines = [
        (
            "route",
            f"{job.get('route', '')} ({job.get('service') or '–'} {job.get('api') or ''})".replace(" )", ")"),
        )
    ]
    lines += _counts(job)
    batches = job.get("batches") or {}
    if batches.get("total"):
        parked = f", {batches['parked']} parked" if batches.get("parked") else ""
        lines.append(("batches", f"{batches.get('settled', 0)} of {batches['total']} settled{parked}"))
    lines += _price(job)
    lines += _places(job, files)
    return lines


def problems(job: Mapping[str, Any]) -> list[str]:
    """Problems, notes, bytes that came before, and attention as lines: place, code, message, remedy."""
    found: Sequence[Mapping[str, Any]] = job.get("problems") or ()
    lines = [_problem(problem) for problem in found[:SHOWN_PROBLEMS]]
    # job.json holds the first problems only; of a refused file all that are known
    more = max(len(found), (job.get("records") or {}).get("invalid", 0)) - len(lines)
    if found and more > 0:
        lines.append(f"… and {number(more)} more{_where(job)}")
    lines += [note_line(note) for note in job.get("notes") or ()]
    if job.get("sameBytesAs"):
        paid = "; this one was paid all the same" if (job.get("price") or {}).get("spent") else ""
        lines.append(f"The same bytes were the job {job['sameBytesAs']} before{paid}.")
    attention = job.get("attention")
    if attention:
        lines.append(f"{attention.get('code', '')}: {attention.get('message', '')}")
        if attention.get("definition"):
            lines.append(f"a definition that says which columns are meant: {attention['definition']}")
        if attention.get("batches"):
            shown = [_batch(batch) for batch in attention["batches"][:SHOWN_PROBLEMS]]
            more = len(attention["batches"]) - len(shown)
            lines.append(f"  batches: {'; '.join(shown)}{f'; and {number(more)} more' if more else ''}")
        if attention.get("actions"):
            lines.append(f"  what can be done: {', '.join(attention['actions'])}")
    return lines


def _counts(job: Mapping[str, Any]) -> list[tuple[str, str]]:
    records = job.get("records") or {}
    if not records.get("total"):
        return []
    valid, matched = records.get("valid", 0), records.get("matched", 0)
    failed, no_match = records.get("failed", 0), records.get("noMatch", 0)
    of_them = f"{number(valid)} valid, {number(records.get('invalid', 0))} invalid"
    if records.get("distinct"):
        of_them += f", {number(records['distinct'])} distinct"
    lines = [
        ("records", f"{number(records['total'])}: {of_them}"),
        ("matched", f"{number(matched)} ({share(matched, valid)} of the valid ones)"),
        ("failed", _failed(failed, no_match)),
    ]
    if records.get("unprocessed"):
        lines.append(("unprocessed", number(records["unprocessed"])))
    return lines


def _failed(failed: int, no_match: int) -> str:
    """`3: 2 no match, 1 …`: the number of job.json, which counts all that were answered without success."""
    others = failed - no_match
    kinds = [f"{number(no_match)} no match"] if no_match else []
    kinds += [f"{number(others)} with an error or below min_confidence"] if others > 0 else []
    return ": ".join([number(failed), ", ".join(kinds)] if kinds else [number(failed)])


def _where(job: Mapping[str, Any]) -> str:
    """The file that holds them all, as far as there is one: a job that has not ended has none."""
    if job.get("errorsHref"):
        return f", see {str(job['errorsHref']).rpartition('/')[2]}"
    return ", see problems.csv" if job.get("status") == Status.FAILURE else ""


def _price(job: Mapping[str, Any]) -> list[tuple[str, str]]:
    price = job.get("price") or {}
    unit = price.get("unit", "")
    if not unit:
        return []
    spent, estimated = price.get("spent"), price.get("estimated")
    text = counted(spent or 0, unit)
    if price.get("unknown"):
        return [("price", f"{text} for submits and looks; what a record costs is not known")]
    saved = f", {number(price['saved'])} saved by equal records" if price.get("saved") else ""
    if estimated is None:
        return [("price", text)]
    low = f"{number(price['estimatedLow'])} to " if price.get("estimatedLow") is not None else ""
    return [("price", f"{text} ({low}{number(estimated)} estimated{saved})")]


def _places(job: Mapping[str, Any], files: Mapping[str, Path] | None) -> list[tuple[str, str]]:
    if files is not None:
        others = [path for name, path in files.items() if name != REPORT]
        report = [("report", str(files[REPORT]))] if REPORT in files else []
        return [*(("files" if number == 0 else "", str(path)) for number, path in enumerate(others)), *report]
    named = (("results", "resultsHref"), ("errors", "errorsHref"), ("report", "reportHref"), ("job", "href"))
    hrefs = ((label, job.get(name)) for label, name in named)
    return [(label, href) for label, href in hrefs if href]


def note_line(note: Mapping[str, Any]) -> str:
    """Return a note of job.json as one line; its line is that of the first record it is about."""
    return f"note {_problem({**note, 'line': None})}" + (
        f" First in line {note['line']}." if note.get("line") else ""
    )


def _problem(problem: Mapping[str, Any]) -> str:
    place = [f"line {problem['line']}"] if problem.get("line") else []
    place += [f"column {problem['column']}"] if problem.get("column") else []
    where = f" ({', '.join(place)})" if place else ""
    return (
        f"{problem.get('code', '')}{where}: {problem.get('message', '')} {problem.get('remedy', '')}".rstrip()
    )


def _time(text: object) -> datetime | None:
    if not isinstance(text, str) or not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _batch(batch: Mapping[str, Any]) -> str:
    """One that waits: `00001 (2 records, AMBIGUOUS_SEND)`."""
    return (
        f"{batch.get('batch', '')} ({counted(batch.get('records', 0), 'records')}, {batch.get('code', '')})"
    )
