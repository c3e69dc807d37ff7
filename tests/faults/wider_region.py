"""A region where people give orders at any moment, each a function of its own that may crash or sleep between two of its writes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from batchdrop.batches.states import BatchRow, batch_key, get_tag_base, job_pk, tag
from batchdrop.jobs import ENDED, execution_name
from batchdrop.steps.operator import Operator
from tests.faults.checks import jobs
from tests.faults.neighbor import Neighbor
from tests.faults.region import Region, over
from tests.faults.wider_scheduler import LITTLE_TIME, WiderScheduler, WiderTable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from batchdrop.ports import Row
    from tests.faults.invocations import Invocation

ORDERS = ("start", "stop", "delete")
ACTIONS = ("redrive", "resubmit", "adopt", "recollect", "accept-gaps")
ORDER_TAKES = 30.0
"""Seconds after which a person sees an order fail."""


def is_held(row: Row) -> bool:
    """Return True if a job waits for somebody to let it go."""
    return bool(row.get("held")) and not row.get("order") and not over(row)


@dataclass(eq=False)
class WiderRegion(Region):
    """A region with people, and another stack beside it."""

    hurried: dict[str, int] = field(default_factory=dict)
    """Invocations that run out of time: name → how many more checks of the time find enough of it."""
    obey: Callable[[Mapping[str, Any]], Any] = field(init=False)
    """Carries out what a person asks for."""
    neighbor: Neighbor = field(init=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.neighbor = Neighbor(self)
        self.obey = self._obey

    def at_rest(self) -> bool:
        """See Region.at_rest. A held job rests, a job with an order that is not carried out does not."""
        if self.queued or self.at_work or self.scheduler.is_out:
            return False
        found = jobs(self)
        held = {execution_name(row["id"], row["run"]) for row in found if is_held(row)}
        at_work = any(
            each.open and not (name in held and each.at == "Hold") for name, each in self.executions.items()
        )
        if at_work or not all(over(row) or is_held(row) for row in found):
            return False
        events = (row for row in self.world.table.rows() if row["sk"].startswith("event#"))
        return all(event["published"] for event in events) and not any(row.get("order") for row in found)

    def _step_of(self, function: str) -> Callable[[Any], Any]:
        return self.obey if function == "Order" else super()._step_of(function)

    def call(self, invocation: Invocation) -> Any:
        """See Region.call."""
        self.scheduler.history.hear(invocation)
        return super().call(invocation)

    @property
    def scheduler(self) -> WiderScheduler:
        """The scheduler of this region's invocations."""
        table = self.world.table
        assert isinstance(table, WiderTable)
        return table._scheduler

    def _left(self) -> float:
        left = super()._left()
        if self.current is None or self.current.name not in self.hurried:
            return left
        self.hurried[self.current.name] -= 1
        return left if self.hurried[self.current.name] >= 0 else min(left, LITTLE_TIME)

    # ------------------------------------------------------------------------------------------------ people

    def order(self, order: str, job: str, *, tries: int = 3) -> None:
        """A person gives an order, and gives it again after a while when it seems to have failed."""

        def answered(_answer: Any, error: str) -> None:
            if error and error not in ("NotPossible", "NoBatch") and tries > 1:
                self.expect(60.0, lambda: self.order(order, job, tries=tries - 1))

        self.invoke("Order", {"order": order, "job": job}, answered, limit=ORDER_TAKES)

    def _obey(self, payload: Mapping[str, Any]) -> Row | None:
        """What the Jobs API and the command do."""
        world, order, job = self.world, payload["order"], payload["job"]
        if order in ORDERS:
            found: Row = getattr(world.jobs, order)(job)
            return found
        operator = Operator(world.table, world.journal, world.jobs, self.clock, {"memory": world.kind})
        if order == "redrive":
            return operator.redrive(job)
        numbers = operator.waiting(job, order)
        if order == "adopt":
            adoptable = [(number, ticket) for number in numbers if (ticket := self.find_lost(job, number))]
            return operator.adopt(job, *adoptable[0]) if adoptable else None
        change: Callable[[str, list[int]], Row] = getattr(operator, order.replace("-", "_"))
        return change(job, numbers) if numbers else None

    def fits(self, order: str, row: Row) -> bool:
        """Return True if an order can change something of a job as it is."""
        if order == "start":
            return row["status"] in ("stopped", "failure") or bool(row.get("held") or row.get("attention"))
        if order in ACTIONS:
            return row.get("attention") is not None
        return row.get("attention") is not None or row["status"] not in ENDED

    def find_lost(self, job: str, number: int) -> str:
        """Look through the service's own pages for the job of a batch; "" for none."""
        rows = {row["sk"]: row for row in self.world.table.rows() if row["pk"] == job_pk(job)}
        expected = tag(get_tag_base(rows["job"]), number)
        first = BatchRow.from_row(rows[batch_key(job, number).sk]).first
        for ticket, made in self.world.shop.jobs.items():
            if made.tag == expected and made.inputs[0][0] == first:
                return ticket
        return ""

    def get_needs(self, row: Row) -> list[str]:
        """Return what a person does about a job: one order for each code of its attention; none when nobody is needed."""
        if row["status"] == "failure":
            return ["start"]
        attention = row.get("attention")
        if attention is None or row["status"] in ENDED:
            return ["start"] if is_held(row) else []
        if "start" in attention["actions"]:
            return ["start"]
        batches = [
            BatchRow.from_row(each)
            for each in self.world.table.rows()
            if each["pk"] == job_pk(row["id"]) and each["sk"].startswith("batch#")
        ]
        needs = [self._need(row["id"], batch) for batch in batches if batch.state == "parked"]
        return list(dict.fromkeys(needs)) or ["redrive"]

    def _need(self, job: str, batch: BatchRow) -> str:
        match batch.code:
            case "AMBIGUOUS_SEND":
                return "adopt" if self.find_lost(job, batch.number) else "resubmit"
            case "GAPS" | "RESULTS_WITHHELD":
                return "recollect"
            case "DELETED_BY_OTHER" | "RESULT_EXPIRED":
                return "accept-gaps"
            case _:
                return "redrive"
