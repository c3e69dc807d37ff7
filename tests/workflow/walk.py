"""A strict interpreter of our state machine, for tests: a path that does not resolve is an error, as it is on AWS.

The local AWS forgives a missing field; AWS kills the execution with States.Runtime, which nothing catches
(facts: "States.ALL does not catch States.Runtime"). `explore` takes every branch with every answer that a step may
give; `tell_story` follows one.
"""

from __future__ import annotations

import json
import operator
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

TROUBLE = {"Error": "Lambda.Unknown", "Cause": "the function died"}
FAILS = "States.ALL"
"""A scripted answer: the task fails for good, its retries included."""

RINGS: dict[str, Any] = {}
TIMES_OUT, RANG_BEFORE = "States.Timeout", "DynamoDb.ConditionalCheckFailedException"
"""Scripted answers of a task that waits with a token: it was rung, nobody rang, somebody had rung before it slept."""

TOKEN = "token-1"


class Broken(AssertionError):
    """The definition asks for something that is not there."""


def resolve(path: str, data: Any, context: Mapping[str, Any]) -> Any:
    """The value of a reference path such as `$.now.wait`; `$$.…` looks into the context object."""
    source = context if path.startswith("$$") else data
    for name in re.findall(r"\.([A-Za-z_]+)", path):
        if not isinstance(source, dict) or name not in source:
            raise Broken(f"{path} does not resolve in {json.dumps(data)}")
        source = source[name]
    return source


def evaluate(text: str, data: Any, context: Mapping[str, Any]) -> Any:
    """A path, or States.Format with paths."""
    if not (found := re.fullmatch(r"States\.Format\('([^']*)', ([^)]*)\)", text)):
        return resolve(text, data, context)
    values = [resolve(path.strip(), data, context) for path in found[2].split(",")]
    if any(isinstance(value, dict | list) for value in values) or found[1].count("{}") != len(values):
        raise Broken(f"{text} cannot be written with {values}")
    return found[1].format(*values)


def fill(template: Any, data: Any, context: Mapping[str, Any]) -> Any:
    """A payload template: `"name.$": path` becomes `"name": value`."""
    if isinstance(template, list):
        return [fill(each, data, context) for each in template]
    if not isinstance(template, dict):
        return template
    return {
        key.removesuffix(".$"): evaluate(value, data, context)
        if key.endswith(".$")
        else fill(value, data, context)
        for key, value in template.items()
    }


def place(data: Any, path: str | None, result: Any) -> Any:
    """ResultPath: null keeps the input, `$` replaces it, `$.name` puts the result beside it."""
    if path is None:
        return data
    if path == "$":
        return result
    return {**data, path.removeprefix("$."): result}


_TESTS: Mapping[str, tuple[type, Callable[[Any, Any], bool]]] = {
    "StringEquals": (str, operator.eq),
    "BooleanEquals": (bool, operator.eq),
    "NumericLessThan": (int, operator.lt),
    "NumericLessThanEquals": (int, operator.le),
}


def choose(state: Mapping[str, Any], data: Any) -> str:
    """The Next of the first rule that holds."""
    for rule in state["Choices"]:
        value = resolve(rule["Variable"], data, {})
        name = next(key for key in _TESTS if key in rule)
        kind, holds = _TESTS[name]
        if type(value) is not kind:
            raise Broken(f"{rule['Variable']} is {value!r}, {name} would not hold or fail the execution")
        if holds(value, rule[name]):
            return str(rule["Next"])
    return str(state["Default"])


def waits(state: Mapping[str, Any], data: Any) -> int:
    """The seconds of a Wait: AWS takes whole numbers only."""
    seconds = state["Seconds"] if "Seconds" in state else resolve(state["SecondsPath"], data, {})
    if not isinstance(seconds, int) or isinstance(seconds, bool) or seconds < 0:
        raise Broken(f"{state.get('SecondsPath', 'Seconds')} is {seconds!r}, not a whole number of seconds")
    return seconds


def listens(state: Mapping[str, Any]) -> bool:
    """Whether a task waits with a token until somebody sends success to it."""
    return str(state["Resource"]).endswith(".waitForTaskToken")


def call(state: Mapping[str, Any], data: Any) -> Any:
    """What a Lambda task hands to its function; what a task that waits writes."""
    given = fill(state["Parameters"], data, {"Task": {"Token": TOKEN}})
    return given if listens(state) else given["Payload"]


