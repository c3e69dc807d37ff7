"""A request as a simulator sees it, and its reply: the same in-process and over HTTP."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Stream = Callable[[], Iterator[bytes]]
"""Opens a body from its start, part by part, so that a large one is never held twice."""


class Reply:
    """One answer: status, headers, body (bytes, or a stream that is sent in chunks).

    `unfinished` means that the connection breaks before the promised end of the body.
    """

    __slots__ = ("_body", "headers", "status", "unfinished")

    def __init__(
        self,
        status: int,
        headers: Mapping[str, str] | None = None,
        body: bytes | Stream = b"",
        *,
        unfinished: bool = False,
    ) -> None:
        self.status = status
        self.headers = dict(headers or {})
        self._body = body
        self.unfinished = unfinished

    @property
    def streamed(self) -> bool:
        """Whether the body goes out in chunks, without a length."""
        return not isinstance(self._body, bytes)

    @property
    def body(self) -> bytes:
        """The whole body."""
        return self._body if isinstance(self._body, bytes) else b"".join(self._body())

    def parts(self) -> Iterator[bytes]:
        """The body, part by part."""
        return iter((self._body,)) if isinstance(self._body, bytes) else self._body()

    def json(self) -> Any:
        """The body read as JSON."""
        return json.loads(self.body)

    def with_headers(self, headers: Mapping[str, str]) -> "Reply":
        """The same reply with further headers."""
        return Reply(self.status, {**self.headers, **headers}, self._body, unfinished=self.unfinished)

    def cut(self, keep: float, *, broken: bool) -> "Reply":
        """Only the first part of the body: `keep` is a share below 1, or a number of bytes.

        `broken`: the connection ends too early; else the transfer looks complete and only the content is short.
        """
        whole = self.body
        short = whole[: int(len(whole) * keep) if keep < 1 else int(keep)]
        body: bytes | Stream = (lambda: iter((short,))) if self.streamed else short
        return Reply(self.status, self.headers, body, unfinished=broken)


@dataclass(frozen=True)
class Request:
    """One HTTP request: header names in lower case, `origin` is the scheme and host it came in on.

    `query` has the first value of each name, `pairs` every one in order.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    origin: str = "http://127.0.0.1"
    pairs: Sequence[tuple[str, str]] = ()


def json_reply(status: int, value: Any, headers: Mapping[str, str] | None = None) -> Reply:
    """A reply with a JSON body."""
    return Reply(
        status, {"Content-Type": "application/json; charset=utf-8", **(headers or {})}, to_json(value)
    )


def to_json(value: Any) -> bytes:
    """Compact JSON in UTF-8; floats keep every digit they were read with."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
