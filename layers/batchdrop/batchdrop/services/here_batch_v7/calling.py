"""How HERE Batch v7 is called: credentials on every call, read afresh after a 401."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchdrop.services import base, quota
from batchdrop.services.here_auth import HereAuth

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from batchdrop.services.here_auth import Access
    from batchdrop.transport import Reply, Transport


class Caller(base.HttpService):
    """The part of the service that calls."""

    def __init__(
        self,
        transport: Transport,
        credentials: Callable[[bool], Mapping[str, str]],
        account: Callable[[str], Transport] | None = None,
    ) -> None:
        super().__init__(transport, credentials, account)
        self._auth = HereAuth(account)

    @classmethod
    def classify_error(cls, status: int, body: bytes) -> str:
        """See HttpService: with HERE's own words."""
        return quota.classify_here(status, body)

    def _call(
        self, method: str, path: str, asked: Mapping[str, str] | None = None, *, json: bytes | None = None
    ) -> Reply:
        """A small call; `json`: its body."""

        def send(access: Access) -> Reply:
            typed = {} if json is None else {"Content-Type": "application/json"}
            return self._transport.send(
                method,
                path,
                params={**(asked or {}), **access.params},
                headers={**access.headers, **typed},
                body=json,
                deadline=base.CALL_SECONDS,
            )

        return base.allowed(self._access, send)

    def _access(self, fresh: bool) -> Access:
        return self._auth.access(self._credentials(fresh), fresh=fresh)
