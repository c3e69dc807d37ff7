"""`batchdrop check`: what a file comes to under a route, before a cent is spent. Nothing is sent and nothing is kept."""

from __future__ import annotations

import json as jsons
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from batchdrop.errors import BadFile
from batchdrop.jobs import Input
from batchdrop.ports import Place
from batchdrop.problems import CODES
from batchdrop.services import SERVICES
from batchdrop.steps.plan import review
from batchdrop_cli.completing import RouteOption
from batchdrop_cli.desk import JsonOption, StackOption, at_desk
from batchdrop_cli.dropping import check_file, key_of
from batchdrop_cli.exits import Exit
from batchdrop_cli.layout import counted, number
from batchdrop_cli.repeats import find_repeat
from batchdrop_cli.routes import RouteTrouble, route_of
from batchdrop_cli.scratch import ScratchStore
from batchdrop_cli.summary import note_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchdrop.problems import Concern, Problem
    from batchdrop.routes import Route
    from batchdrop.steps.plan import Review
    from batchdrop.steps.plan.worth import Worth
    from batchdrop_cli.terminal import Terminal

_VALUE = 80  # characters shown of a value

REFUSED, HELD, GOES = "refused", "held", "goes"
"""What would become of the file."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found. review is None for a file that would be refused, which has problems instead."""

    file: str
    route: Route
    review: Review | None
    problems: tuple[Problem, ...]
    repeat: Concern | None = None
    """Why a file whose bytes came before would be held."""

    @property
    def concerns(self) -> tuple[Concern, ...]:
        """Everything that would hold the job."""
        found = self.review.concerns if self.review else ()
        return (*found, self.repeat) if self.repeat else found

    @property
    def verdict(self) -> str:
        """REFUSED, HELD or GOES."""
        if self.review is None:
            return REFUSED
        return HELD if self.concerns or self.review.held else GOES

    def to_dict(self) -> dict[str, Any]:
        """JSON form, in the words of job.json."""
        shown: dict[str, Any] = {
            "file": self.file,
            "route": self.route.name,
            "service": self.route.service,
            "api": self.route.api,
            "verdict": self.verdict,
            "problems": [problem.to_dict() for problem in self.problems],
        }
        if self.review is None:
            return shown
        drawn, worth = self.review.drawn, self.review.worth
        return {
            **shown,
            "api": drawn.route.api,
            "params": dict(drawn.route.params),
            "dialect": drawn.dialect.to_dict(),
            "columns": dict(drawn.columns),
            "notSent": drawn.not_sent,
            "sample": dict(drawn.sample),
            "records": {
                "total": drawn.total,
                "valid": drawn.total - drawn.invalid,
                "invalid": drawn.invalid,
                "distinct": drawn.distinct,
            },
            "invalidByCode": dict(drawn.codes),
            "batches": len(drawn.cuts),
            "price": worth.to_dict(),
            "budget": dict(drawn.route.budget),
            "notes": [note.to_dict() for note in drawn.notes],
            "concerns": [concern.to_dict() for concern in self.concerns],
        }


def check(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to look at.")],
    route: RouteOption,
    define: Annotated[
        Path | None,
        typer.Option(
            "--define", metavar="JSON", help="The route as this file defines it, wherever it is kept."
        ),
    ] = None,
    stack: StackOption = None,
    json: JsonOption = False,
) -> None:
    """Say what a file comes to under a route: columns, problems, price. Spends nothing.

    Without a stack it needs nothing but the file. Exit codes: 0 it would go; 2 it would be refused; 4 it would be held.
    """
    desk = at_desk(context, stack, json)
    check_file(file)
    key = key_of(route, file.name)
    if define is not None:
        check_file(define)
    stack_there = desk.stack() if desk.stack_name and define is None else None
    try:
        found = look(file, key, route_of(route, define, stack_there))
    except RouteTrouble as no:
        if stack_there is None and no.problem.code == "NO_ROUTE":
            no.remedy += " If a stack defines it, name that with --stack."
        desk.terminal.emit(
            {"file": str(file), "route": route, "verdict": REFUSED, "problems": [no.problem.to_dict()]}
        )
        raise
    if stack_there is not None and found.review is not None:
        found = replace(found, repeat=find_repeat(stack_there, found.route, file))
    desk.terminal.emit(found.to_dict())
    tell(desk.terminal, found)
    raise typer.Exit({REFUSED: Exit.REFUSED, HELD: Exit.ATTENTION, GOES: Exit.COMPLETED}[found.verdict])


def look(file: Path, key: str, route: Route) -> Checked:
    """Check one file under a route that exists."""
    dropped = Input("local", key, "", file.stat().st_size, versioned=False)
    store = ScratchStore(Place("local", key), file)
    try:
        found = review(store, "local", "check", dropped, route, SERVICES)
    except BadFile as bad:
        return Checked(str(file), route, None, bad.problems)
    return Checked(str(file), route, found, found.drawn.problems)


