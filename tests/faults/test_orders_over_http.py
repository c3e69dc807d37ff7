"""Orders against the real adapters over HTTP: the simulators' ledgers show whether a record was billed twice."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.checks import jobs
from tests.faults.injection import Injector
from tests.faults.invocations import Crash
from tests.faults.over_http import KEYS, build_adapter, simulated
from tests.faults.person import decide

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchdrop.ports import Row
    from tests.faults.injection import Strike
    from tests.faults.region import Region

SERVICES = ("here_batch_v7", "here_geocoder_v6")
PLACES = b"address\nInvalidenstr 117 Berlin\nHauptstr 5 Bonn\nHauptstr 7 Bonn\nLange Str 9 Ulm\n"


@dataclass
class Played:
    """What a sequence of orders led to."""

    row: Row
    ledger: dict[str, Any]
    said: list[str] = field(default_factory=list)

    @property
    def most_times(self) -> int:
        """How often the record that was billed most was billed."""
        return int(self.ledger["most_times_one_record_was_billed"])


def play(
    service: str,
    orders: Sequence[tuple[float, str]],
    *,
    works_for: float = 600.0,
    strike: Strike | None = None,
    times: int = 1,
    faults: Sequence[dict[str, Any]] = (),
) -> Played:
    """One job of four records in two batches; `orders`: seconds after the one before, and which."""
    with simulated(service) as (region, server):
        server.behaviours[service].configure({"least_seconds": works_for})
        for fault in faults:
            server.faults.add({"service": service, **fault})
        region.world.service = build_adapter(service, server.urls[service], [KEYS[0]], server.clock.now)
        if strike:
            region.probe = Injector(region, "start", strike, times=times).probe
        region.drop(PLACES, name="places.csv")
        region.pass_time(1)
        for seconds, order in orders:
            region.pass_time(seconds)
            _give(region, order)
        assert region.settle()
        while any(row.get("attention") for row in jobs(region)):
            decide(region)
            assert region.settle()
        return Played(jobs(region)[0], server.ledger.snapshot()[service])


def _give(region: Region, order: str) -> None:
    job = jobs(region)[0]["id"]
    getattr(region.world.jobs, order)(job)


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("after_start", [0.0, 45.0])
@pytest.mark.parametrize("times", [2, 3])
def test_a_job_that_is_stopped_and_started_again_and_again_is_paid_once(
    service: str, after_start: float, times: int
) -> None:
    """`after_start`: how soon after a start the next stop comes: also before a lane has seen the start."""
    more = [(after_start, "stop"), (250.0, "start")] * (times - 1)
    played = play(service, [(450.0, "stop"), (250.0, "start"), *more])
    assert played.most_times <= 1
    if service == "here_batch_v7":  # a cancelled job of 6.2 has no results and is not run again
        assert (played.row["status"], played.row["records"]["processed"]) == ("completed", 4)


@pytest.mark.parametrize("service", SERVICES)
def test_a_crash_right_behind_a_start_then_stop_and_start_pays_once(service: str) -> None:
    """The function dies at every try until the stop, which comes when the service has done its work."""

    def crash(_injector: Injector, _name: str, act: Any) -> Any:
        act()
        raise Crash

    orders = [(450.0, "stop"), (3000.0, "start")]
    played = play(service, orders, works_for=2.0, strike=crash, times=30)
    assert played.most_times <= 1


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("kind", ["drop_after", "truncate"])
def test_a_start_whose_reply_is_lost_then_stop_and_start_pays_once(service: str, kind: str) -> None:
    lost = {"call": "start", "kind": kind, "times": 8}
    played = play(service, [(130.0, "stop"), (300.0, "start")], works_for=2.0, faults=[lost])
    assert played.most_times <= 1


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("status", [400, 403, 503])
def test_a_delete_that_the_service_refuses_does_not_make_a_second_job(service: str, status: int) -> None:
    refused = [
        {"call": "start", "kind": "status", "status": 503, "times": 2},
        {"call": "delete", "kind": "status", "status": status, "times": 3},
    ]
    played = play(service, [(5.0, "stop"), (300.0, "start")], works_for=2.0, faults=refused)
    assert played.most_times == 1
    assert played.row["status"] == "completed"
    if status != 503:  # after a refusal for good the unstarted job is kept, and used
        assert played.ledger["jobs"] == 2
