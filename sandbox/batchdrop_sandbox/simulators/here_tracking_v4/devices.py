"""The devices of a project: adding and deleting changes them for good, until a reset."""

import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from batchdrop_sandbox.simulators.here_tracking_v4.rows import Row, Variant, is_set

_IDS = ("deviceId", "externalId", "externalDeviceId", "connectorId")
_Ids = tuple[str | None, frozenset[tuple[str, str]]]


class RowFailed(Exception):
    """A row changes nothing; it becomes an error inside the results."""

    def __init__(self, code: int, message: str, details: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.details = details


@dataclass(frozen=True)
class Device:
    """One device; `ids` are those of deviceId, externalId, externalDeviceId and connectorId that it has."""

    tracking_id: str
    name: str
    ids: Mapping[str, str]
    rest: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Change:
    """What a row did: the ids that go into its result, and complaints beside them."""

    shown: Mapping[str, str]
    problems: tuple[RowFailed, ...] = ()


class Devices:
    """All projects' devices. Not thread-safe: its owner holds the lock."""

    def __init__(self) -> None:
        self._projects: dict[str, dict[str, Device]] = {}
        self._names: set[tuple[str, str]] = set()
        self._by_ids: dict[_Ids, str] = {}
        self._unprovisioned: set[str] = set()

    def of(self, project: str) -> tuple[Device, ...]:
        """The devices of a project."""
        return tuple(self._projects.get(project, {}).values())

    def add(self, project: str, row: Row, variant: Variant, unknown: tuple[str, ...]) -> Change:
        """Add one device. Raises RowFailed: a name or id that is taken, a deviceId or connector that does not exist.

        Rules and geofences that are `unknown` are left out with a complaint: partially succeeded [assumed].
        """
        ids = {name: row[name] for name in _IDS if name in row}
        self._refuse_taken(project, row["name"], ids, unknown)
        secret = {}
        if variant.name == "unprovisioned":  # [spec] HERE creates the device
            ids, secret = {"deviceId": str(uuid.uuid4())}, {"deviceSecret": secrets.token_urlsafe(32)}
        absent = [one for name in ("rules", "geofences") for one in row.get(name, ()) if one in unknown]
        device = Device(f"HERE-{uuid.uuid4()}", row["name"], ids, dict(row))
        self._keep(project, device)
        shown = {"name": device.name, **ids, **secret, "trackingId": device.tracking_id}
        return Change(
            shown, tuple(RowFailed(404, "Not associated.", f"{one} does not exist") for one in absent)
        )

    def delete(self, project: str, row: Row) -> Change:
        """Delete one device. Raises RowFailed: it is not there.

        `unclaimOnly` leaves it provisioned, so that its deviceId can be claimed again; `removeFromConnectorOnly`
        leaves the device and takes only the connector's part away [seed].
        """
        wanted = identifiers(row)
        tracking_id = wanted.get("trackingId") or self._by_ids.get(_key(project, wanted), "")
        device = self._projects.get(project, {}).get(tracking_id)
        if device is None:
            raise RowFailed(404, "Device not found.", "There is no such device in the project")
        self._drop(project, device)
        if is_set(row.get("removeFromConnectorOnly")):
            self._keep(project, replace(device, ids={}))
        elif "deviceId" in device.ids and not is_set(row.get("unclaimOnly")):
            self._unprovisioned.add(device.ids["deviceId"])
        return Change(wanted)

    def clear(self) -> None:
        """Forget all devices."""
        self._projects.clear()
        self._names.clear()
        self._by_ids.clear()
        self._unprovisioned.clear()

    def _refuse_taken(
        self, project: str, name: str, ids: Mapping[str, str], unknown: tuple[str, ...]
    ) -> None:
        if (project, name) in self._names:  # [spec] unique in the project
            raise RowFailed(400, "Name is not unique.", "A device of the project has this name")
        if ids.get("connectorId") in unknown:
            raise RowFailed(404, "Connector not found.", "There is no such connector in the project")
        if ids.get("deviceId") in self._unprovisioned:
            raise RowFailed(404, "Device not found.", "The device was unprovisioned")
        if ids and _key(project, ids) in self._by_ids:
            raise RowFailed(409, "Device is already claimed.", "Another device has these ids")

    def _keep(self, project: str, device: Device) -> None:
        self._projects.setdefault(project, {})[device.tracking_id] = device
        self._names.add((project, device.name))
        if device.ids:
            self._by_ids[_key(project, device.ids)] = device.tracking_id

    def _drop(self, project: str, device: Device) -> None:
        del self._projects[project][device.tracking_id]
        self._names.discard((project, device.name))
        self._by_ids.pop(_key(project, device.ids), None)


def identifiers(row: Row) -> dict[str, str]:
    """The ids that a row itself names."""
    return {name: row[name] for name in ("name", *_IDS, "trackingId") if name in row}


def _key(project: str, ids: Mapping[str, str]) -> _Ids:
    """A deviceId is unique in all projects, other ids in their own [assumed]."""
    return (None if "deviceId" in ids else project), frozenset(ids.items())
