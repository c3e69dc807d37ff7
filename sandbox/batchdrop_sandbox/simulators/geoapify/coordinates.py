"""Locations in a JSON body: [lon, lat] pairs, checked."""

from typing import Any

from batchdrop_sandbox.simulators.geoapify.api import Params, Refused

Point = tuple[float, float]  # lat, lon


def locations(body: Params, name: str, least: int) -> list[Point]:
    """`[{"location": [lon, lat]}, …]` of a body. Raises Refused."""
    rows = body.get(name)
    if not isinstance(rows, list) or len(rows) < least:
        raise Refused(400, f'"{name}" must contain at least {least} items')
    return [_point(row, f"{name}[{index}]") for index, row in enumerate(rows)]


def _point(row: Any, where: str) -> Point:
    return point_of(row.get("location") if isinstance(row, dict) else None, f"{where}.location")


def point_of(location: Any, where: str) -> Point:
    """One `[lon, lat]` of a body. Raises Refused."""
    if not isinstance(location, list) or len(location) != 2 or not all(map(_is_number, location)):
        raise Refused(400, f'"{where}" must be [lon, lat]')
    lon, lat = location
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise Refused(400, f'"{where}" is outside the world')
    return float(lat), float(lon)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
