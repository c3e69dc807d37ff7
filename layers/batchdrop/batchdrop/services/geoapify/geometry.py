"""Geometry of Geoapify answers as WKT, digits as the service wrote them. Longitude first, as in WKT."""

from __future__ import annotations

from typing import Any


class OddGeometry(ValueError):
    """The geometry does not have the agreed form."""


def wkt(geometry: Any) -> str:
    """WKT of a GeoJSON geometry, or of the nested list of lines that routing answers in format json.

    Empty text for no geometry. Raises OddGeometry. Sources: [spec] routing, isoline, boundaries.
    """
    if isinstance(geometry, list):
        geometry = {"type": "MultiLineString", "coordinates": geometry}
    if not geometry:
        return ""
    if not isinstance(geometry, dict) or geometry.get("type") not in _KINDS:
        raise OddGeometry
    name, depth, missing = _KINDS[geometry["type"]]
    coordinates = geometry.get("coordinates")
    for _ in range(missing if coordinates else 0):
        coordinates = [coordinates]
    return f"{name} {_nested(coordinates, depth)}" if coordinates else ""


_KINDS = {
    "Point": ("POINT", 1, 1),
    "LineString": ("MULTILINESTRING", 2, 1),
    "MultiLineString": ("MULTILINESTRING", 2, 0),
    "Polygon": ("POLYGON", 2, 0),
    "MultiPolygon": ("MULTIPOLYGON", 3, 0),
}
"""GeoJSON type → WKT word, levels of brackets, levels to add: a route is always a MULTILINESTRING, one line per leg."""


def _nested(part: Any, depth: int) -> str:
    """Positions in `depth` levels of brackets."""
    if depth == 0:
        return _position(part)
    if not isinstance(part, list) or not part:
        raise OddGeometry
    return f"({', '.join(_nested(inner, depth - 1) for inner in part)})"


def _position(point: Any) -> str:
    """`lon lat` of [lon, lat, …] or {"lon", "lat"} (format json, seen in public clients [client])."""
    if isinstance(point, dict):
        point = [point.get("lon"), point.get("lat")]
    if not isinstance(point, list) or len(point) < 2:
        raise OddGeometry
    lon, lat = point[0], point[1]
    if not isinstance(lon, str) or not isinstance(lat, str):  # numbers are kept as their text
        raise OddGeometry
    return f"{lon} {lat}"
