"""Receive batchdrop's events: verify, drop repeats, answer. `WEBHOOK_SECRET=whsec_… python receiver.py 8080`, behind TLS."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError  # pip install standardwebhooks

Heard = Callable[[dict[str, Any]], int | None]


def serve(port: int, secret: str, heard: Heard) -> ThreadingHTTPServer:
    """A server that calls `heard` once for each event; what it returns is answered, 204 if that is None."""
    seen: set[str] = set()  # a real one keeps these for some days in its database

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(self.answer(body))
            self.end_headers()

        def answer(self, body: bytes) -> int:
            try:
                event = Webhook(secret).verify(body, dict(self.headers))
            except WebhookVerificationError:
                return 401
            if self.headers["webhook-id"] in seen:  # delivered before: nothing to do
                return 204
            status = heard(event) or 204
            if status < 300:
                seen.add(self.headers["webhook-id"])
            return status

    return ThreadingHTTPServer(("127.0.0.1", port), Receiver)


if __name__ == "__main__":
    serve(
        int(sys.argv[1]),
        os.environ["WEBHOOK_SECRET"],
        lambda event: print(event["type"], event["data"]["jobId"]),
    ).serve_forever()
