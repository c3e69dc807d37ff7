"""The use case behind the function `plan`."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from batchdrop.batches import accounting
from batchdrop.batches.orders import Order
from batchdrop.batches.states import get_tag_base, job_key
from batchdrop.effects import effect
from batchdrop.errors import BadFile, GoneMissing, Superseded
from batchdrop.jobs import ENDED, Input, Records, Status, folder, timestamp
from batchdrop.observe import tell
from batchdrop.ports import Absent, Exists, Place
from batchdrop.problems import Problem, problem
from batchdrop.routes import Route
from batchdrop.steps.journal import ANNOUNCING
from batchdrop.steps.plan.concerns import of_repeats
from batchdrop.steps.plan.drawing import plan_entry
from batchdrop.steps.plan.families import family_of, first_new, renumbered
from batchdrop.steps.plan.filing import file_rows, lane_refs
from batchdrop.steps.plan.repeats import (
    HOLD,
    choose_earlier,
    get_since,
    is_errors_of,
    pays,
    register_bytes,
)
from batchdrop.steps.plan.reviewing import review

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from batchdrop.ports import Clock, Row, Service, Store, Table
    from batchdrop.problems import Concern
    from batchdrop.steps.journal import Journal
    from batchdrop.steps.plan.reviewing import Review
    from batchdrop.steps.reporting import Reporting

_OPEN = (Status.SUBMITTED, Status.QUEUED, Status.PENDING)


@dataclass(frozen=True, slots=True)
class Plan:
    """Turns a claimed job into batches, or refuses its file. `services`: what each service can do, by name."""

    table: Table
    store: Store
    journal: Journal
    clock: Clock
    services: Mapping[str, type[Service]]
    bucket: str
    reporting: Reporting
    input_days: int = 30
    """Days for which the same bytes are held: as long as a dropped file is kept."""

    def __call__(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """{job, run} → {job, run, outcome: planned | refused | over | superseded, lanes: [{pk, sk}]}."""
        job, run = payload["job"], payload["run"]
        try:
            row = self.journal.row(job, run)
        except (Superseded, GoneMissing):
            return _answer(payload, "superseded")
        ended = row["status"] in ENDED and row.get("order") != Order.DELETE
        if ended and row.get("order"):
            self.journal.drop_stop(row)
        if row["status_key"] == ANNOUNCING or ended:
            return _answer(payload, "refused" if row["status"] == Status.FAILURE else "over")
        if row.get("plan") or row.get("order") == Order.DELETE:
            return _answer(payload, "planned", lane_refs(job, (row.get("plan") or {"lanes": 0})["lanes"]))
        with self.journal.writing_objects(job):
            try:
                return _answer(payload, "planned", self._plan(row))
            except BadFile as bad:
                return self._refuse(row, bad.problems)
            except GoneMissing:
                return self._refuse(row, [problem("OBJECT_GONE")])

    def _plan(self, row: Row) -> list[dict[str, str]]:
        if row.get("route_problem"):
            raise BadFile([Problem(**_fields(row["route_problem"]))])
        job, run = row["id"], row["run"]
        self.journal.change(job, run, {"status": Status.PENDING}, when=(self.journal.still(*_OPEN),))
        route = Route.from_dict(row["route"])
        dropped = Input.from_dict(row["input"])
        family = partial(family_of, self.table)
        found = effect(
            "read_input",
            lambda: review(self.store, self.bucket, job, dropped, route, self.services, family),
        )
        drawn = found.drawn
        lanes = file_rows(self.table, job, get_tag_base(row), run, drawn.cuts)
        self._commit(row, found, lanes)
        tell(
            "planned",
            job=job,
            records=drawn.total,
            distinct=drawn.distinct,
            batches=len(drawn.cuts),
            lanes=lanes,
        )
        return lane_refs(job, lanes)

    def _commit(self, row: Row, found: Review, lanes: int) -> None:
        """The plan counts from here on. Another driver may have been first: then it wrote the same."""
        drawn, route, held = found.drawn, found.drawn.route, found.held
        earlier, repeats = self._look_for_repeats(row, found)
        concerns = (*found.concerns, *repeats)
        first = first_new(self.table, drawn.kept) if drawn.kept else None
        put: dict[str, Any] = {
            "plan": plan_entry(drawn, lanes),
            "planned": timestamp(self.clock()),
            "records": accounting.planned(
                total=drawn.total, invalid=drawn.invalid, distinct=drawn.distinct
            ).to_dict(),
            "batches": {"total": len(drawn.cuts), "settled": 0, "parked": 0},
            "price": found.worth.to_dict(),
            "problems": [entry.to_dict() for entry in renumbered(drawn.problems, first)],
            "notes": [entry.to_dict() for entry in drawn.notes],
            "held": held,
            "route": route.to_dict(),
            "concerns": [concern.to_dict() for concern in concerns],
        }
        if drawn.kept:
            put["plan"]["new"] = first
            put |= {"parent": drawn.kept.parent, "origin": drawn.kept.origin} if drawn.kept.parent else {}
        if earlier:
            put["same_bytes_as"] = earlier
        if self.services[route.service].legacy:
            put["legacy"] = True
        if held:
            put["status"] = Status.SUBMITTED
        open_yet = (
            Absent("plan"),
            self.journal.still(*_OPEN),
        )  # a plan that comes too late changes nothing of an end
        unless_told = (*open_yet, Absent("let_go")) if held else open_yet
        if self.journal.change(row["id"], row["run"], put, when=unless_told) is None and held:
            go = {
                **put,
                "held": False,
                "status": Status.PENDING,
            }  # somebody said start while the file was read
            self.journal.change(row["id"], row["run"], go, when=(*open_yet, Exists("let_go")))
        self.journal.show(row["id"])

    def _look_for_repeats(self, row: Row, found: Review) -> tuple[str, tuple[Concern, ...]]:
        """Return the earlier job of the same bytes ("" for none), and why this one must wait because of it."""
        drawn, route, job = found.drawn, found.drawn.route, row["id"]
        before = register_bytes(self.table, route.name, job, drawn.digest)
        if pays(route.repeats) or found.wishes.again:
            return "", ()
        earlier, recent = choose_earlier(self.table, before, get_since(self.clock(), self.input_days))
        if route.repeats != HOLD:
            return earlier, ()
        if earlier and recent:
            return earlier, tuple(of_repeats(job, earlier))
        parent = drawn.kept.parent if drawn.kept else ""
        wrote = self.table.get(job_key(parent)) if parent else None
        if is_errors_of(self.store, self.bucket, wrote, route.name, row["input"]["size"], drawn.digest):
            return earlier, tuple(of_repeats(job, parent, whose="They are the errors file, unchanged, of"))
        return earlier, ()

    def _refuse(self, row: Row, problems: Sequence[Problem]) -> dict[str, Any]:
        """Nothing was sent: the job ends in failure, with what is wrong and what to do."""
        job, run = row["id"], row["run"]
        place = Place(self.bucket, f"{folder(job)}problems.csv")
        self.store.put(place, _problems_csv(problems), content_type="text/csv; charset=utf-8")
        now = timestamp(self.clock())
        put = {
            "status": Status.FAILURE,
            "ended": now,
            "records": Records().to_dict(),
            "problems": [entry.to_dict() for entry in problems],
            "objects": ["problems.csv"],
        }
        self.reporting(row, put, now)
        self.journal.fail(job, run, put, when=(self.journal.still(*_OPEN),))
        self.journal.show(job)
        tell("refused", job=job, codes=sorted({entry.code for entry in problems}))
        return {"job": job, "run": run, "outcome": "refused", "lanes": []}


def _answer(payload: Mapping[str, Any], outcome: str, lanes: Sequence[dict[str, str]] = ()) -> dict[str, Any]:
    return {"job": payload["job"], "run": payload["run"], "outcome": outcome, "lanes": list(lanes)}


def _fields(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {"rec_id" if name == "recId" else name: value for name, value in entry.items()}


def _problems_csv(problems: Sequence[Problem]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("code", "line", "column", "recId", "message", "remedy"))
    for entry in problems:
        writer.writerow((entry.code, entry.line, entry.column, entry.rec_id, entry.message, entry.remedy))
    return text.getvalue().encode("utf-8", "backslashreplace")  # a route may hold half of a surrogate pair
