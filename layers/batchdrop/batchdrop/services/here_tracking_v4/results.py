"""Items of Tracking's results as outcomes. Pure.

Results carry no row number [spec], so an item belongs to the record whose name or ids it repeats. Of records that are
equal in all of these the first takes the first item: which is which nobody can tell.
"""

from __future__ import annotations

import json
from collections import deque
from typing import TYPE_CHECKING, Any

from batchdrop.ports import Outcome, OutcomeKind
from batchdrop.redaction import redact
from batchdrop.services.here_tracking_v4.apis import FIELDS
from batchdrop.services.json_items import OddItem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batchdrop.ports import Batch

_KEYS = ("name", "trackingId", "deviceId", "externalId", "externalDeviceId")
"""By which an item is looked up, the surest first. connectorId alone names no device."""

NAMES = (*_KEYS, "connectorId")
"""What may name a record in an item."""

_NOBODY: deque[int] = deque()
_LONGEST = 1000  # characters of a message
_NO_WORDS = "The service could not process this record."


class Records:
    """The batch's records, and which of them are still without an item."""

    def __init__(self, batch: Batch) -> None:
        self._api = batch.api
        self._sent: dict[int, dict[str, str]] = {}
        self._waiting: dict[tuple[str, str], deque[int]] = {}
        for query in batch.queries():
            device = json.loads(query.fields["device"])
            named = {name: device[name] for name in NAMES if name in device}
            self._sent[query.ordinal] = named
            for key in _KEYS:
                if key in named:
                    self._waiting.setdefault((key, named[key]), deque()).append(query.ordinal)

    def outcome(self, item: Any) -> Outcome | OddItem:
        """The outcome an item stands for; an OddItem for one of another form, of no record, or of one that is answered already."""
        if isinstance(item, OddItem):
            return item
        errors = item.get("errors") if isinstance(item, dict) else None
        if not isinstance(item, dict) or not isinstance(errors or [], list):
            return OddItem("it does not have the agreed form")
        said = {name: str(item[name]) for name in NAMES if _is_text(item.get(name))}
        if not said.keys() & set(_KEYS):
            return OddItem("it names no device")
        ordinal = self._whose(said)
        if ordinal is None:
            return OddItem("it is about a record that was not sent, or is answered already")
        sent = self._sent.pop(ordinal)
        code, message = _complaint(errors or [])
        if (errors or []) and not self._done(item, sent):
            return Outcome(ordinal, OutcomeKind.FAILED, code, message)
        ids = (item.get(field) for field in FIELDS[self._api].values())
        row = (*(value if isinstance(value, str) else "" for value in ids), code, message)
        return Outcome(ordinal, OutcomeKind.MATCHED, code, message, answers=(row,))

    def _whose(self, said: Mapping[str, str]) -> int | None:
        for key in _KEYS:
            waiting = self._waiting.get((key, said.get(key, "")), _NOBODY)
            while waiting and waiting[0] not in self._sent:
                waiting.popleft()
            for ordinal in waiting:
                if ordinal in self._sent and _agree(said, self._sent[ordinal]):
                    return ordinal
        return None

    def _done(self, item: Mapping[str, Any], sent: Mapping[str, str]) -> bool:
        """Whether a row with errors was done all the same: it has ids that were not ours, so the device is there.

        A deletion has no such sign, and a device that may still be there counts as not deleted.
        """
        if self._api == "delete":
            return False
        return any(_is_text(item.get(field)) and field not in sent for field in FIELDS[self._api].values())


def _agree(said: Mapping[str, str], sent: Mapping[str, str]) -> bool:
    """Whether nothing in an item speaks against a record. A service may write an id's letters in its own case."""
    return all(said[name].casefold() == sent[name].casefold() for name in said.keys() & sent.keys())


def _complaint(errors: list[Any]) -> tuple[str, str]:
    """The first error's code, and all messages with their details [spec: code (int), message, details (string)]."""
    if not errors:
        return "", ""
    found = [error for error in errors if isinstance(error, dict)]
    codes = [str(error["code"]) for error in found if isinstance(error.get("code"), str | int)]
    texts = [
        f"{error['message']} ({error['details']})" if _is_text(error.get("details")) else error["message"]
        for error in found
        if _is_text(error.get("message"))
    ]
    return (codes or ["SERVICE_ERROR"])[0][:64], redact("; ".join(texts)[:_LONGEST]) or _NO_WORDS


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)
