"""A user's own server, the one of docs/recipes/receiver.py: it verifies with the library that Standard Webhooks publishes."""

from __future__ import annotations

import importlib.util
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from http.server import ThreadingHTTPServer
    from types import TracebackType

RECIPE = Path(__file__).parents[1] / "docs/recipes/receiver.py"


@dataclass
class Receiver:
    """Serves on 127.0.0.1 while in use. `answers`: statuses to give before it takes anything; `taken`: what was verified."""

    secret: str
    answers: list[int] = field(default_factory=list)
    taken: list[dict[str, Any]] = field(default_factory=list)
    came: int = 0

    def __post_init__(self) -> None:
        spec = importlib.util.spec_from_file_location("receiver", RECIPE)
        assert spec is not None
        assert spec.loader is not None
        recipe = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(recipe)
        self._server: ThreadingHTTPServer = recipe.serve(0, self.secret, self._heard)
        handler: Any = self._server.RequestHandlerClass
        handler.log_message = lambda *_: None
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        """Where events go."""
        return f"http://127.0.0.1:{self._server.server_port}/events"

    def _heard(self, event: dict[str, Any]) -> int | None:
        self.came += 1
        if self.answers:
            return self.answers.pop(0)
        self.taken.append(event)
        return None

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
