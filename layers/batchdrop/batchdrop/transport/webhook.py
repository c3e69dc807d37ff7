"""The user's URL as the endpoint port: a POST under the same rules as to a service, and errors that do not name the path.

People put tokens into the paths of such URLs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from batchdrop.transport.client import Transport

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from batchdrop.ports import Clock

DEADLINE = 15.0
"""Seconds a receiver has to answer ([spec] Standard Webhooks: 15 to 30)."""


class Webhook:
    """`url`: https at a public address; with `simulated` also http://127.0.0.1. Raises ConfigurationError for another."""

    def __init__(
        self, url: str, *, clock: Clock, simulated: bool = False, resolve: Callable[..., Any] | None = None
    ) -> None:
        parts = urlsplit(url)
        self._path = parts.path or "/"
        self._transport = Transport(
            f"{parts.scheme}://{parts.netloc}",
            service="webhook",
            clock=clock,
            allow_simulator=simulated,
            resolve=resolve,
            secret_path=True,
        )

    @property
    def place(self) -> str:
        """Host and port: what a log may say."""
        return self._transport.base.place

    def post(self, body: bytes, headers: Mapping[str, str]) -> None:
        """See Endpoint.post. The answer's body is nobody's business: its status says all."""
        told = {"Content-Type": "application/json", **headers}
        with self._transport.stream("POST", self._path, headers=told, body=body, deadline=DEADLINE):
            return
