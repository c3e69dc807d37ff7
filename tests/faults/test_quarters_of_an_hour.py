"""The store or the table is out for a quarter of an hour, at any moment of a job: it is waited out, and nothing is paid for twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.faults import checks
from tests.faults.kinds import KINDS
from tests.faults.region import Region

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.kinds import KindOfService

QUARTER = 900.0
BATCHES = 20
STORE = ("head", "open", "read", "put", "put_if", "upload", "list")
TABLE = ("get", "query", "write", "write_together", "jobs")
BEGINS = {
    "with the plan": ("pending", 0),
    "with the first POST": ("inProgress", 0),
    "in the middle of the POSTs": ("inProgress", BATCHES // 2),
    "when all was sent": ("inProgress", BATCHES),
}


class ServiceUnavailable(Exception):
    """What the AWS client raises when its own retries are used up."""


def cut_off(region: Region, names: tuple[str, ...], target: Any, begins: Callable[[], bool]) -> list[float]:
    """Break every call of `target` for a quarter of an hour from the moment on at which `begins` says so; gives that moment."""
    since: list[float] = []

    def wrap(call: Callable[..., Any]) -> Callable[..., Any]:
        def outage(*arguments: Any, **more: Any) -> Any:
            if not since and begins():
                since.append(region.clock.now)
            if since and region.clock.now < since[0] + QUARTER:
                raise ServiceUnavailable
            return call(*arguments, **more)

        return outage

    for name in names:
        setattr(target, name, wrap(getattr(target, name)))
    return since


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
@pytest.mark.parametrize("begin", BEGINS)
@pytest.mark.parametrize("what", ["store", "table"])
def test_a_quarter_of_an_hour_without_it_is_waited_out(
    kind: type[KindOfService], begin: str, what: str
) -> None:
    status, posts = BEGINS[begin]
    region = Region(kind)
    world = region.world
    world.route("memory-geocode", service="memory", api="geocode", batch_records=1)
    rows = world.table.rows

    def begins() -> bool:
        job = next((row for row in rows() if row["sk"] == "job"), None)
        return job is not None and job["status"] == status and world.shop.calls["create"] >= posts

    names, target = (STORE, world.store) if what == "store" else (TABLE, world.table)
    since = cut_off(region, names, target, begins)
    region.drop(b"address\n" + b"".join(b"Street %d\n" % number for number in range(BATCHES)))
    assert region.settle()
    assert since
    jobs = checks.jobs(region)
    assert len(jobs) == 1
    codes = [row.get("code") for row in rows() if row["sk"].startswith("batch#") and row.get("code")]
    assert not codes
    assert jobs[0]["status"] == "completed"
    assert world.shop.billed.total() == BATCHES
    assert not checks.check_all(region)
