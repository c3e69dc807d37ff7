"""Serve the simulators until told to stop."""

import argparse
import json
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from batchdrop_sandbox.simulators.clock import Clock
from batchdrop_sandbox.simulators.registry import SIMULATORS
from batchdrop_sandbox.simulators.server import SimulatorServer


def serve(
    *, services: Sequence[str] | None = None, speed: float = 1.0, port_file: Path | None = None
) -> None:
    """Serve until SIGTERM or SIGINT; the first line on stdout is one JSON object {service: base URL}.

    `port_file` gets the same object, written whole. Call it from the main thread: it sets signal handlers.
    """
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    with SimulatorServer.start(services=services, clock=Clock(speed=speed)) as server:
        urls = json.dumps(server.urls)
        if port_file:
            unfinished = port_file.with_name(port_file.name + ".new")
            unfinished.write_text(urls + "\n", encoding="utf-8")
            unfinished.replace(port_file)
        sys.stdout.write(urls + "\n")
        sys.stdout.flush()
        over.wait()


def main(arguments: Sequence[str] | None = None) -> int:
    """`python -m batchdrop_sandbox.simulators`."""
    parser = argparse.ArgumentParser(
        prog="python -m batchdrop_sandbox.simulators", description="Serve the simulated batch services."
    )
    parser.add_argument("--port-file", type=Path, help="also write the JSON object there")
    parser.add_argument("--speed", type=float, default=1.0, help="seconds of the services' clock a second")
    parser.add_argument(
        "--service", action="append", choices=sorted(SIMULATORS), help="only these; all by default"
    )
    asked = parser.parse_args(arguments)
    serve(services=asked.service, speed=asked.speed, port_file=asked.port_file)
    return 0
