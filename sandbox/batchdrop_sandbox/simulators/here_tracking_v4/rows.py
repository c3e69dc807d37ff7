"""The rows of an upload and the schema that all of them must fit [spec]; an upload with one bad row is refused whole."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from batchdrop_sandbox.simulators.here_tracking_v4.refusals import Refused, bad_request

Row = Mapping[str, Any]

_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_LISTS = ("tags", "rules", "geofences")
_MOST = 10  # [spec] entries of a list
_MOST_IN_AREA = 3  # [spec] geofences of a device in area based mode


@dataclass(frozen=True)
class Variant:
    """One allowed form of a row: its keys say which one it is."""

    name: str
    adds: bool
    required: frozenset[str]
    optional: frozenset[str]

    def fits(self, row: Row) -> bool:
        """Unknown keys are not allowed [spec]."""
        return self.required <= row.keys() <= self.required | self.optional


_ADD = frozenset({"sendMs", "sampleMs", "distanceM", "areaBased", "type", *_LISTS})
_ONLY = frozenset({"unclaimOnly"})
VARIANTS = (
    Variant("unprovisioned", True, frozenset({"name"}), _ADD),
    Variant("provisioned", True, frozenset({"name", "deviceId"}), _ADD),
    Variant("virtual", True, frozenset({"name", "externalId"}), _ADD),
    Variant("cloud", True, frozenset({"name", "externalDeviceId", "connectorId"}), _ADD),
    Variant("physical", False, frozenset({"trackingId"}), _ONLY),
    Variant("virtual", False, frozenset({"externalId"}), _ONLY),
    Variant(
        "cloud", False, frozenset({"connectorId", "externalDeviceId"}), _ONLY | {"removeFromConnectorOnly"}
    ),
)


@dataclass(frozen=True)
class Upload:
    """A checked upload: rows of one kind, each with its variant."""

    adds: bool
    rows: tuple[tuple[Variant, Row], ...]


def check_rows(rows: Iterable[Any], most: int) -> Upload:
    """Raises Refused: none, too many, one that fits no variant, a value out of bounds, or adds beside deletes."""
    found = tuple(_checked(place, row) for place, row in enumerate(rows, 1))
    if not 1 <= len(found) <= most:
        raise Refused(bad_request(f"From 1 to {most} devices are allowed."))
    kinds = {variant.adds for variant, _ in found}
    if len(kinds) > 1:
        raise Refused(bad_request("Adding and deleting devices cannot be mixed."))
    return Upload(kinds.pop(), found)


def _checked(place: int, row: Any) -> tuple[Variant, Row]:
    if not isinstance(row, dict):
        raise Refused(bad_request(f"Device {place} is not an object."))
    variant = next((one for one in VARIANTS if one.fits(row)), None)
    if variant is None:
        raise Refused(bad_request(f"Device {place}: its fields fit no variant."))
    for name, value in row.items():
        if not _RULES.get(name, _is_text)(value):
            raise Refused(bad_request(f"Device {place}: {name} is not valid."))
    if row.get("areaBased") and len(row.get("geofences", ())) > _MOST_IN_AREA:
        raise Refused(bad_request(f"Device {place}: areaBased allows at most {_MOST_IN_AREA} geofences."))
    return variant, row


def _is_text(value: object) -> bool:
    return isinstance(value, str) and 1 <= len(value) <= 50


def _is_amount(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < float("inf")


def _is_flag(value: object) -> bool:
    """A boolean [spec], or the text "true" of the seed's sample."""
    return isinstance(value, bool) or value in ("true", "false")


def is_set(value: object) -> bool:
    """Whether a flag of a row is on."""
    return value is True or value == "true"


def _list_of(fits: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, list) and len(value) <= _MOST and all(map(fits, value))


_is_uuids = _list_of(lambda value: isinstance(value, str) and _UUID.fullmatch(value) is not None)
_RULES: Mapping[str, Callable[[object], bool]] = {
    **dict.fromkeys(("sendMs", "sampleMs", "distanceM"), _is_amount),
    "areaBased": lambda value: isinstance(value, bool),
    **dict.fromkeys(("unclaimOnly", "removeFromConnectorOnly"), _is_flag),
    "tags": _list_of(_is_text),
    "rules": _is_uuids,
    "geofences": _is_uuids,
}
