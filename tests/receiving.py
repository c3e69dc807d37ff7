"""A user's own server: takes signed events, verifies each with the library that Standard Webhooks publishes, and keeps them."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

from standardwebhooks import Webhook, WebhookVerificationError

if TYPE_CHECKING:
    from types import TracebackType


@dataclass
class Receiver:
    """Serves on 127.0.0.1 while in use. `answers`: statuses to give before it gives 204; `taken`: what was verified."""

    secret: str
    answers: list[int] = field(default_factory=list)
    taken: list[dict[str, Any]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            """One request after another."""

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(receiver.take(body, dict(self.headers)))
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        """Where events go."""
        return f"http://127.0.0.1:{self._server.server_port}/events"

    def take(self, body: bytes, headers: dict[str, str]) -> int:
        """Verify, then keep."""
        try:
            event = Webhook(self.secret).verify(body, headers)
        except WebhookVerificationError as no:
            self.refused.append(str(no))
            return 401
        self.ids.append(next(value for name, value in headers.items() if name.lower() == "webhook-id"))
        if self.answers:
            return self.answers.pop(0)
        self.taken.append(event)
        return 204

    def of(self, job: str) -> list[dict[str, Any]]:
        """The events of one job that were taken."""
        return [event for event in self.taken if event["data"]["jobId"] == job]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
