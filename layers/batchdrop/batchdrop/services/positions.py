"""Whether two texts are a position. Pure."""

from __future__ import annotations


def is_position(lat: str, lon: str) -> bool:
    """Whether both are numbers in their ranges: -90 to 90 and -180 to 180."""
    try:
        return -90 <= float(lat) <= 90 and -180 <= float(lon) <= 180 and "_" not in lat + lon
    except ValueError:
        return False
