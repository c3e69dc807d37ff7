"""Makes report/outline.json, the outline of the world under the map of a job report, from Natural Earth's data.

    npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz
    .venv/bin/python -m tests.docs.outline package/countries-110m.json

The file holds numbers only: rings of land and lines of borders, in hundredths of a degree, each as its first position and
the steps from there.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

OUTLINE = Path(__file__).parents[2] / "layers/batchdrop/batchdrop/report/outline.json"
ATTRIBUTION = "Made with Natural Earth (naturalearthdata.com, public domain), 1:110m, release 4.1; by way of world-atlas 2.0.2"

Line = list[tuple[int, int]]


def arcs_of(topology: dict[str, Any]) -> list[Line]:
    """The arcs of a TopoJSON file, in hundredths of a degree."""
    (scale_x, scale_y), (left, bottom) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for arc in topology["arcs"]:
        x = y = 0
        line = []
        for step_x, step_y in arc:
            x, y = x + step_x, y + step_y
            line.append((round(100 * (x * scale_x + left)), round(100 * (y * scale_y + bottom))))
        arcs.append(line)
    return arcs


def joined(arcs: list[Line], numbers: list[int]) -> Line:
    """Arcs one after another; ~n is arc n backwards."""
    line: Line = []
    for number in numbers:
        arc = arcs[number] if number >= 0 else arcs[~number][::-1]
        line += arc[1:] if line else arc
    return line


def unwrapped(ring: Line) -> Line:
    """The ring without jumps over the date line: it goes on beyond 180 degrees. One around the pole is closed below it."""
    line, shift = [ring[0]], 0
    for (before, _), (x, y) in pairwise(ring):
        if abs(x - before) > 18000:
            shift += 36000 if x < before else -36000
        line.append((x + shift, y))
    if line[0] != line[-1]:
        line += [(line[-1][0], -9000), (line[0][0], -9000)]
    return line


def steps(line: Line) -> list[int]:
    """The first position and the steps from there, as one list; steps of nothing are left out."""
    found = list(line[0])
    for (x, y), (next_x, next_y) in pairwise(line):
        if (x, y) != (next_x, next_y):
            found += (next_x - x, next_y - y)
    return found


def main(source: str) -> None:
    """Write the file."""
    topology = json.loads(Path(source).read_text())
    arcs = arcs_of(topology)
    land = [ring for polygon in topology["objects"]["land"]["geometries"][0]["arcs"] for ring in polygon]
    used: Counter[int] = Counter()
    for country in topology["objects"]["countries"]["geometries"]:
        polygons = [country["arcs"]] if country["type"] == "Polygon" else country["arcs"]
        used.update({max(arc, ~arc) for polygon in polygons for ring in polygon for arc in ring})
    outline = {
        "attribution": ATTRIBUTION,
        "land": [steps(unwrapped(joined(arcs, ring))) for ring in land],
        "borders": [steps(arcs[arc]) for arc, times in sorted(used.items()) if times > 1],
    }
    OUTLINE.write_text(json.dumps(outline, separators=(",", ":")).replace("],[", "],\n[") + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
