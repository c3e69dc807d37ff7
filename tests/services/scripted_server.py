"""A loopback server that plays scripts: real sockets that drop, reset, cut, drip and redirect.

Each request plays the next script; the last one plays for all that follow. A script gets the socket and the request and
says whether the connection goes on.
"""

from __future__ import annotations

import gzip
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

CUT_GZIP = gzip.compress(b'{"whole": ' + b"1" * 5000 + b"}")[:-20]


@dataclass(frozen=True)
class Seen:
    """One request as it came in."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


Script = Callable[[socket.socket, Seen, threading.Event], bool]


class ScriptedServer:
    """Listens on 127.0.0.1 until closed; `seen` are the requests in order."""

    def __init__(self, *scripts: Script) -> None:
        self._scripts = list(scripts)
        self.seen: list[Seen] = []
        self.connections = 0
        self.over = threading.Event()
        self._guard = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        with self._guard:
            everything = [self._listener, *self._open]
        for one in everything:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
        for thread in self._threads:
            thread.join(5)
        for one in everything:
            one.close()

    def hang_up(self) -> None:
        """Close the connections that clients keep."""
        with self._guard:
            for connection in self._open:
                connection.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while not self.over.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._guard:
                self.connections += 1
                self._open.append(connection)
                thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
                self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as stream:
            try:
                while True:
                    if (
                        connection.recv(1, socket.MSG_PEEK) == b"\x16"
                    ):  # a TLS handshake has no line to wait for
                        self._play(connection, Seen("TLS", "", {}, b""))
                        return
                    line = stream.readline()
                    if not line:
                        return
                    headers: dict[str, str] = {}
                    while (header := stream.readline().strip()) != b"":
                        name, _, value = header.decode().partition(":")
                        headers[name.strip().lower()] = value.strip()
                    body = stream.read(int(headers.get("content-length", "0")))
                    method, target, _ = line.decode().split(" ", 2)
                    if not self._play(connection, Seen(method, target, headers, body)):
                        return
            except OSError:
                return

    def _play(self, connection: socket.socket, seen: Seen) -> bool:
        with self._guard:
            self.seen.append(seen)
            script = self._scripts.pop(0) if len(self._scripts) > 1 else self._scripts[0]
        return script(connection, seen, self.over)


def reply(status: int, body: bytes = b"", *, close: bool = False, **headers: str) -> Script:
    """An ordinary answer; header names with _ for -."""

    def play(connection: socket.socket, _: Seen, __: threading.Event) -> bool:
        connection.sendall(_head(status, {"Content-Length": str(len(body)), **headers}) + body)
        return not close

    return play


def raw(data: bytes) -> Script:
    """These bytes, then the end of the connection."""

    def play(connection: socket.socket, _: Seen, __: threading.Event) -> bool:
        connection.sendall(data)
        return False

    return play


def until_close(status: int, body: bytes, **headers: str) -> Script:
    """A body without a length: its end is the end of the connection."""
    return raw(_head(status, headers) + body)


def cut(status: int, body: bytes, promised: int, **headers: str) -> Script:
    """Fewer bytes than promised."""
    return raw(_head(status, {"Content-Length": str(promised), **headers}) + body)


def drop() -> Script:
    """Close the connection without an answer."""
    return raw(b"")


def reset() -> Script:
    """Reset the connection after the request was read."""

    def play(connection: socket.socket, _: Seen, __: threading.Event) -> bool:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False

    return play


def silence() -> Script:
    """No answer for as long as the server lives."""

    def play(_: socket.socket, __: Seen, over: threading.Event) -> bool:
        over.wait()
        return False

    return play


def drip(start: bytes, drop_of: bytes) -> Script:
    """`start` at once, then a few bytes fifty times a second, without an end: no single read ever times out."""

    def play(connection: socket.socket, _: Seen, over: threading.Event) -> bool:
        connection.sendall(start)
        while not over.wait(0.02):
            connection.sendall(drop_of)
        return False

    return play


def in_chunks(status: int, *parts: bytes, last: bool = True, **headers: str) -> Script:
    """Chunked transfer coding, with or without the closing chunk."""
    sent = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts)
    return raw(
        _head(status, {"Transfer-Encoding": "chunked", **headers}) + sent + (b"0\r\n\r\n" if last else b"")
    )


def _head(status: int, headers: dict[str, str]) -> bytes:
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status} Status\r\n{lines}\r\n".encode()
