"""Pages of a list: limit, pageToken, nextPageToken [spec]."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from batchdrop_sandbox.simulators.here_tracking_v4.refusals import Refused, bad_request


@dataclass(frozen=True)
class Page:
    """Which part of a list is asked for; the token is opaque to clients."""

    limit: int
    start: int

    def of(self, items: Sequence[Any]) -> dict[str, Any]:
        """The body's own part: limit, count, items, and the next token where there is more."""
        part = list(items[self.start : self.start + self.limit])
        end = self.start + len(part)
        more = {"nextPageToken": urlsafe_b64encode(b"at %d" % end).decode()} if end < len(items) else {}
        return {"limit": self.limit, "count": len(part), "items": part, **more}


def read_page(query: Mapping[str, str]) -> Page:
    """Raises Refused for a limit outside 1–100 [spec] or a token that was never given out [assumed]."""
    raw = query.get("limit", "100")
    if not raw.isascii() or not raw.isdigit() or not 1 <= int(raw[:9]) <= 100:
        raise Refused(bad_request("limit must be a number from 1 to 100."))
    return Page(int(raw), _start(query["pageToken"]) if "pageToken" in query else 0)


def _start(token: str) -> int:
    try:
        word, _, place = urlsafe_b64decode(token).decode().partition(" ")
    except ValueError:
        word = place = ""
    if word != "at" or not place.isascii() or not place.isdigit():
        raise Refused(bad_request("pageToken is not valid."))
    return int(place[:9])
