"""Devices to add or delete: cells, or an object somebody wrote, as one checked object. What is sent is its JSON.

What a device may hold is Tracking's schema [spec, docs/services/here_tracking_v4.md]; an upload with one bad row would be refused
whole, so a bad one is found here.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from batchdrop.ports import Takes
from batchdrop.problems import Problem, problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

LONGEST = 50
"""Characters of a name or an id."""
MOST = 10
"""Entries of a list."""
MOST_IN_AREA = 3
"""Geofences of a device in area based mode."""

LISTS: Mapping[str, str] = MappingProxyType({"tag": "tags", "rule": "rules", "geofence": "geofences"})
"""The word before the colon of a column like `tag:food` → the list it fills."""

_NUMBER = re.compile(r"\+?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_LONGEST_NUMBER = 40
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_FLAGS: Mapping[str, bool] = MappingProxyType(
    {"": False, "0": False, "false": False, "1": True, "true": True}
)
_IDS = ("trackingId", "deviceId", "externalId", "externalDeviceId", "connectorId")


class _Bad(Exception):
    """A value that is not allowed. The value itself is not kept: it is the user's data."""

    def __init__(self, found: Problem) -> None:
        super().__init__(found.code)
        self.problem = found


def _bad(code: str, field: str, **more: Any) -> _Bad:
    return _Bad(problem(code, column=field, name=field, **more))


# which ids a record may have, beside `name` when it is one to add
_CLOUD = frozenset({"externalDeviceId", "connectorId"})
_ADDS = (frozenset[str](), frozenset({"deviceId"}), frozenset({"externalId"}), _CLOUD)
_DELETES = (frozenset({"trackingId"}), frozenset({"externalId"}), _CLOUD)


def listed(name: str) -> tuple[str, str] | None:
    """`tag` and `food` of a column `tag:food`; None for any other column."""
    word, colon, entry = name.partition(":")
    word, entry = word.strip().lower(), entry.strip()
    return (word, entry) if colon and word in LISTS and entry else None


def checked(device: Mapping[str, Any], takes: Takes) -> dict[str, str] | Problem:
    """The field `device` to send, compact JSON; or a Problem with the name of the device's field as its column.

    takes: DEVICE or DEVICE_DELETE. Null and false are the same as not given. Codes: DEVICE_VARIANT, WRONG_TYPE,
    NAME_LENGTH, NOT_A_NUMBER, NUMBER_RANGE, NOT_A_UUID, TOO_MANY_TAGS, AREA_GEOFENCES.
    """
    rules = _RULES[takes]
    if not device.keys() <= rules.keys():
        return problem("DEVICE_VARIANT", forms=_FORMS[takes])
    try:
        given = {field: rule(field, device.get(field)) for field, rule in rules.items()}
    except _Bad as bad:
        return bad.problem
    made = {field: value for field, value in given.items() if not _is_nothing(value)}
    if not _fits(made, takes):
        return problem("DEVICE_VARIANT", forms=_FORMS[takes])
    if made.get("areaBased") and len(made.get("geofences", ())) > MOST_IN_AREA:
        return problem("AREA_GEOFENCES", column="geofences", limit=MOST_IN_AREA)
    return {"device": json.dumps(made, ensure_ascii=False, separators=(",", ":"))}


def maker(
    at: Mapping[str, int], mapping: Mapping[str, str], takes: Takes
) -> Callable[[Sequence[str]], dict[str, str] | Problem]:
    """Makes records of cells. at, mapping: the place and the name of each field's column; a field may be `tag:food`."""
    columns = [(field, place, listed(field)) for field, place in at.items()]

    def make(cells: Sequence[str]) -> dict[str, str] | Problem:
        device: dict[str, Any] = {}
        for field, place, entry in columns:
            text = cells[place].strip()
            if entry is None:
                if text:
                    device[field] = _READ.get(field, str)(text)
            elif text.lower() not in _FLAGS:
                return problem("WRONG_TYPE", column=mapping[field], name=mapping[field], kind="1 or empty")
            elif _FLAGS[text.lower()]:
                device.setdefault(LISTS[entry[0]], []).append(entry[1])
        made = checked(device, takes)
        return _in_column(made, mapping) if isinstance(made, Problem) else made

    return make


def _in_column(found: Problem, mapping: Mapping[str, str]) -> Problem:
    """The problem in the words of the file: its own column's name."""
    column = mapping.get(found.column or "", found.column)
    return replace(found, column=column)


