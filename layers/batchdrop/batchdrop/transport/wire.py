"""The wire: connections that check addresses, know whether anything was sent, and can be cut at a deadline.

requests and urllib3 have time-outs per read only: a server that drips one byte a second is never timed out (measured).
An `Exchange` therefore cuts the socket when its time is over.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.util.connection import create_connection

from batchdrop.transport.hosts import public_addresses

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


_CURRENT: ContextVar[Exchange | None] = ContextVar("exchange", default=None)


class Exchange:
    """One request and its answer, with `seconds` to live. `sent`: a byte of the request may have left the machine."""

    def __init__(self, seconds: float, resolve: Callable[..., Any]) -> None:
        self.sent = False
        self.expired = False
        self.resolve = resolve
        self._ends = time.monotonic() + seconds
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True
        self._timer.start()

    @property
    def left(self) -> float:
        """Seconds left, never zero (a zero time-out means something else to sockets)."""
        return max(0.001, self._ends - time.monotonic())

    @contextlib.contextmanager
    def connecting(self) -> Iterator[None]:
        """Connections used inside belong to this exchange."""
        token = _CURRENT.set(self)
        try:
            yield
        finally:
            _CURRENT.reset(token)

    def sending(self, sock: socket.socket) -> None:
        """The request goes out over this socket."""
        self.sent = True
        self._socket = sock

    def end(self) -> None:
        """The answer is read, or nobody wants it any more."""
        self._timer.cancel()
        self._socket = None

    def _cut(self) -> None:
        self.expired = True
        sock = self._socket
        if sock is not None:
            with contextlib.suppress(OSError):  # closed in the meantime
                # not SSLSocket.shutdown, which would take the TLS object from under the reading thread
                socket.socket.shutdown(sock, socket.SHUT_RDWR)


class _Watched(HTTPConnection):
    """A connection that tells the current exchange when it begins to send."""

    def send(self, data: Any) -> None:
        exchange = _CURRENT.get()
        if self.sock is None:
            self.connect()
        if exchange is not None and self.sock is not None:
            exchange.sending(self.sock)
        super().send(data)


class _WatchedTLS(_Watched, HTTPSConnection):
    """The same over TLS, to public addresses only: the addresses that were checked are the ones connected to."""

    def _new_conn(self) -> socket.socket:
        exchange = _CURRENT.get()
        resolve = exchange.resolve if exchange is not None else socket.getaddrinfo
        try:
            found = resolve(self._dns_host, self.port, 0, socket.SOCK_STREAM)
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        addresses = public_addresses(self.host, [str(entry[4][0]) for entry in found])
        try:
            return first_that_connects(addresses, self.port, self.timeout)
        except TimeoutError as error:
            raise ConnectTimeoutError(self, "connect timed out") from error
        except OSError as error:
            raise NewConnectionError(self, "no connection") from error


def first_that_connects(addresses: list[str], port: int, timeout: float | None) -> socket.socket:
    """A connection to the first address that takes one; raises the last one's OSError."""
    last: OSError = ConnectionRefusedError("no address")
    for address in addresses:
        try:
            return create_connection(
                (address, port), timeout, socket_options=HTTPConnection.default_socket_options
            )
        except OSError as error:
            last = error
    raise last


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Watched


class _PoolTLS(HTTPSConnectionPool):
    ConnectionCls = _WatchedTLS


class WatchedAdapter(HTTPAdapter):
    """requests over watched connections, without any retry."""

    def __init__(self) -> None:
        super().__init__(max_retries=0, pool_maxsize=8)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Use our connection classes."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _PoolTLS}
