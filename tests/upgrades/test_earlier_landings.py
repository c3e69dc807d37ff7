"""A job begun by an earlier version, at each state that a job and a batch can have, ends right under today's code."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from batchdrop.jobs import ENDED, folder
from tests.faults import checks
from tests.faults.checks import Ended
from tests.faults.person import decide
from tests.steps.anything import entries
from tests.steps.world import INBOX, RESULTS
from tests.upgrades.loading import deliver_again, find_states, load, read
from tests.upgrades.snapshot import MACHINE

if TYPE_CHECKING:
    from pathlib import Path

    from batchdrop.ports import Row
    from tests.faults.region import Region

STATES = find_states()
_IDS = [f"{path.parent.name}-{path.name.removesuffix('.json.gz')}" for path in STATES]


@pytest.mark.parametrize("goes_on", [True, False], ids=["goes-on", "aborted"])
@pytest.mark.parametrize("path", STATES, ids=_IDS)
def test_a_job_of_an_earlier_version_ends_right(path: Path, goes_on: bool) -> None:
    region = load(read(path), read(path.parent / MACHINE), goes_on=goes_on)
    agreed = _agreed_payments(region)
    before = {row["id"]: row for row in checks.jobs(region)}
    deliver_again(region)()
    region.pass_time(1_800)
    _let_go_of_held(region)
    assert _settles(region), f"it does not come to rest: {[Ended(row).how for row in checks.jobs(region)]}"
    trouble = [
        each
        for row in checks.jobs(region)
        for each in _check(region, row, _expect(region, before[row["id"]]))
    ]
    assert not trouble, trouble
    _help(region)
    assert _settles(region), "after a person's decision it does not come to rest"
    trouble = [
        each for row in checks.jobs(region) for each in _check(region, row, _expect_helped(before[row["id"]]))
    ]
    assert not trouble, trouble
    assert max(region.world.shop.billed.values(), default=0) <= agreed
    region.world.private_names = not region.world.private_names
    deliver_again(region)()
    assert _settles(region)
    assert not region.dead_letters
    assert set(before) == {row["id"] for row in checks.jobs(region)}
    assert max(region.world.shop.billed.values(), default=0) <= agreed


def _agreed_payments(region: Region) -> int:
    """How often a record may be paid: twice where a person has said so, by `resubmit` or by `start` of the same bytes."""
    rows = region.world.table.rows()
    again = any(row.get("resent") or (row.get("attention") or {}).get("code") == "SAME_BYTES" for row in rows)
    return 2 if again else 1


def _settles(region: Region) -> bool:
    return region.settle(seconds=5 * 86_400.0, steps=20_000)


def _let_go_of_held(region: Region) -> None:
    for row in checks.jobs(region):
        if row.get("held") and not row.get("attention"):
            region.world.jobs.start(row["id"])


def _expect(region: Region, before: Row) -> set[str]:
    """How a job may end by itself that stood so."""
    if before.get("order") == "delete" or before["status"] == "deleted":
        return {"deleted"}
    if before["status"] in ENDED:
        return {before["status"]}
    if before.get("attention"):
        return {f"parked:{before['attention']['code']}", *_list_other_ends(region, before)}
    if before.get("order") == "stop":
        return {"stopped", "completed"}
    found = {"completed"}
    batches = list(region.world.table.query(before["pk"], "batch#"))
    found |= {f"parked:{batch['code']}" for batch in batches if batch["state"] == "parked"}
    if not region.world.service.can.two_phase:
        found.add("parked:AMBIGUOUS_SEND")
    return found


def _list_other_ends(region: Region, before: Row) -> set[str]:
    """A job also goes on where a person's action was cut off, or where sweep drives it before anybody heard that it stalled."""
    batches = list(region.world.table.query(before["pk"], "batch#"))
    resent = any(batch.get("resent") for batch in batches)
    settled = all(batch["state"] == "settled" for batch in batches)
    stalled = before["attention"]["code"] == "STALLED" and settled
    return {"completed"} if resent or stalled else set()


def _expect_helped(before: Row) -> set[str]:
    if before.get("order") == "delete" or before["status"] == "deleted":
        return {"deleted"}
    if before["status"] in ENDED:
        return {before["status"], "completed"}
    return {"stopped", "completed"} if before.get("order") == "stop" else {"completed"}


def _help(region: Region) -> None:
    """A person does what each job asks for."""
    for row in checks.jobs(region):
        attention = row.get("attention")
        if attention and "start" in attention["actions"]:
            region.world.jobs.start(row["id"])
        if attention and attention["code"] == "INPUT_GONE":
            _bring_back(region, row)
    decide(region)


def _bring_back(region: Region, row: Row) -> None:
    objects = region.world.store._objects
    [kept] = objects[INBOX, "incoming/mine/lost.txt"]
    again = replace(kept, stored=replace(kept.stored, version=row["input"]["versionId"]))
    objects[INBOX, row["input"]["key"]] = [again]


def _check(region: Region, row: Row, expected: set[str]) -> list[str]:
    """What is wrong with a job at rest."""
    how = Ended(row).how
    if how not in expected:
        return [f"it is {how}, not {' or '.join(sorted(expected))}: {row.get('attention')}"]
    if how == "deleted":
        left = [
            key
            for key in region.world.store.list(RESULTS, folder(row["id"]))
            if not key.endswith("/job.json")
        ]
        return [f"{left} is left of a deleted job"] if left else []
    trouble = [*checks._announced(region, row, how), *checks._documented(region, row)]
    if how == "failure" or "results" not in {name.partition(".")[0] for name in row.get("objects", ())}:
        return trouble
    return trouble + _check_outputs(region, row)


def _check_outputs(region: Region, row: Row) -> list[str]:
    """Every record once, in one of the two outputs; answers where they belong."""
    names = [name for name in row["objects"] if name.partition(".")[0] in ("results", "errors")]
    found = {name: entries(region.world, row["id"], name) for name in names}
    numbers = sorted(int(entry["recId"]) for each in found.values() for entry in each)
    if numbers != list(range(1, row["records"]["total"] + 1)):
        return [f"the outputs hold records {numbers} of {row['records']['total']}"]
    if {"results.csv", "errors.csv"} <= set(names) and _is_torn(region, row):
        return ["a line of the outputs is not that of its record"]
    results = next(each for name, each in found.items() if name.startswith("results"))
    if len(results) != row["records"]["succeeded"]:
        return ["the counters are not those of the outputs"]
    return [] if all(entry["lat"] for entry in results) else ["a result has no answer"]


def _is_torn(region: Region, row: Row) -> bool:
    """The files' own column `n` numbers the records too."""
    if row["plan"]["dialect"].get("encoding", "utf-8") != "utf-8":
        return False
    lines = [*region.world.rows(row["id"], "results.csv"), *region.world.rows(row["id"], "errors.csv")]
    return any(line.get("n", line["bd_recId"]) != line["bd_recId"] for line in lines)
