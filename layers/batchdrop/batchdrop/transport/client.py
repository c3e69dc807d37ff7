"""Transport: one service's base URL, asked under one set of rules."""

from __future__ import annotations

import contextlib
import socket
from typing import IO, TYPE_CHECKING, Any, Self
from urllib.parse import unquote

import requests
from urllib3.exceptions import HTTPError

from batchdrop.errors import (
    ConfigurationError,
    OutcomeUnknown,
    ServiceBusy,
    ServiceError,
    ServiceSpokeUnknown,
)
from batchdrop.library_logs import protect_library_logs
from batchdrop.transport.hosts import checked_base
from batchdrop.transport.replies import CutOff, ExpandsTooMuch, Incoming, Reply, plain
from batchdrop.transport.verdicts import About, request_id, retry_after, verdict
from batchdrop.transport.wire import Exchange, WatchedAdapter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from batchdrop.ports import Clock
    from batchdrop.transport.verdicts import ErrorClassifier

_CHUNK = 1 << 16
_ERROR_BODY = 1 << 16  # bytes of an error answer that are looked at for the service's code
_BROKEN = (requests.RequestException, HTTPError, OSError)
_CONNECT = 10.0  # seconds to reach the host; less when the deadline is nearer


class Transport:
    """Asks one service. `base`: URL under the host rule, else ConfigurationError. Safe to share between threads.

    resolve: stands in for socket.getaddrinfo in tests. classify_error: the service's look at an error answer (status, and up to 64 KB
    of its body, which is never logged or kept), see `verdicts.verdict`. secret_path: errors name the host only, never the path.
    """

    def __init__(
        self,
        base: str,
        *,
        service: str,
        clock: Clock,
        allow_simulator: bool = False,
        resolve: Callable[..., Any] | None = None,
        classify_error: ErrorClassifier | None = None,
        secret_path: bool = False,
    ) -> None:
        self.base = checked_base(base, allow_simulator=allow_simulator)
        self.service = service
        self.clock = clock
        self._simulated = allow_simulator
        self._resolve = resolve or socket.getaddrinfo
        self._classify_error = classify_error
        self._secret_path = secret_path
        self._session = _session()
        protect_library_logs()  # urllib3 logs URLs, which hold keys

    def send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes | IO[bytes] | None = None,
        deadline: float = 30.0,
        max_bytes: int = 1 << 20,
    ) -> Reply:
        """One request and its whole answer within `deadline` seconds. Returns 2xx; else raises by the table of verdicts.

        POST is sent once, ever. Other methods get one more try when the connection breaks before an answer.
        max_bytes: a longer answer is not read (ServiceSpokeUnknown; after a POST OutcomeUnknown).
        """
        with self.stream(
            method, path, params=params, headers=headers, body=body, deadline=deadline, max_bytes=max_bytes
        ) as incoming:
            return incoming.read()

    def stream(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes | IO[bytes] | None = None,
        deadline: float = 300.0,
        max_bytes: int = 4 << 30,
    ) -> Incoming:
        """Like `send`, with the body as a stream; status and headers are there at once. Read it or close it."""
        request = requests.Request(
            method,
            self.base.url + path,
            params=dict(params or {}),
            headers={"Accept-Encoding": "identity", "User-Agent": "batchdrop", **(headers or {})},
            data=body,
        )
        shown = "/…" if self._secret_path else f"{self.base.path}{path}"
        about = About(self.service, f"{method} {self.base.place}{shown}")
        exchange = Exchange(deadline, self._resolve)
        try:
            response, release = self._exchange(request, about, exchange)
        except BaseException:
            exchange.end()
            raise
        return self._incoming(response, about, exchange, release, max_bytes)

    def elsewhere(self, base: str) -> Transport:
        """The same service at another of its hosts, under the same rules but never a simulator."""
        return Transport(
            base,
            service=self.service,
            clock=self.clock,
            resolve=self._resolve,
            classify_error=self._classify_error,
        )

    def at(self, base: str) -> Transport:
        """The same rules at another host of the same service; a simulator stands for all of its service's hosts."""
        return Transport(
            self.base.url if self.base.loopback else base,
            service=self.service,
            clock=self.clock,
            allow_simulator=self._simulated,
            resolve=self._resolve,
            classify_error=self._classify_error,
        )

    def close(self) -> None:
        """Close connections that are kept for the next look."""
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _exchange(
        self, request: requests.Request, about: About, exchange: Exchange
    ) -> tuple[requests.Response, Callable[[], None]]:
        """The response with its headers, after one try or (not POST, no stream to send) two."""
        tries = 2 if not about.is_post and isinstance(request.data, bytes | list) else 1
        while True:
            # a kept connection may have been closed by the other side: on a POST that would look like a lost answer
            session = _session() if about.is_post else self._session
            release = session.close if about.is_post else _nothing
            try:
                with exchange.connecting():
                    return self._once(session, request, exchange), release
            except _BROKEN as error:
                failure = _lost(error, about, exchange)
            release()
            tries -= 1
            if not tries or exchange.expired or not isinstance(failure, ServiceBusy):
                raise failure  # outside the except block: the broken exchange, which holds the URL, is no context of it

    @staticmethod
    def _once(session: requests.Session, request: requests.Request, exchange: Exchange) -> requests.Response:
        return session.send(
            session.prepare_request(request),
            stream=True,
            allow_redirects=False,
            timeout=(min(_CONNECT, exchange.left), exchange.left),
        )

    def _incoming(
        self,
        response: requests.Response,
        about: About,
        exchange: Exchange,
        release: Callable[[], None],
        max_bytes: int,
    ) -> Incoming:
        def close() -> None:
            exchange.end()
            response.close()
            release()

        is_sent = _sent(response.request)
        about = About(about.service, about.where, response.status_code, request_id(response.headers, is_sent))
        if 200 <= response.status_code < 300:
            wait = retry_after(response.headers, self.clock())
            return Incoming(about, response.headers, _body(response, about, exchange, max_bytes), close, wait)
        seen = b""
        with (
            contextlib.closing(Incoming(about, response.headers, iter(()), close)),
            contextlib.suppress(ServiceError),
        ):
            for chunk in _body(response, about, exchange, _ERROR_BODY):
                seen += chunk
        raise verdict(about, response.headers, seen, self.clock(), self._classify_error, is_sent)


