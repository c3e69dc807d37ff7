"""Play every scenario with the code that is imported, and write each new state on the way to a file of its own."""

from __future__ import annotations

import gzip
import json
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import batchdrop
from batchdrop.observe import logger
from tests.faults.execution import definition
from tests.faults.region import Region
from tests.upgrades import snapshot
from tests.upgrades.scenarios import SCENARIOS, set_route
from tests.upgrades.services import KINDS, make_answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.upgrades.scenarios import Scenario


class Recorder:
    """Keeps a snapshot of every state that shows something new: see `snapshot.list_facets`."""

    def __init__(self) -> None:
        self.found: dict[str, dict[str, Any]] = {}
        self._seen: set[tuple[str, str]] = set()

    def play(self, scenario: Scenario, kind: str) -> None:
        """Play one scenario. A state is looked for after every step of the region, and around every effect."""
        region = Region(KINDS[kind], options=scenario.options)
        region.world.shop.answer = make_answer
        set_route(region)

        def keep() -> None:
            facets = {(kind, facet) for facet in snapshot.list_facets(region)}
            name = snapshot.name_state(region)
            if facets - self._seen and (not scenario.keeps or any(part in name for part in scenario.keeps)):
                self._seen |= facets
                taken = {"scenario": scenario.name, **snapshot.take(region, kind)}
                self.found[f"{kind}.{name}"] = json.loads(json.dumps(taken))

        def probe(_name: str, act: Callable[[], Any]) -> Any:
            keep()
            answer = act()
            keep()
            return answer

        region.probe = probe
        step = region.step

        def step_and_keep() -> bool:
            going = step()
            keep()
            return going

        region.step = step_and_keep  # type: ignore[method-assign]  # the region is this recorder's own
        scenario.play(region)
        keep()


def main(folder: Path, revision: str) -> None:
    """Write the states of this code to the folder."""
    logger.setLevel(logging.CRITICAL)
    recorder = Recorder()
    for scenario in SCENARIOS:
        for kind in scenario.kinds:
            try:
                recorder.play(scenario, kind)
            except Exception as error:  # noqa: BLE001  # older code may not know what a scenario asks for: said, and left out
                sys.stdout.write(f"{scenario.name} with {kind}: {type(error).__name__}: {error}\n")
    folder.mkdir(parents=True, exist_ok=True)
    for name, taken in recorder.found.items():
        text = json.dumps({"revision": revision, **taken}, ensure_ascii=False, separators=(",", ":"))
        (folder / f"{name}.json.gz").write_bytes(gzip.compress(text.encode(), mtime=0))
    machine = json.dumps(definition(), separators=(",", ":"))
    (folder / snapshot.MACHINE).write_bytes(gzip.compress(machine.encode(), mtime=0))
    sys.stdout.write(f"{len(recorder.found)} states of {Path(batchdrop.__file__).parent}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
