"""TopoJSON 1.1.0 [spec]: arcs that are not quantized, one for each ring."""

from collections.abc import Mapping
from typing import Any


def topology(collection: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A FeatureCollection of polygons as a Topology with one object."""
    arcs: list[Any] = []
    geometries = []
    for feature in collection["features"]:
        rings = []
        for ring in feature["geometry"]["coordinates"]:
            rings.append([len(arcs)])
            arcs.append(ring)
        geometries.append({"type": "Polygon", "arcs": rings, "properties": feature["properties"]})
    return {
        "type": "Topology",
        "arcs": arcs,
        "objects": {name: {"type": "GeometryCollection", "geometries": geometries}},
    }
