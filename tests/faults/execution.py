"""One execution of the real state machine, state by state, on a region's clock."""

from __future__ import annotations

import json
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from batchdrop.ports import Absent, Change, Either, Exists, Is, Key
from tests.template.loading import load_definition
from tests.workflow.walk import TROUBLE, call, children, choose, evaluate, place, succeed, waits

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from batchdrop.ports import Condition
    from tests.faults.region import Region


@lru_cache(maxsize=1)
def definition() -> Mapping[str, Any]:
    """statemachine/batch_job.asl.json."""
    return load_definition()


class Execution:
    """Runs until Succeed or Fail, then calls `ended(self, how)`. A Map's children are executions of their own."""

    def __init__(
        self,
        region: Region,
        name: str,
        scope: Mapping[str, Any],
        data: Any,
        ended: Callable[[Execution, str], None],
    ) -> None:
        self.name = name
        self.open = True
        self.at: str = scope["StartAt"]
        self._region = region
        self._scope = scope
        self._data = data
        self._report = ended
        self._tries: dict[int, int] = {}
        self._children: list[Execution] = []
        self._listens = 0

    def abort(self) -> None:
        """End here and now, the children too."""
        self.open = False
        for child in self._children:
            child.abort()

    def go(self) -> None:
        """Do the state at hand."""
        while self.open:
            state = self._scope["States"][self.at]
            match state["Type"]:
                case "Choice":
                    self.at = choose(state, self._data)
                    continue
                case "Task" if state["Resource"].endswith("waitForTaskToken"):
                    self._listen(state)
                case "Task":
                    self._call(state)
                case "Wait":
                    self._region.later(
                        waits(state, self._data), partial(self._next, state["Next"], self._data)
                    )
                case "Map":
                    self._spread(state)
                case kind:
                    self.open = False
                    self._report(self, "SUCCEEDED" if kind == "Succeed" else "FAILED")
            return

    def _next(self, name: str, data: Any) -> None:
        if self.open:
            self.at, self._data = name, data
            self._tries.clear()
            self.go()

    def _call(self, state: Mapping[str, Any]) -> None:
        function = self.at

        def done(answer: Any, error: str) -> None:
            if not self.open:
                return
            if error:
                self._fail(state, error)
            else:
                following, data = succeed(state, self._data, json.loads(json.dumps(answer)))
                self._region.later(0.0, lambda: self._next(following, data))

        payload = call(state, self._data)
        self._region.invoke(function, payload, done, limit=float(state["TimeoutSeconds"]))

    def _fail(self, state: Mapping[str, Any], error: str) -> None:
        """Again where Retry says so, else to where Catch says."""
        for number, rule in enumerate(state.get("Retry", ())):
            if _means(rule["ErrorEquals"], error):
                tried = self._tries.get(number, 0)
                if tried < rule["MaxAttempts"]:
                    self._tries[number] = tried + 1
                    wait = min(
                        rule["IntervalSeconds"] * rule["BackoffRate"] ** tried, rule["MaxDelaySeconds"]
                    )
                    self._region.later(wait, self.go)
                    return
                break
        for rule in state.get("Catch", ()):
            if _means(rule["ErrorEquals"], error):
                data = place(self._data, rule["ResultPath"], {**TROUBLE, "Error": error})
                self._region.later(0.0, partial(self._next, rule["Next"], data))
                return
        self.open = False
        self._report(self, "FAILED")

    def _listen(self, state: Mapping[str, Any]) -> None:
        """The doorbell: keep the token on the condition that nobody has rung since, and sleep."""
        wanted = state["Parameters"]
        key = Key(*(self._value(wanted["Key"][name]) for name in ("pk", "sk")))
        seen = int(self._value(wanted["ExpressionAttributeValues"][":seen"]))
        same: Condition = Is("rings", seen)
        if "attribute_not_exists(rings)" in wanted["ConditionExpression"]:
            same = Either((Absent("rings"), same))
        self._listens += 1
        token = f"{self.name}/{self._listens}"
        following, data = state["Next"], place(self._data, state.get("ResultPath", "$"), {})
        change = Change(key, put={"token": token}, when=(Exists("pk"), same))
        try:
            kept = self._region.world.table.write(change).done
        except (ClientError, BotoCoreError):
            self._fail(state, "DynamoDb.InternalServerErrorException")
            return
        if not kept:
            self._fail(state, "DynamoDb.ConditionalCheckFailedException")
            return
        waiting = [token]

        def rung() -> None:
            if waiting:
                waiting.clear()
                self._next(following, data)

        def late() -> None:
            if waiting:
                waiting.clear()
                self._fail(state, "States.Timeout")

        self._region.listen(token, rung)
        self._region.later(float(state["TimeoutSeconds"]), late)

    def _value(self, typed: Mapping[str, str]) -> str:
        """A typed value of DynamoDB: given, or by path."""
        ((kind, text),) = typed.items()
        return str(evaluate(text, self._data, {})) if kind.endswith(".$") else text

    def _spread(self, state: Mapping[str, Any]) -> None:
        inputs = children(state, self._data)
        data = self._data if state.get("ResultPath", "") is None else inputs
        left = [len(inputs)]

        def ended(_child: Execution, _how: str) -> None:
            left[0] -= 1
            if not left[0]:
                self._next(state["Next"], data)

        self._children = [
            Execution(self._region, f"{self.name}/{number}", state["ItemProcessor"], each, ended)
            for number, each in enumerate(inputs)
        ]
        for child in self._children:
            self._region.later(0.0, child.go)
        if not inputs:
            self._next(state["Next"], data)


def _means(names: list[str], error: str) -> bool:
    """Whether a rule is meant for this error ([doc] Step Functions, error names)."""
    return (
        error in names
        or "States.ALL" in names
        or ("States.TaskFailed" in names and error != "States.Timeout")
    )
