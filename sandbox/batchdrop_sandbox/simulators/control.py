"""/_sandbox/…: how a test or a person reads the ledger and steers a running simulator. No service has such paths.

GET ledger · POST reset · POST faults [{…}] · GET clock, POST clock {"advance": s, "speed": x} · POST behaviour {…} ·
POST aws {"endpoint": "http://127.0.0.1:4566"}: where webhooks find API Gateway
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from batchdrop_sandbox.simulators.behaviour import Behaviour
from batchdrop_sandbox.simulators.reply import Reply, Request, json_reply
from batchdrop_sandbox.simulators.world import World

PREFIX = "/_sandbox/"


class Control:
    """The control calls of one service's port; ledger, clock and faults are shared by all services."""

    def __init__(
        self,
        world: World,
        own: Behaviour[Any],
        reset: Callable[[], None],
        reach: Callable[[str], None],
    ) -> None:
        self._world = world
        self._own = own
        self._reset_all = reset
        self._reach = reach
        self._calls: Mapping[tuple[str, str], Callable[[Any], Any]] = {
            ("GET", "ledger"): lambda _: world.ledger.snapshot(),
            ("POST", "reset"): self._reset,
            ("POST", "faults"): self._faults,
            ("GET", "clock"): self._clock,
            ("POST", "clock"): self._clock,
            ("POST", "behaviour"): self._behaviour,
            ("POST", "aws"): self._aws,
        }

    def handle(self, request: Request) -> Reply:
        """200 with JSON, 400 with the reason, 404 for another path."""
        call = self._calls.get((request.method, request.path.removeprefix(PREFIX)))
        if call is None:
            return json_reply(404, {"error": "no such control"})
        try:
            return json_reply(200, call(json.loads(request.body) if request.body else {}))
        except (ValueError, TypeError, AttributeError, KeyError) as problem:
            return json_reply(400, {"error": str(problem)})

    def _reset(self, _: object) -> dict[str, Any]:
        self._reset_all()
        return {}

    def _faults(self, asked: list[dict[str, Any]] | dict[str, Any]) -> dict[str, Any]:
        for fault in asked if isinstance(asked, list) else [asked]:
            self._world.faults.add({"service": self._own.name, **fault})
        return {"left": self._world.faults.left}

    def _clock(self, asked: dict[str, Any]) -> dict[str, Any]:
        clock = self._world.clock
        if "speed" in asked:
            clock.speed = float(asked["speed"])
        clock.advance(float(asked.get("advance", 0)))
        return {"now": clock.now(), "speed": clock.speed}

    def _aws(self, asked: dict[str, Any]) -> dict[str, Any]:
        self._reach(str(asked["endpoint"]))
        return {}

    def _behaviour(self, asked: dict[str, Any]) -> dict[str, Any]:
        self._own.configure(asked)
        return {}