def succeed(state: Mapping[str, Any], data: Any, payload: Any) -> tuple[str, Any]:
    """Where a task goes, and with what, once its function has answered or somebody has sent its token back."""
    called = {"StatusCode": 200, "ExecutedVersion": "$LATEST", "Payload": payload}
    answer = payload if listens(state) else called
    result = fill(state.get("ResultSelector", answer), answer, {})
    return state["Next"], place(data, state.get("ResultPath", "$"), result)


def fail(state: Mapping[str, Any], data: Any, error: str = FAILS) -> tuple[str, Any]:
    """Where a task goes once it has failed for good."""
    catch = next(each for each in state["Catch"] if {error, "States.ALL"} & set(each["ErrorEquals"]))
    return catch["Next"], place(data, catch["ResultPath"], TROUBLE)


def children(state: Mapping[str, Any], data: Any) -> list[Any]:
    """The inputs of a Map's child executions."""
    items = resolve(state["ItemsPath"], data, {})
    if not isinstance(items, list):
        raise Broken(f"{state['ItemsPath']} is no list")
    contexts = ({"Map": {"Item": {"Index": index, "Value": item}}} for index, item in enumerate(items))
    return [fill(state["ItemSelector"], data, context) for context in contexts]


@dataclass
class Explored:
    """What an exploration has seen."""

    moves: set[tuple[str, str]] = field(default_factory=set)  # (state, next)
    payloads: dict[str, list[Any]] = field(default_factory=dict)  # by task
    ends: dict[str, list[Any]] = field(default_factory=dict)  # by end state: its outputs

    @property
    def states(self) -> set[str]:
        """Every state that was entered, but for the first of each scope."""
        return {name for move in self.moves for name in move}


def explore(definition: Mapping[str, Any], start: Any, answers: Callable[[str, Any], list[Any]]) -> Explored:
    """Takes every branch, with every answer that `answers(task, payload)` lists and with a failure of every task."""
    seen = Explored()
    _explore(definition, start, answers, seen)
    return seen


def _explore(
    scope: Mapping[str, Any], start: Any, answers: Callable[[str, Any], list[Any]], seen: Explored
) -> None:
    waiting, known = [(scope["StartAt"], start)], set()
    while waiting:
        name, data = waiting.pop()
        if (key := (name, json.dumps(data, sort_keys=True))) in known:
            continue
        known.add(key)
        state = scope["States"][name]
        if state["Type"] in ("Succeed", "Fail"):
            seen.ends.setdefault(name, []).append({} if state.get("OutputPath", "") is None else data)
        for following, output in _moves(name, state, data, answers, seen):
            seen.moves.add((name, following))
            waiting.append((following, output))


def _moves(
    name: str, state: Mapping[str, Any], data: Any, answers: Callable[[str, Any], list[Any]], seen: Explored
) -> Iterator[tuple[str, Any]]:
    match state["Type"]:
        case "Task":
            payload = call(state, data)
            seen.payloads.setdefault(name, []).append(payload)
            given = [RINGS] if listens(state) else answers(name, payload)
            yield from (succeed(state, data, answer) for answer in given)
            yield from (fail(state, data, error) for each in state["Catch"] for error in each["ErrorEquals"])
        case "Choice":
            yield choose(state, data), data
        case "Wait":
            waits(state, data)
            yield state["Next"], data
        case "Map":
            for child in children(state, data):
                _explore(state["ItemProcessor"], child, answers, seen)
            yield state["Next"], data
            yield fail(state, data)


def tell_story(scope: Mapping[str, Any], start: Any, script: dict[str, list[Any]]) -> list[str]:
    """The names of the states one execution goes through; children of a Map in their order, one after another.

    `script` holds each task's answers in the order they are given; FAILS stands for a task that fails for good.
    Waits are told with their seconds.
    """
    name, data, trail = scope["StartAt"], start, []
    while True:
        state = scope["States"][name]
        trail.append(name)
        match state["Type"]:
            case "Task":
                answer = script[name].pop(0)
                name, data = (fail if isinstance(answer, str) else succeed)(state, data, answer)
            case "Choice":
                name = choose(state, data)
            case "Wait":
                trail[-1] += f" {waits(state, data)} s"
                name = state["Next"]
            case "Map":
                for child in children(state, data):
                    trail += [f"  {step}" for step in tell_story(state["ItemProcessor"], child, script)]
                name = state["Next"]
            case _:
                return trail
