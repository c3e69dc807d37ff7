"""The two bulk jobs of Tracking and the columns their answers have."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from batchdrop.ports import Api, Price, Takes

if TYPE_CHECKING:
    from collections.abc import Mapping

_PRICE = Price(
    unit="devices", per_record=1.0, dated="2023"
)  # no price of a bulk job is published: devices are counted

_IDS: Mapping[str, str] = MappingProxyType(
    {
        "bd_trackingId": "trackingId",
        "bd_deviceId": "deviceId",
        "bd_externalId": "externalId",
        "bd_externalDeviceId": "externalDeviceId",
        "bd_connectorId": "connectorId",
    }
)

FIELDS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "devices": MappingProxyType({**_IDS, "bd_deviceSecret": "deviceSecret"}),
        "delete": _IDS,
    }
)
"""API → our column → field of an item of the results [spec]. `deviceSecret` is the credential of a new device."""

COMPLAINTS = ("bd_code", "bd_message")
"""The last columns of both APIs: what the service complains of in a row that it did all the same."""

KINDS: Mapping[str, str] = MappingProxyType({"devices": "create", "delete": "delete"})
"""API → `type` of a job in lists [spec]."""

APIS: Mapping[str, Api] = MappingProxyType(
    {
        name: Api(name, takes, (*FIELDS[name], *COMPLAINTS), _PRICE, dedupe=False)
        for name, takes in (("devices", Takes.DEVICE), ("delete", Takes.DEVICE_DELETE))
    }
)
"""Equal records are not merged: a device is named once, and a second record of its name is the service's to refuse."""
