"""The simulators on 127.0.0.1: each service has its own port."""

import threading
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from batchdrop_sandbox.simulators.clock import Clock
from batchdrop_sandbox.simulators.control import PREFIX, Control
from batchdrop_sandbox.simulators.faults import Faults
from batchdrop_sandbox.simulators.keys import Keys
from batchdrop_sandbox.simulators.ledger import Ledger
from batchdrop_sandbox.simulators.registry import SIMULATORS
from batchdrop_sandbox.simulators.reply import Reply, Request
from batchdrop_sandbox.simulators.ringing import Ringer
from batchdrop_sandbox.simulators.wire import Wire
from batchdrop_sandbox.simulators.world import World

if TYPE_CHECKING:
    from batchdrop_sandbox.simulators.behaviour import Behaviour

_TICK = 0.1  # seconds between two looks at what is due, so that webhooks ring without anybody asking


class SimulatorServer:
    """Serves simulated services until stopped; a context manager.

    `urls` maps service → base URL; `behaviours`, `ledger`, `faults` and `clock` are the live ones.
    """

    def __init__(self, world: World, services: Iterable[str], over: threading.Event) -> None:
        self._ringer = Ringer()
        self.world = replace(world, ring=self._ringer.ring)
        self.clock, self.ledger, self.faults = world.clock, world.ledger, world.faults
        self.behaviours: dict[str, Behaviour[Any]] = {
            name: SIMULATORS[name].build(self.world) for name in services
        }
        self._wires = {name: Wire(partial(self._handle, name)) for name in self.behaviours}
        self._controls = {
            name: Control(self.world, own, self.reset, self.reach) for name, own in self.behaviours.items()
        }
        self.urls = {name: wire.origin + SIMULATORS[name].base_path for name, wire in self._wires.items()}
        self._over = over
        self._ticker = threading.Thread(target=self._tick, name="simulators", daemon=True)

    @classmethod
    def start(
        cls,
        services: Iterable[str] | None = None,
        clock: Clock | None = None,
        keys: Keys | None = None,
        ledger: Ledger | None = None,
        faults: Faults | None = None,
    ) -> Self:
        """Open the ports and serve in the background; all services unless some are named.

        Raises KeyError for a service that is not simulated.
        """
        books = ledger or Ledger()
        over = threading.Event()
        world = World(
            clock=clock or Clock(),
            ledger=books,
            # a delay ends when the server does
            faults=faults or Faults(wait=over.wait, report=books.faulted),
            keys=keys or Keys(),
        )
        server = cls(world, SIMULATORS if services is None else services, over)
        for wire in server._wires.values():
            wire.open()
        server._ticker.start()
        return server

    def stop(self) -> None:
        """Close every port and connection; returns when all threads have ended."""
        self._over.set()
        for wire in self._wires.values():
            wire.close()
        self._ticker.join()
        self._ringer.stop()

    def reset(self) -> None:
        """Forget all jobs, settings, faults and the ledger, of every service; the clock goes on."""
        for behaviour in self.behaviours.values():
            behaviour.reset()
        self.faults.clear()
        self.ledger.reset()

    def reach(self, aws: str) -> None:
        """The endpoint of the local AWS, where the host names of API Gateway are found: see Ringer."""
        self._ringer.reach(aws)

    def __enter__(self) -> Self:
        """The running server."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()

    def _handle(self, name: str, request: Request) -> Reply:
        if request.path.startswith(PREFIX):
            return self._controls[name].handle(request)
        return SIMULATORS[name].handle(self.behaviours[name], request)

    def _tick(self) -> None:
        while not self._over.wait(_TICK):
            for behaviour in self.behaviours.values():
                behaviour.settle()