def _is_nothing(value: Any) -> bool:
    return value is None or value is False or value == []


def _fits(made: Mapping[str, Any], takes: Takes) -> bool:
    ids = frozenset(made.keys() & set(_IDS))
    if takes is Takes.DEVICE:
        return "name" in made and ids in _ADDS
    return ids in _DELETES and (ids == _CLOUD or "removeFromConnectorOnly" not in made)


# cells


def _numeral(text: str) -> int | float | str:
    """The number a cell holds; the text itself when it holds none, which the schema then refuses."""
    plain = text.removeprefix("-")
    if len(text) > _LONGEST_NUMBER or not _NUMBER.fullmatch(plain) or text.startswith("-+"):
        return text
    return int(text) if plain.removeprefix("+").isdigit() else float(text)


def _entries(text: str) -> list[str]:
    return [entry.strip() for entry in text.split("|") if entry.strip()]


_READ: Mapping[str, Callable[[str], Any]] = MappingProxyType(
    {
        **dict.fromkeys(("sendMs", "sampleMs", "distanceM"), _numeral),
        **dict.fromkeys(
            ("areaBased", "unclaimOnly", "removeFromConnectorOnly"),
            lambda text: _FLAGS.get(text.lower(), text),
        ),
        **dict.fromkeys(LISTS.values(), _entries),
    }
)


# values, whoever wrote them


def _text(field: str, value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise _bad("WRONG_TYPE", field, kind="a text")
    if not 1 <= len(value) <= LONGEST:
        raise _bad("NAME_LENGTH", field, limit=LONGEST)
    return value


def _amount(field: str, value: Any) -> int | float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise _bad("NOT_A_NUMBER", field, hint="")
    if value < 0:
        raise _bad("NUMBER_RANGE", field)
    return value


def _flag(field: str, value: Any) -> bool:
    """A boolean, or its word: the seed's sample writes "true" [seed]."""
    if value is None or isinstance(value, bool):
        return bool(value)
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise _bad("WRONG_TYPE", field, kind="true or false")


def _list(field: str, value: Any, check: Callable[[str, Any], str | None]) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise _bad("WRONG_TYPE", field, kind="a list")
    entries = list(dict.fromkeys(_each(field, value, check)))
    if len(entries) > MOST:
        raise _bad("TOO_MANY_TAGS", field, count=len(entries), limit=MOST)
    return entries


def _each(field: str, entries: list[Any], check: Callable[[str, Any], str | None]) -> Iterable[str]:
    for entry in entries:
        text = check(field, entry)
        if text is None:
            raise _bad("WRONG_TYPE", field, kind="a list of texts")
        yield text


def _uuid(field: str, value: Any) -> str:
    if not isinstance(value, str) or not _UUID.fullmatch(value):
        raise _bad("NOT_A_UUID", field)
    return value


def _texts(field: str, value: Any) -> list[str]:
    return _list(field, value, _text)


def _uuids(field: str, value: Any) -> list[str]:
    return _list(field, value, _uuid)


_RULES: Mapping[Takes, Mapping[str, Callable[[str, Any], Any]]] = MappingProxyType(
    {
        Takes.DEVICE: {
            **dict.fromkeys(("name", *_IDS[1:]), _text),
            **dict.fromkeys(("sendMs", "sampleMs", "distanceM"), _amount),
            "areaBased": _flag, "type": _text, "tags": _texts, "rules": _uuids, "geofences": _uuids,
        },
        Takes.DEVICE_DELETE: {
            **dict.fromkeys((_IDS[0], *_IDS[2:]), _text),
            **dict.fromkeys(("unclaimOnly", "removeFromConnectorOnly"), _flag),
        },
    }
)  # fmt: skip
FIELDS: Mapping[Takes, tuple[str, ...]] = MappingProxyType(
    {takes: tuple(rules) for takes, rules in _RULES.items()}
)
"""The fields of a device to add and of one to delete."""

_FORMS: Mapping[Takes, str] = MappingProxyType(
    {
        Takes.DEVICE: "name alone, or name with deviceId, with externalId, or with externalDeviceId and connectorId",
        Takes.DEVICE_DELETE: "trackingId, externalId, or externalDeviceId and connectorId "
        "(removeFromConnectorOnly with these two only)",
    }
)
