"""Rows about what a service answers: a job over HTTP through the real adapter, and what must hold whatever came back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from batchdrop.problems import CODES
from tests.catalogue.between import HERE, OLDER, TRACKING, Provider, provider
from tests.catalogue.canaries import assert_silent, listening
from tests.catalogue.case import ONCE, Case
from tests.catalogue.dropped import assert_announced
from tests.steps.anything import codes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from batchdrop_sandbox.simulators.reply import Reply, Request

ANSWERED = ["NO_MATCH", "", "", ""]
"""What each record of between.PLACES comes to when all is well; the devices are all made."""
MADE = ["", "", ""]


def well(service: str) -> list[str]:
    """The codes of the records when all is well."""
    return MADE if service == TRACKING else ANSWERED


def _nothing(_provider: Provider) -> None:
    return None


def _no_more(_provider: Provider, _document: Mapping[str, Any]) -> None:
    return None


@dataclass(frozen=True, kw_only=True)
class Answered(Case):
    """A job of one service. expected: the attention it waits with, or the code of each record.

    twist: what happens to answers, made afresh for each attempt; faults: of the simulator; before: sets the scene; then: what else must
    hold; log: words the log must hold; times: how
    often a record may be paid for, where a person has it sent again; deadline: in
    seconds, where the service's own would take too long.
    """

    service: str
    twist: Callable[[Provider], Callable[[Request, Reply], Reply]] | None = None
    faults: Sequence[Mapping[str, Any]] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    before: Callable[[Provider], object] = _nothing
    then: Callable[[Provider, Mapping[str, Any]], object] = _no_more
    status: str = "completed"
    log: str = ""
    times: int = 1
    deadline: float = 0.0

    def attempt(self) -> None:
        """See Case."""
        with provider(self.service) as made, listening() as log:
            if self.twist is not None:
                made.twist = self.twist(made)
            if self.settings:
                made.configure(**self.settings)
            for fault in self.faults:
                made.server.faults.add({"service": self.service, **fault})
            if self.deadline:
                made.hurry(self.deadline)
            made.drop()
            self.before(made)
            document = made.drive()
            self._came_to(made, document)
            self.then(made, document)
            for twist in (made.twist, *getattr(made.twist, "all", ())):
                assert getattr(twist, "struck", 1), "nothing was altered"
            assert not made.lured, "a link of the service was followed"
            assert made.account["most_times_one_record_was_billed"] <= self.times
            assert self.log in log.getvalue()
            assert_announced(made.world, made.world.document(made.job))
            assert_silent(made.world, made.job, log.getvalue())

    def _came_to(self, made: Provider, document: Mapping[str, Any]) -> None:
        if isinstance(self.expected, str):
            attention = document["attention"]
            assert attention, document["status"]
            assert attention["code"] == self.expected
            assert attention["remedy"]
            assert attention["actions"] == list(CODES[self.expected].actions)
            return
        assert document["attention"] is None, document["attention"]
        assert document["status"] == self.status
        assert codes(made.world, made.job, len(self.expected), ".csv") == list(self.expected)
        if self.ledger == ONCE:
            sent = 3 if self.service == TRACKING else 4
            assert made.account["records"] == sent


def answered(
    row: str, what: str, service: str, expected: str | Sequence[str] | None = None, **more: Any
) -> Answered:
    """A row; without `expected` all must be well, and each record is paid for once."""
    came = well(service) if expected is None else expected
    ledger = more.pop("ledger", ONCE if expected is None else "at most once")
    return Answered(id=row, what=what, service=service, expected=came, ledger=ledger, **more)


ALL = ("geoapify", HERE, OLDER, TRACKING)


def each(
    row: str, what: str, services: Sequence[str], expected: Mapping[str, Any], **more: Any
) -> list[Answered]:
    """The same row for several services: F1, F1_here, …; expected: by service, None where all must be well. `twist` may be a function of
    the service's name.
    """
    rows = []
    for place, service in enumerate(services):
        twist = more.get("twist")
        own = {**more, **({"twist": twist(service)} if twist else {})}
        name = row + ("" if place == 0 and row[-1].isdigit() else f"_{service}")
        rows.append(answered(name, f"{what}: {service}", service, expected.get(service), **own))
    return rows