class _Session(requests.Session):
    """A session that sees no redirects: requests would read the whole body and parse the Location even without following it."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002  # requests' own signature
        return None


def _session() -> requests.Session:
    session = _Session()
    session.trust_env = False  # no proxy, no netrc, no certificate bundle from the environment
    adapter = WatchedAdapter()
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def _body(response: requests.Response, about: About, exchange: Exchange, max_bytes: int) -> Iterator[bytes]:
    """The body's plain bytes; failures become ours, with nothing of the HTTP library in their chain."""
    chunks = plain(
        response.raw.stream(_CHUNK, decode_content=False), response.headers.get("Content-Encoding", "")
    )
    read = 0
    while True:
        failure: str | None = None
        too_much = ""
        chunk: bytes | None = None
        try:
            chunk = next(chunks, None)
        except (*_BROKEN, CutOff, ValueError):  # ValueError: a chunk of a negative size
            failure = "the answer broke off"
        except ExpandsTooMuch:
            too_much = "the answer expands too much"
        if exchange.expired:  # a socket cut at the deadline may look like the end of the body
            failure = "no whole answer within the deadline"
        if failure is not None:
            raise (OutcomeUnknown if about.is_post else ServiceBusy)(failure, **about.fields())
        read += len(chunk or b"")
        if read > max_bytes:
            too_much = f"the answer is longer than {max_bytes} bytes"
        if too_much:
            raise (OutcomeUnknown if about.is_post else ServiceSpokeUnknown)(too_much, **about.fields())
        if chunk is None:
            return
        yield chunk


def _lost(error: BaseException, about: About, exchange: Exchange) -> ServiceError | ConfigurationError:
    """What an exchange without an answer means: a definite no when nothing was sent."""
    if not exchange.sent:
        if isinstance(error, requests.exceptions.SSLError):
            return ConfigurationError(
                f"HOST_REFUSED: {about.where}: no TLS connection; check host and certificate"
            )
        return ServiceBusy("could not connect; nothing was sent", **about.fields())
    reason = "no answer within the deadline" if exchange.expired else "the connection broke before an answer"
    if isinstance(error, requests.Timeout):
        reason = "no answer within the deadline"
    return (OutcomeUnknown if about.is_post else ServiceBusy)(reason, **about.fields())


def _sent(request: requests.PreparedRequest) -> Callable[[str], bool]:
    """Return what tells whether a text is part of the request; of a body that is a stream nothing is known any more."""
    body = request.body.encode() if isinstance(request.body, str) else request.body
    head = "\n".join((unquote(request.url or ""), *map(str, request.headers.values())))
    return lambda text: text in head or (isinstance(body, bytes) and text.encode() in body)


def _nothing() -> None:
    return None
