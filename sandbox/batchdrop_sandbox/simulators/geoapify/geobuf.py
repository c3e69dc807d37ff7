"""Geobuf, GeoJSON as protocol buffers: polygons with plain properties, as an isoline has them.

The format is that of mapbox/geobuf, geobuf.proto [spec].
"""

import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from batchdrop_sandbox.simulators.reply import to_json

_POLYGON = 4
_DIGITS = 6  # the format's default precision


def encode(collection: Mapping[str, Any]) -> bytes:
    """A FeatureCollection of polygons as geobuf."""
    keys: dict[str, int] = {}
    digits = _precision(collection)
    features = [_field(1, _feature(one, keys, 10**digits)) for one in collection["features"]]
    custom = _properties(collection, keys, values=13, pairs=15, skip=("type", "features"))
    names = b"".join(_field(1, name.encode()) for name in keys)
    precision = b"" if digits == _DIGITS else _number(3, digits)
    return names + precision + _field(4, b"".join(features) + custom)


def _precision(collection: Mapping[str, Any]) -> int:
    """How many digits every coordinate needs, at most six."""
    rings = (ring for one in collection["features"] for ring in one["geometry"]["coordinates"])
    numbers = [number for ring in rings for point in ring for number in point]
    return next(
        (digits for digits in range(_DIGITS) if all(round(one, digits) == one for one in numbers)), _DIGITS
    )


def _feature(feature: Mapping[str, Any], keys: dict[str, int], factor: int) -> bytes:
    own = _properties(feature["properties"], keys, values=13, pairs=14)
    return _field(1, _polygon(feature["geometry"]["coordinates"], factor)) + own


def _polygon(rings: Sequence[Sequence[Sequence[float]]], factor: int) -> bytes:
    """Rings are open, and each point is the difference from the one before it."""
    lengths = [len(ring) - 1 for ring in rings]
    deltas = []
    for ring in rings:
        before = (0, 0)
        for point in ring[:-1]:
            now = (round(point[0] * factor), round(point[1] * factor))
            deltas += [now[0] - before[0], now[1] - before[1]]
            before = now
    counts = _packed(2, lengths) if len(lengths) > 1 else b""
    return _number(1, _POLYGON) + counts + _packed(3, map(_zigzag, deltas))


def _properties(
    holder: Mapping[str, Any], keys: dict[str, int], *, values: int, pairs: int, skip: Sequence[str] = ()
) -> bytes:
    written, indexes = b"", []
    for place, name in enumerate(name for name in holder if name not in skip):
        written += _field(values, _value(holder[name]))
        indexes += [keys.setdefault(name, len(keys)), place]
    return written + (_packed(pairs, indexes) if indexes else b"")


def _value(value: Any) -> bytes:
    if isinstance(value, str):
        return _field(1, value.encode())
    if isinstance(value, bool):
        return _number(5, int(value))
    if isinstance(value, int):
        return _number(3, value) if value >= 0 else _number(4, -value)
    if isinstance(value, float):
        return _key(2, 1) + struct.pack("<d", value)
    return _field(6, to_json(value))


def _key(number: int, wire: int) -> bytes:
    return _varint(number << 3 | wire)


def _number(number: int, value: int) -> bytes:
    return _key(number, 0) + _varint(value)


def _field(number: int, body: bytes) -> bytes:
    return _key(number, 2) + _varint(len(body)) + body


def _packed(number: int, values: Iterable[int]) -> bytes:
    return _field(number, b"".join(map(_varint, values)))


def _zigzag(value: int) -> int:
    return value << 1 if value >= 0 else (-value << 1) - 1


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
