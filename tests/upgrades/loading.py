"""A recorded state, put into today's region: the day after a deploy."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from batchdrop.ports import Place, Stored
from tests.faults.execution import Execution
from tests.faults.region import Region
from tests.ports.memory import Published
from tests.ports.memory_store import _Begun, _Version
from tests.steps.memory_service import ServiceJob
from tests.upgrades.services import KINDS, make_answer
from tests.upgrades.snapshot import MACHINE, decode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.upgrades.snapshot import Snapshot

DATA = Path(__file__).resolve().parent / "data"
DEPLOY = 60.0
"""Seconds between the recorded moment and the first thing that the new code does."""


def find_states() -> list[Path]:
    """Return the files of all recorded states."""
    return sorted(path for path in DATA.glob("*/*.json.gz") if path.name != MACHINE)


def read(path: Path) -> Any:
    """Return what a file holds."""
    return json.loads(gzip.decompress(path.read_bytes()))


def load(taken: Snapshot, machine: Mapping[str, Any], *, goes_on: bool) -> Region:
    """Return today's region as it was left. goes_on: executions of the old definition are still open; else they were aborted."""
    private = any("private" in item and item["private"]["BOOL"] for item in taken["items"])
    region = Region(KINDS[taken["kind"]], options={"private_names": private})
    region.clock.now = taken["now"] + DEPLOY
    _fill_table(region, taken)
    _fill_store(region, taken)
    _fill_service(region, taken["service"])
    region.machine._inputs = dict(taken["machine"]["inputs"])
    region.machine._ended = set(taken["machine"]["ended"])
    region.world.publisher.published = [Published(*sent) for sent in taken["published"]]
    if goes_on:
        for found in taken["executions"]:
            _resume(region, found, machine)
        _resume_stream(region)
    else:
        region.machine._ended = set(taken["machine"]["inputs"])
    return region


def _fill_table(region: Region, taken: Snapshot) -> None:
    region.world.table._items = {(item["pk"]["S"], item["sk"]["S"]): item for item in taken["items"]}


def _fill_store(region: Region, taken: Snapshot) -> None:
    store = region.world.store
    store._objects = {
        (bucket, key): [_build_version(each) for each in versions]
        for bucket, key, versions in taken["objects"]
    }
    store._begun = {
        found["id"]: _Begun(
            Place(found["bucket"], found["key"]),
            found["type"],
            {int(number): decode(body) for number, body in found["parts"].items()},
        )
        for found in taken["uploads"]
    }
    store._numbers = count(1_000_000)


def _build_version(entry: Mapping[str, Any]) -> _Version:
    body = decode(entry["body"])
    stored = Stored(size=len(body), etag=entry["etag"], version=entry["version"], metadata=entry["metadata"])
    return _Version(stored, body, entry["type"])


def _fill_service(region: Region, taken: Mapping[str, Any]) -> None:
    """The service's side goes on too: its jobs, and the ledger of what it has billed."""
    shop, service = region.world.shop, region.world.service
    shop.jobs = {
        name: ServiceJob(job["tag"], [(ordinal, text) for ordinal, text in job["inputs"]], job["started"])
        for name, job in taken["jobs"].items()
    }
    shop.made = max((int(name.rpartition("-")[2]) for name in shop.jobs), default=0)
    shop.billed = Counter(taken["billed"])
    shop.calls = Counter(taken["calls"])
    shop.works_for = taken["works_for"]
    shop.answer = make_answer
    service.stopped = set(taken["stopped"])  # type: ignore[attr-defined]  # each of KINDS has it


def _resume(region: Region, found: Mapping[str, Any], machine: Mapping[str, Any]) -> None:
    """Open an execution at the state it was in, under its own, older definition."""
    execution = Execution(region, found["name"], machine, found["data"], region._ended)
    region.executions[found["name"]] = execution
    _place(region, execution, found, machine)


def _place(region: Region, execution: Execution, found: Mapping[str, Any], scope: Mapping[str, Any]) -> None:
    execution.at = found["at"]
    state = scope["States"][execution.at]
    if not found["children"]:
        region.later(0.0, execution.go)
        return
    left = [len(found["children"])]

    def ended(_child: Execution, _how: str) -> None:
        left[0] -= 1
        if not left[0]:
            execution._next(state["Next"], found["data"])

    processor = state["ItemProcessor"]
    for entry in found["children"]:
        child = Execution(region, entry["name"], processor, entry["data"], ended)
        execution._children.append(child)
        _place(region, child, entry, processor)


def _resume_stream(region: Region) -> None:
    """Records of the table's stream that were not answered yet."""
    for row in region.world.table.rows():
        if row["sk"].startswith("event#") and not row["published"]:
            region._written({"job": row["pk"].removeprefix("job#")}, after=0.3)


def deliver_again(region: Region) -> Callable[[], None]:
    """Every input's event comes once more."""
    jobs = [row for row in region.world.table.rows() if row["sk"] == "job"]

    def deliver() -> None:
        for row in jobs:
            given = row["input"]
            item = {
                "key": given["key"],
                "size": given["size"],
                "etag": "",
                "version-id": given["versionId"],
                "sequencer": given.get("sequencer", "00"),
            }
            region.deliver(
                {
                    "detail-type": "Object Created",
                    "detail": {"bucket": {"name": given["bucket"]}, "object": item},
                }
            )

    return deliver
