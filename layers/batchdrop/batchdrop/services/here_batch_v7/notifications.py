"""HERE's webhooks (BETA): a GET without body or signature when a job ends. Which ends ring, and whether twice, is not documented."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from batchdrop.errors import ServiceRefused
from batchdrop.services.here_batch_v7.calling import Caller

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from batchdrop.transport import Reply

_PATH = "/batch/notifications"
_PLACEHOLDERS = "/${JOB_ID}?status=${JOB_STATUS}"  # in path or query [spec]
_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
_JOB = re.compile(r"JOB-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)  # [spec]


class Notifying(Caller):
    """The part of the service that rings: see ports.Rings."""

    def register(self, door: str) -> str:
        """POST /batch/notifications, unless the list has this very URL already (from a call whose answer was lost)."""
        url = door + _PLACEHOLDERS
        for one in _listed(self._call("GET", _PATH)):
            config = one.get("config")
            if isinstance(config, dict) and config.get("url") == url and _is_id(one.get("id")):
                return str(one["id"])
        # the schema marks `id` required but read-only, and does not list `url` [spec slips]
        body = json.dumps({"type": "webHook", "config": {"url": url}}).encode()
        reply = self._call("POST", _PATH, json=body)
        made = reply.json().get("id")
        if not _is_id(made):
            raise reply.odd("the answer has no notification id")
        return str(made)

    def test(self, registration: str) -> None:
        """GET …/test: 204, and the hook is called with dummy values [spec]."""
        self._call("GET", f"{_PATH}/{registration}/test")

    def unregister(self, registration: str) -> None:
        """DELETE: 204 [spec]. One that is gone is left as it is."""
        try:
            self._call("DELETE", f"{_PATH}/{registration}")
        except ServiceRefused as refused:
            if refused.status != 404:
                raise

    @staticmethod
    def ticket_of(called: str) -> str | None:
        """`JOB-<uuid>` [spec]."""
        return called if _JOB.fullmatch(called) else None

    def _with_notification(self, post: Callable[[dict[str, str]], Reply]) -> Reply:
        """The post with the notification's id as a parameter, or without where there is none.

        A refusal is a definite no. When it turns out that HERE does not know the notification (somebody has deleted it), the
        post is made once more, with a new one: no batch fails for want of a bell.
        """
        used = self.bell() if self.bell else ""
        try:
            return post(_parameter(used))
        except ServiceRefused as refused:
            if not used or refused.status not in (400, 404) or self._knows(used):
                raise
        return post(_parameter(self.bell(lost=used) if self.bell else ""))

    def _knows(self, registration: str) -> bool:
        try:
            self._call("GET", f"{_PATH}/{registration}")
        except ServiceRefused as refused:
            return refused.status not in (400, 404)
        return True


def _parameter(registration: str) -> dict[str, str]:
    return {"notificationIds": registration} if registration else {}


def _is_id(text: Any) -> bool:
    return isinstance(text, str) and _ID.fullmatch(text) is not None


def _listed(reply: Reply) -> Iterator[dict[str, Any]]:
    """The list is declared to be one notification [spec slip]: an object, an array and {items} are taken."""
    try:
        found = json.loads(reply.text() or "[]")
    except (ValueError, RecursionError):
        raise reply.odd("the list of notifications is not JSON") from None
    if isinstance(found, dict):
        found = found.get("items", [found])
    if not isinstance(found, list):
        raise reply.odd("the list of notifications does not have the agreed form")
    return (one for one in found if isinstance(one, dict))
