"""Executions told as trails of state names."""

from __future__ import annotations

from typing import Any

import pytest

from tests.template.loading import load_definition, states
from tests.workflow.contract import LANES, START
from tests.workflow.walk import FAILS, RANG_BEFORE, RINGS, TIMES_OUT, choose, tell_story

DEFINITION = load_definition()
STATES = states(DEFINITION)


def planned(lanes: int = 1) -> dict[str, Any]:
    return {**START, "outcome": "planned", "lanes": LANES[:lanes]}


def looked(*, settled: bool = False, listens: bool = False, wait: int = 60) -> dict[str, Any]:
    return {"settled": settled, "listens": listens, "wait": wait, "rings": 0, "ticks": 1}


def says(outcome: str, wait: int = 1) -> dict[str, Any]:
    return {"outcome": outcome, "wait": wait, "rings": 0}


def story(**script: list[Any]) -> list[str]:
    trail = tell_story(DEFINITION, START, script)
    assert not any(script.values()), f"never asked for: {script}"
    return trail


def test_a_job_is_planned_driven_collected_and_announced() -> None:
    trail = story(
        Plan=[planned(2)],
        Admit=[says("go")],
        Advance=[looked(), looked(settled=True), looked(settled=True)],
        Collect=[says("done")],
        Announce=[says("done")],
    )
    assert trail == [
        *("Plan", "Planned?", "Admit", "Admitted?", "Lanes"),
        *("  Advance", "  Settled?", "  Pause 60 s", "  Advance", "  Settled?", "  Settled"),
        *("  Advance", "  Settled?", "  Settled"),
        *("Collect", "Collected?", "Announce", "Announced?", "Done"),
    ]


def test_a_refused_file_is_announced_and_nothing_is_sent() -> None:
    trail = story(Plan=[{**START, "outcome": "refused", "lanes": []}], Announce=[says("done")])
    assert trail == ["Plan", "Planned?", "Announce", "Announced?", "Done"]


def test_a_job_without_a_slot_sleeps_before_it_takes_a_map_run() -> None:
    trail = story(
        Plan=[planned()],
        Admit=[says("queue"), says("queue"), says("queue"), says("queue", 45), says("over")],
        WaitForSlot=[RANG_BEFORE, TIMES_OUT, RINGS, FAILS],
        Collect=[says("done")],
        Announce=[says("done")],
    )
    asked = ("Admit", "Admitted?", "WaitForSlot")
    assert trail[2:] == [
        *(*asked, *asked, *asked, *asked, "Queue 45 s"),
        *("Admit", "Admitted?", "Collect", "Collected?", "Announce", "Announced?", "Done"),
    ]


def test_a_held_job_sleeps_until_somebody_orders_something() -> None:
    trail = story(
        Plan=[planned()],
        Admit=[says("hold"), says("hold"), says("hold"), says("hold", 45), says("over")],
        Hold=[RANG_BEFORE, TIMES_OUT, RINGS, FAILS],
        Collect=[says("done")],
        Announce=[says("done")],
    )
    asked = ("Admit", "Admitted?", "Hold")
    assert trail[2:] == [
        *(*asked, *asked, *asked, *asked, "Queue 45 s"),
        *("Admit", "Admitted?", "Collect", "Collected?", "Announce", "Announced?", "Done"),
    ]


def test_a_function_that_dies_in_a_lane_is_given_a_moment() -> None:
    trail = story(
        Plan=[planned()],
        Admit=[says("go")],
        Advance=[FAILS, looked(wait=7), FAILS, looked(settled=True)],
        Collect=[says("done")],
        Announce=[says("done")],
    )
    slept = [step for step in trail if "Pause" in step or "Recover" in step]
    assert slept == ["  Recover 30 s", "  Pause 7 s", "  Recover 30 s"]
    assert trail[-1] == "Done"


def listened(wait: int, answer: Any, state: str) -> list[str]:
    """What a lane does that listens once and is then settled."""
    trail = story(
        Plan=[planned()],
        Admit=[says("go")],
        Advance=[looked(listens=True, wait=wait), looked(settled=True)],
        Collect=[says("done")],
        Announce=[says("done")],
        **{state: [answer]},
    )
    first = trail.index("  Settled?")
    return trail[first + 1 : trail.index("  Advance", first)]


@pytest.mark.parametrize("answer", [RINGS, TIMES_OUT, RANG_BEFORE])
def test_a_lane_listens_until_it_is_rung_or_was_or_looks_to_be_safe(answer: Any) -> None:
    assert listened(600, answer, "Listen600") == ["  Listen600"]


def test_from_a_ring_to_the_event_it_is_one_look_and_six_transitions() -> None:
    trail = story(
        Plan=[planned()],
        Admit=[says("go")],
        Advance=[looked(listens=True, wait=600), looked(settled=True)],
        Listen600=[RINGS],
        Collect=[says("done")],
        Announce=[says("done")],
    )
    rung = trail.index("  Listen600") + 1
    after = trail[rung : trail.index("Announce") + 1]
    assert after == ["  Advance", "  Settled?", "  Settled", "Collect", "Collected?", "Announce"]


def test_a_lane_that_cannot_listen_pauses_instead() -> None:
    assert listened(90, FAILS, "Listen120") == ["  Listen120", "  Pause 90 s"]


def test_a_lane_that_listens_sleeps_no_shorter_than_asked_and_not_twice_as_long() -> None:
    for wait in range(1, 601):
        sleeping = STATES[choose(STATES["Settled?"], {"now": looked(listens=True, wait=wait)})]
        assert wait <= sleeping.get("TimeoutSeconds", wait) < 2 * wait


def test_open_batches_get_fresh_children_after_a_rest() -> None:
    trail = story(
        Plan=[planned()],
        Admit=[says("go")],
        Advance=[looked(settled=True), looked(settled=True)],
        Collect=[says("open", 30), says("more"), says("parked")],
        Announce=[says("parked")],
    )
    assert [step for step in trail if not step.startswith("  ")][4:] == [
        *(
            "Lanes",
            "Collect",
            "Collected?",
            "Breathe 30 s",
            "Lanes",
            "Collect",
            "Collected?",
            "Collect",
            "Collected?",
        ),
        *("Announce", "Announced?", "Parked"),
    ]


def test_a_broken_plan_is_announced_as_a_failure() -> None:
    assert story(Plan=[FAILS], AnnounceFailure=[says("failed")]) == [
        "Plan",
        "AnnounceFailure",
        "Announced?",
        "Failed",
    ]


def test_a_broken_collect_of_a_finished_job_still_ends_well() -> None:
    trail = story(
        Plan=[planned()],
        Admit=[says("go")],
        Advance=[looked(settled=True)],
        Collect=[FAILS],
        AnnounceFailure=[says("done")],
    )
    assert trail[-3:] == ["AnnounceFailure", "Announced?", "Done"]


def test_a_run_that_cannot_even_announce_fails() -> None:
    assert story(Plan=[FAILS], AnnounceFailure=[FAILS])[-1] == "Failed"


def test_an_older_run_steps_aside_silently() -> None:
    assert story(Plan=[{**START, "outcome": "superseded", "lanes": []}]) == ["Plan", "Planned?", "Done"]


def test_an_outcome_nobody_knows_is_announced_as_a_failure() -> None:
    trail = story(Plan=[planned()], Admit=[says("perhaps")], AnnounceFailure=[says("failed")])
    assert trail[-4:] == ["Admitted?", "AnnounceFailure", "Announced?", "Failed"]
