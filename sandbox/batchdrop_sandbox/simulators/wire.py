"""HTTP/1.1 on one port of 127.0.0.1: reads whole requests, writes replies, breaks connections on demand."""

import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from batchdrop_sandbox.simulators.faults import ConnectionDropped
from batchdrop_sandbox.simulators.reply import Reply, Request

_IDLE = 60.0  # seconds: how long a silent connection is kept
_LARGEST = 1_100_000_000  # bytes of a body that is read at all; the services' own limits lie below
_MARGIN = 1  # a broken body promises at least this much more than it sends

Handle = Callable[[Request], Reply]


class Wire:
    """One port. `handle` answers a request, or raises ConnectionDropped to close without a reply."""

    def __init__(self, handle: Handle) -> None:
        self._server = _Server(handle)
        self.origin = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def open(self) -> None:
        """Serve in the background."""
        self._thread.start()

    def close(self) -> None:
        """Stop, close all connections, wait for their threads."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.close_all()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 512  # many at once must not be refused

    def __init__(self, handle: Handle) -> None:
        self.handle = handle
        self._open: dict[threading.Thread, socket.socket] = {}
        self._guard = threading.Lock()
        super().__init__(("127.0.0.1", 0), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """One thread a connection; remembered, so that a stop can end it."""
        thread = threading.Thread(target=self._connection, args=(request, client_address), daemon=True)
        with self._guard:
            self._open[thread] = request
        thread.start()

    def _connection(self, request: Any, client_address: Any) -> None:
        try:
            self.process_request_thread(request, client_address)
        finally:
            with self._guard:
                del self._open[threading.current_thread()]

    def close_all(self) -> None:
        """End all connections and wait for their threads."""
        with self._guard:
            connections = dict(self._open)
        for connection in connections.values():
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in connections:
            thread.join(5)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news; a defect of ours is."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = _IDLE
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server

    def version_string(self) -> str:
        """The Server header."""
        return "batchdrop-simulator"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
        """Nothing: URLs hold keys."""

    def handle_expect_100(self) -> bool:
        """Say at once that the body may come: our writes are buffered."""
        going_on = super().handle_expect_100()
        self.wfile.flush()
        return going_on

    def _serve(self) -> None:
        body = self._body()
        if body is None:
            self._write(Reply(413, {"Connection": "close"}))
            self.close_connection = True
            return
        parts = urlsplit(self.path)
        pairs = parse_qsl(parts.query, keep_blank_values=True)
        request = Request(
            method=self.command,
            path=unquote(parts.path),
            query=dict(reversed(pairs)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=body,
            origin=f"http://{self.headers.get('Host', '127.0.0.1')}",
            pairs=pairs,
        )
        try:
            reply = self.server.handle(request)
        except ConnectionDropped:
            self.close_connection = True
            return
        self._write(reply)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _serve  # noqa: N815 - the base class looks for these

    def _body(self) -> bytes | None:
        """The whole body, by length or in chunks; None when it is larger than anything a service takes."""
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return b"".join(self._chunks())
        length = int(self.headers.get("Content-Length") or 0)
        return self.rfile.read(length) if length <= _LARGEST else None

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline().split(b";")[0], 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass

    def _write(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.streamed:
            self.send_header("Transfer-Encoding", "chunked")
        elif reply.status != 204:
            self.send_header("Content-Length", str(len(reply.body) + _MARGIN * reply.unfinished))
        self.end_headers()
        for part in filter(None, reply.parts()):  # an empty chunk would be the last one
            self.wfile.write(b"%x\r\n%b\r\n" % (len(part), part) if reply.streamed else part)
        if reply.streamed and not reply.unfinished:
            self.wfile.write(b"0\r\n\r\n")
        self.wfile.flush()
        self.close_connection = self.close_connection or reply.unfinished
