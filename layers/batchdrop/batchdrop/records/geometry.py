"""Well-known text to GeoJSON, digit by digit. Pure.

A position is two or three numbers, longitude first in both forms (OGC 06-103r4; RFC 7946). Only the kinds that services
answer with: POINT, LINESTRING, POLYGON, MULTILINESTRING, MULTIPOLYGON.
"""

from __future__ import annotations

import re

NUMBER = r"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?"
"""A number as JSON writes it."""

_POSITION = re.compile(rf"({NUMBER}) ({NUMBER})(?: ({NUMBER}))?")
_KINDS = {
    "POINT": ("Point", 0),
    "LINESTRING": ("LineString", 1),
    "MULTILINESTRING": ("MultiLineString", 2),
    "POLYGON": ("Polygon", 2),
    "MULTIPOLYGON": ("MultiPolygon", 3),
}


def _grammar(depth: int) -> re.Pattern[str]:
    """Positions in `depth` levels of lists; possessive, so that time is linear."""
    part = rf"{NUMBER} {NUMBER}(?: {NUMBER})?"
    for _ in range(depth):
        part = rf"\((?:{part}(?:, ?(?=[-0-9(])|(?=\))))++\)"
    return re.compile(part if depth else rf"\({part}\)")


_GRAMMARS = {depth: _grammar(depth) for depth in range(4)}


def to_geojson(text: str) -> str:
    """The GeoJSON geometry, as compact JSON text with the same digits. Raises ValueError for anything else."""
    word, _, lists = text.partition(" ")
    if word not in _KINDS:
        raise ValueError("not a geometry that is known")
    name, depth = _KINDS[word]
    if not _GRAMMARS[depth].fullmatch(lists):
        raise ValueError("not the well-known text of a geometry")
    arrays = _POSITION.sub(_array, lists).translate(_BRACKETS)
    return f'{{"type":"{name}","coordinates":{arrays if depth else arrays[1:-1]}}}'


_BRACKETS = str.maketrans({"(": "[", ")": "]", " ": None})


def _array(found: re.Match[str]) -> str:
    return "[" + ",".join(filter(None, found.groups())) + "]"