def tell(terminal: Terminal, found: Checked) -> None:
    """The whole answer for a person: in what order he asks."""
    route = found.review.drawn.route if found.review else found.route
    terminal.say(f"{Path(found.file).name} by {route.name} ({route.service} {route.api})", style="bold")
    if found.review is None:
        for problem in found.problems:
            place = f" (line {problem.line})" if problem.line else ""
            terminal.say(f"  {problem.code}{place}: {problem.message} {problem.remedy}", style="yellow")
        terminal.say("It would be refused: nothing would be sent.", style="bold red")
        return
    for label, value in _facts(found.review):
        terminal.say(f"  {label:<9}  {value}")
    if found.review.drawn.columns:
        terminal.table(("field", "column"), list(found.review.drawn.columns.items()))
    if found.review.drawn.codes:
        terminal.table(
            ("records", "problem", "first in", "what it says", "what to do"), _problems(found), right=(0,)
        )
    for note in found.review.drawn.notes:
        terminal.say(f"  {note_line(note.to_dict())}")
    _tell_verdict(terminal, found)


def _tell_verdict(terminal: Terminal, found: Checked) -> None:
    for concern in found.concerns:
        terminal.say(f"  {concern.code}: {CODES[concern.code].text} {concern.detail}", style="yellow")
        if concern.definition:
            terminal.say(
                "  To say which columns are meant, correct this definition of a route and name it with --define:"
            )
            terminal.say(f"  {concern.definition}")
    if found.concerns:
        terminal.say("It would be held until somebody starts or deletes it.", style="bold yellow")
    elif found.review and found.review.held:
        terminal.say("It would be held, as the route says, until somebody starts it.", style="bold yellow")
    else:
        terminal.say("It would go.", style="bold green")


def _facts(found: Review) -> list[tuple[str, str]]:
    drawn, worth = found.drawn, found.worth
    valid = drawn.total - drawn.invalid
    equal = f", {number(valid - drawn.distinct)} equal to another" if valid > drawn.distinct else ""
    saved = f"; {number(worth.saved)} saved by equal records" if worth.saved else ""
    budget = found.wishes.budget(drawn.route)
    lines = [
        ("file", _dialect(drawn.dialect.to_dict())),
        ("records", f"{number(drawn.total)}: {number(valid)} valid, {number(drawn.invalid)} invalid{equal}"),
        ("batches", number(len(drawn.cuts))),
        ("price", f"{_estimate(worth)} (prices: {worth.price.dated}){saved}"),
    ]
    if budget is not None:
        lines.append(("budget", f"{counted(budget, worth.price.unit)} for a job"))
    spans = [f"{number(most)} a {span}" for span, most in drawn.route.budget.items() if span != "job"]
    if spans:
        lines.append(("", f"{', '.join(spans)} for the route: looked at when the job begins"))
    lines += [("first", f"{field} = {_short(value)}") for field, value in drawn.sample.items()]
    if drawn.not_sent:
        lines.append(("not sent", _short(", ".join(drawn.not_sent))))
    if drawn.route.params:
        lines.append(("params", jsons.dumps(dict(drawn.route.params), ensure_ascii=False)))
    return lines


def _estimate(worth: Worth) -> str:
    """`2,526 credits estimated`, `1,263 to 2,526 credits estimated`, or that the price is unknown."""
    unit = worth.price.unit
    if not worth.price.known:
        return (
            f"price unknown: {counted(worth.estimated, unit)} for submits and looks, and the records on top"
        )
    low = f"{number(worth.low)} to " if worth.low != worth.estimated else ""
    return f"{low}{counted(worth.estimated, unit)} estimated"


def _dialect(dialect: dict[str, Any]) -> str:
    """What was found out about how the file is written."""
    names = {",": "comma", ";": "semicolon", "\t": "tab", "|": "|"}
    words = [str(dialect["format"]).upper(), str(dialect["encoding"]).upper()]
    if dialect.get("delimiter"):
        words.append(f"parted by {names.get(dialect['delimiter'], dialect['delimiter'])}")
    words += ["byte order mark"] if dialect.get("bom") else []
    words += ["gzip"] if dialect.get("gzip") else []
    words += [f"inputs in {dialect['member']!r}"] if dialect.get("member") else []
    return ", ".join(words)


def _short(value: str) -> str:
    return value if len(value) <= _VALUE else value[: _VALUE - 1] + "…"


def _problems(found: Checked) -> list[Sequence[str]]:
    """Invalid records by code, each with the place and the words of its first."""
    rows: list[Sequence[str]] = []
    for code, times in (found.review.drawn.codes if found.review else {}).items():
        first = next((problem for problem in found.problems if problem.code == code), None)
        place = f"line {first.line}" if first and first.line else ""
        said = (first.message, first.remedy) if first else (CODES[code].text, CODES[code].remedy)
        rows.append((number(times), code, place, *said))
    return rows
