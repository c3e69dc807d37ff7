"""Handlers with a careless service: what AWS is given of a job holds no key and no address, whatever the service answers."""

from __future__ import annotations

import json
import traceback
from itertools import cycle
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from batchdrop import wiring
from tests.faults.careless import READS, WRITES, CarelessService
from tests.functions.test_road import SEEDS, started
from tests.services.answer_kinds import build_answers
from tests.services.log_capture import capture_all_logs, set_all_to_debug
from tests.services.scripted_server import ScriptedServer

if TYPE_CHECKING:
    import socket
    import threading

    from batchdrop_sandbox.simulators.server import SimulatorServer
    from tests.functions.conftest import Functions
    from tests.services.scripted_server import Seen

KEY, ADDRESS = "canary-key", "Canaryweg"
FILE = f"id,address\n1,{ADDRESS} 1\n2,{ADDRESS} 2\n".encode()
ANSWERS = build_answers(f"{ADDRESS} 1?apiKey={KEY}")
KINDS = (
    "the whole request again, failed",
    "a header line without a colon",
    "the whole request again, accepted",
    "a failure whose correlation id is the key",
    "an error of each common name",
    "a refusal whose code is the key",
)
"""Some that carry most: `tests/faults` tries all of them over ports in memory, for a call of a handler takes long."""
LOOKS = 6


def drive(functions: Functions, job: dict[str, Any]) -> list[Any]:
    """Do what the state machine does, for a few looks; return all that it would keep, errors as Lambda reports them."""
    history: list[Any] = []

    def call(name: str, payload: dict[str, Any]) -> dict[str, Any]:
        try:
            answer = functions(name, payload)
        except Exception as error:  # noqa: BLE001  # as the Lambda runtime does
            answer = {"error": traceback.format_exception(error)}
        history.append([name, payload, answer])
        return answer

    for lane in call("plan", job).get("lanes", []):
        call("admit", job)
        now = dict(SEEDS)
        for _ in range(LOOKS):
            now = call("advance", {**job, "lane": lane, "now": now})
            if now.get("settled", True):
                break
            functions.pass_time(now["wait"])
    call("collect", job)
    call("announce", {**job, "failed": False})
    return history


@pytest.mark.parametrize("service", ["geoapify", "here_batch_v7"])
def test_no_answer_of_a_careless_service_brings_a_canary_to_aws(
    functions: Functions, simulators: SimulatorServer, monkeypatch: pytest.MonkeyPatch, service: str
) -> None:
    route = {"geoapify": "geoapify-geocode", "here_batch_v7": "here-geocode"}[service]
    front = CarelessService(simulators.urls[service])
    kinds = cycle(KINDS)

    def answer(connection: socket.socket, seen: Seen, over: threading.Event) -> bool:
        return ANSWERS[next(kinds)](connection, seen, over)

    front.script = answer
    kept: list[Any] = []
    with capture_all_logs() as log, ScriptedServer(front.play) as port:
        url = port.url + urlsplit(simulators.urls[service]).path
        monkeypatch.setenv("BATCHDROP_SIMULATOR_ENDPOINTS", json.dumps({**simulators.urls, service: url}))
        for name, methods in (("reads", READS), ("writes", WRITES)):
            wiring.forget()
            front.methods, front.left = methods, len(KINDS)
            functions("submit", functions.drop(f"incoming/{route}/{name}.csv", FILE + f"3,{name}\n".encode()))
            set_all_to_debug()
            kept += drive(functions, next(job for job in started(functions) if job["job"].startswith(name)))
            assert front.left < len(KINDS)
    heard = [functions.heard(queue) for queue in ("queue", "bus", "webhook")]
    assert all(heard)
    kept += [heard, started(functions), functions.client("dynamodb").scan(TableName="batchdrop")["Items"]]
    text = json.dumps(kept, default=str, ensure_ascii=False) + log.getvalue()
    for canary in (KEY, ADDRESS):
        assert canary not in text, text[text.find(canary) - 300 : text.find(canary) + 40]
