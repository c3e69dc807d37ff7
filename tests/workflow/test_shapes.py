"""Every JSONPath resolves for every shape a state can receive, whatever the steps answer and whoever fails."""

from __future__ import annotations

import ast
import copy
from typing import Any

import pytest

from tests.template.loading import ROOT, load_definition, states, targets
from tests.workflow.contract import LANES, OUTCOMES, START, answers
from tests.workflow.walk import Broken, explore

DEFINITION = load_definition()
EXPLORED = explore(DEFINITION, START, answers)
# Defaults of parent choices are a net for an outcome nobody knows; no step gives one.
NETS = {("Planned?", "AnnounceFailure"), ("Admitted?", "AnnounceFailure"), ("Collected?", "AnnounceFailure")}


def test_every_state_is_entered_and_every_branch_taken() -> None:
    every = {(name, to) for name, state in states(DEFINITION).items() for to in targets(state)}
    assert every - EXPLORED.moves == NETS
    assert EXPLORED.states == set(states(DEFINITION))


@pytest.mark.parametrize("task", ["Plan", "Admit", "Collect"])
def test_steps_get_the_job_and_the_run(task: str) -> None:
    assert EXPLORED.payloads[task]
    assert all(payload == START for payload in EXPLORED.payloads[task])


def test_announce_hears_whether_the_run_broke_down() -> None:
    assert {payload["failed"] for payload in EXPLORED.payloads["Announce"]} == {False}
    assert {payload["failed"] for payload in EXPLORED.payloads["AnnounceFailure"]} == {True}


def test_advance_gets_its_lane_and_what_it_said_last() -> None:
    first = {"settled": False, "listens": False, "wait": 30, "rings": 0, "ticks": 0}
    assert {**START, "lane": LANES[0], "now": first} in EXPLORED.payloads["Advance"]
    for payload in EXPLORED.payloads["Advance"]:
        assert set(payload) - {"trouble"} == {"job", "run", "lane", "now"}
        assert set(payload["now"]) == set(first)


def test_a_settled_lane_leaves_nothing_behind() -> None:
    assert all(output == {} for output in EXPLORED.ends["Settled"])


@pytest.mark.parametrize("name", ["Planned?", "Admitted?", "Collected?", "Announced?"])
def test_each_outcome_has_a_branch_and_each_branch_an_outcome(name: str) -> None:
    task = {"Planned?": "Plan", "Admitted?": "Admit", "Collected?": "Collect", "Announced?": "Announce"}[name]
    assert {rule["StringEquals"] for rule in states(DEFINITION)[name]["Choices"]} == OUTCOMES[task]


@pytest.mark.parametrize("task", ["Plan", "Admit", "Collect", "Announce"])
def test_no_step_gives_an_outcome_without_a_branch(task: str) -> None:
    given = _outcomes_in_the_code(task.lower())
    assert given
    assert given <= OUTCOMES[task]


def test_a_missing_field_is_found() -> None:
    def forgets(task: str, payload: Any) -> list[Any]:
        given = copy.deepcopy(answers(task, payload))
        if task == "Advance":
            del given[0]["rings"]
        return given

    with pytest.raises(Broken, match="rings"):
        explore(DEFINITION, START, forgets)


@pytest.mark.parametrize("wait", [1.5, "1", True, None, -1])
def test_a_wait_that_is_no_whole_number_is_found(wait: Any) -> None:
    def waits_oddly(task: str, payload: Any) -> list[Any]:
        return [{"outcome": "queue", "wait": wait, "rings": 0}] if task == "Admit" else answers(task, payload)

    with pytest.raises(Broken, match="wait"):
        explore(DEFINITION, START, waits_oddly)


def _outcomes_in_the_code(step: str) -> set[str]:
    """The texts that the step's code gives as `"outcome": …`, or as the argument `outcome` of a function of its own."""
    home = ROOT / "layers/batchdrop/batchdrop/steps"
    files = [*home.glob(f"{step}.py"), *home.glob(f"{step}/*.py")]
    nodes = [node for file in files for node in ast.walk(ast.parse(file.read_text()))]
    places = {
        node.name: [argument.arg for argument in node.args.args].index("outcome")
        for node in nodes
        if isinstance(node, ast.FunctionDef) and "outcome" in [argument.arg for argument in node.args.args]
    }
    return {text for node in nodes for value in _given(node, places) for text in _texts(value)}


def _given(node: ast.AST, places: dict[str, int]) -> list[ast.expr]:
    if isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        return [value for key, value in pairs if isinstance(key, ast.Constant) and key.value == "outcome"]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in places:
        return node.args[places[node.func.id] :][:1] + [
            word.value for word in node.keywords if word.arg == "outcome"
        ]
    return []


def _texts(node: ast.expr) -> set[str]:
    """The texts an expression may become: a constant, or either side of `a if … else b`."""
    if isinstance(node, ast.IfExp):
        return _texts(node.body) | _texts(node.orelse)
    return {node.value} if isinstance(node, ast.Constant) and isinstance(node.value, str) else set()
