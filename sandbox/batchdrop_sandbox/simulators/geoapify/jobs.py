"""A batch at Geoapify: what was asked, when it is ready, what it answers."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from batchdrop_sandbox.simulators.gazetteer import Gazetteer
from batchdrop_sandbox.simulators.geoapify.api import InnerApi, Question, Refused
from batchdrop_sandbox.simulators.geoapify.apis import APIS
from batchdrop_sandbox.simulators.geoapify.refusals import error_object
from batchdrop_sandbox.simulators.geoapify.settings import Settings


class BadJob(Exception):
    """The body of a submit is not a job (400)."""


@dataclass(frozen=True)
class Asked:
    """A checked submit body. `family` is the path that was posted to: the answer is fetched from there."""

    family: str
    api: InnerApi
    params: Mapping[str, Any]
    body: Mapping[str, Any]
    inputs: Sequence[Mapping[str, Any]]
    priority: float = 1.0

    def question(self, one: Mapping[str, Any], *, not_computed: bool = False) -> Question:
        """[seed] params and body of request and input are merged, the input's keys win; shallow [assumed]."""
        return Question(
            {**self.params, **one.get("params", {})}, {**self.body, **one.get("body", {})}, not_computed
        )

    def canonical(self, one: Mapping[str, Any]) -> str:
        """What an input asks, whatever its id: the ledger's key."""
        return canonical(self.api, self.question(one))

    @property
    def price(self) -> float:
        """Credits of all inputs × priority; submit and looks are counted beside [seed] [doc]."""
        return self.priority * sum(self.api.credits(self.question(one)) for one in self.inputs)


@dataclass
class Job:
    """An accepted job. Not thread-safe. Times are epoch seconds of the clock."""

    id: str
    asked: Asked
    ready: float
    gone: float
    fails: bool
    looks: int = 0
    answers: list[dict[str, Any]] = field(default_factory=list)

    def results(self, gazetteer: Gazetteer, settings: Settings) -> list[dict[str, Any]]:
        """One result object per input, in the order of inputs [seed]; worked out once."""
        if not self.answers:
            self.answers = [
                self._answer(index, one, gazetteer, settings) for index, one in enumerate(self.asked.inputs)
            ]
        return self.answers[: len(self.answers) - settings.lost_results]

    def _answer(
        self, index: int, one: Mapping[str, Any], gazetteer: Gazetteer, settings: Settings
    ) -> dict[str, Any]:
        # [client, recorded] id only when given; params are the input's own, not the merged ones
        echoed = {name: one[name] for name in ("id", "params", "body") if name in one}
        question = self.asked.question(one, not_computed=index in settings.not_computed_inputs)
        try:
            if index in settings.error_inputs:
                raise Refused(500, "An internal server error occurred")
            answer = self.asked.api.answer(question, gazetteer)
        except Refused as refused:
            return {**echoed, "result": _error(refused, settings)}
        return {**echoed, "result": _readable(answer, settings)}


def _error(refused: Refused, settings: Settings) -> object:
    """The result of an input that is refused: see Settings.error_form."""
    if settings.error_form == "text":
        return refused.message
    return error_object(refused.status, refused.message) if settings.error_form == "object" else {}


def _readable(answer: dict[str, Any] | bytes, settings: Settings) -> object:
    """An answer as JSON: see Settings.geobuf_form."""
    if not isinstance(answer, bytes):
        return answer
    if settings.geobuf_form == "base64":
        return base64.b64encode(answer).decode()
    return {"type": "Buffer", "data": list(answer)}


def canonical(api: InnerApi, question: Question) -> str:
    """What one question asks: the ledger's key."""
    return json.dumps([api.path, question.params, question.body], sort_keys=True)


def read_object(raw: bytes) -> Mapping[str, Any]:
    """The body of an API that is called alone. Raises BadJob."""
    body = _json(raw)
    if not isinstance(body, dict):
        raise BadJob("The request body must be an object")
    return body


def read_batch(raw: bytes, most: int) -> Asked:
    """The body of POST /v1/batch. Raises BadJob with Geoapify-like words [assumed: which cases are 400]."""
    body = read_object(raw)
    api = APIS.get(str(body.get("api")))
    if api is None:
        raise BadJob(f'"api" must be one of [{", ".join(APIS)}]')
    inputs = _inputs(body.get("inputs"), most)
    for one in inputs:
        if not isinstance(one, dict) or not ("params" in one or "body" in one):
            raise BadJob('Each of "inputs" must contain "params" or "body"')
        _objects(one)
    _objects(body)
    return Asked(
        "", api, body.get("params", {}), body.get("body", {}), inputs, _priority(body.get("priority", 1))
    )


def read_geocoding(family: str, raw: bytes, params: Mapping[str, str], most: int) -> Asked:
    """The bare array of the older family [spec]: texts, or [lon, lat] pairs, or {"lon", "lat"} objects."""
    rows = _inputs(_json(raw), most)
    inputs = [{"params": {"text": row} if family == "search" else _position(row)} for row in rows]
    if family == "search" and not all(isinstance(row, str) for row in rows):
        raise BadJob("Addresses must be an array of strings")
    return Asked(family, APIS[f"/v1/geocode/{family}"], {**params, "format": "json", "limit": 1}, {}, inputs)


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError):
        raise BadJob("Invalid request payload JSON format") from None


def _inputs(inputs: Any, most: int) -> list[Any]:
    if not isinstance(inputs, list) or not inputs:
        raise BadJob('"inputs" must be an array that is not empty')
    if len(inputs) > most:
        raise BadJob(f'"inputs" must contain less than or equal to {most} items')
    return inputs


def _objects(holder: Mapping[str, Any]) -> None:
    if not all(isinstance(holder.get(name, {}), dict) for name in ("params", "body")):
        raise BadJob('"params" and "body" must be objects')


def _priority(priority: Any) -> float:
    """[doc] 0.5…1."""
    if isinstance(priority, bool) or not isinstance(priority, int | float) or not 0.5 <= priority <= 1:
        raise BadJob('"priority" must be between 0.5 and 1')
    return float(priority)


def _position(row: Any) -> dict[str, Any]:
    """[spec] lon comes first in a pair."""
    if isinstance(row, list) and len(row) == 2:
        return {"lon": row[0], "lat": row[1]}
    if isinstance(row, dict) and {"lon", "lat"} <= set(row):
        return {"lon": row["lon"], "lat": row["lat"]}
    raise BadJob("Coordinates must be [lon, lat] pairs or objects with lon and lat")
