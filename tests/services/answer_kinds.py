"""Kinds of answers that a broken or careless server gives: malformed, cut off, and with the request repeated in them."""

from __future__ import annotations

import gzip
import json
import re
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote

from tests.services.scripted_server import (
    CUT_GZIP,
    Script,
    Seen,
    cut,
    drop,
    in_chunks,
    raw,
    reply,
    reset,
    until_close,
)

if TYPE_CHECKING:
    import socket
    import threading

OK = b"HTTP/1.1 200 OK\r\n"
LENGTH = b"Content-Length: 2\r\n\r\n{}"

CANARY = "canary-key"
"""What the keys of the tests begin with."""

_WORD = re.compile(r"[A-Za-z0-9_.-]{4,64}")
_ERROR_MEMBERS = (
    "code", "errorCode", "statusCode", "error", "error_description", "title", "cause", "action", "message", "errorMessage", "details",
)  # fmt: skip


def build_answers(echo: str) -> dict[str, Script]:
    """Return a script for each kind, by its description. `echo`: what the server repeats of any request."""
    repeated = echo.encode()
    return {
        "a header line without a colon": raw(OK + b"no colon " + repeated + b"\r\n" + LENGTH),
        "a header name with a blank": raw(OK + b"X Name " + repeated + b": 1\r\n" + LENGTH),
        "a header line that begins with a blank": raw(OK + b" " + repeated + b"\r\n" + LENGTH),
        "a header without a name": raw(OK + b": " + repeated + b"\r\n" + LENGTH),
        "a header of a null byte": raw(OK + b"X-A: \0" + repeated + b"\r\n" + LENGTH),
        "a malformed header in the middle": raw(OK + b"A: 1\r\n" + repeated + b"\r\nB: 2\r\n" + LENGTH),
        "a malformed header and a status 500": raw(b"HTTP/1.1 500 No\r\n" + repeated + b"\r\n" + LENGTH),
        "a malformed header and a status 401": raw(b"HTTP/1.1 401 No\r\n" + repeated + b"\r\n" + LENGTH),
        "a malformed header and a redirect": raw(
            b"HTTP/1.1 302 Found\r\nLocation: /"
            + repeated
            + b"\r\n"
            + repeated
            + b"\r\nContent-Length: 0\r\n\r\n"
        ),
        "a header not in UTF-8": raw(OK + b"X-\xff: \xfe\r\n" + LENGTH),
        "a header line of 70,000 bytes": raw(OK + b"X: " + repeated * 2000 + b"\r\n" + LENGTH),
        "200 headers": raw(OK + b"".join(b"X-%d: %b\r\n" % (n, repeated) for n in range(200)) + LENGTH),
        "multipart without a boundary": raw(OK + b"Content-Type: multipart/form-data\r\n" + LENGTH),
        "multipart with a boundary": raw(
            OK + b"Content-Type: multipart/x; boundary=" + repeated + b"\r\n" + LENGTH
        ),
        "line ends of one byte": raw(b"HTTP/1.1 200 OK\n" + repeated + b"\nContent-Length: 2\n\n{}"),
        "a status line that is none": raw(repeated + b"\r\n\r\n"),
        "a status that is no number": raw(b"HTTP/1.1 two " + repeated + b"\r\n\r\n"),
        "a status of five digits": raw(b"HTTP/1.1 20000 " + repeated + b"\r\n\r\n"),
        "another protocol": raw(b"SSH-2.0-" + repeated + b"\r\n"),
        "HTTP/9.9": raw(b"HTTP/9.9 200 " + repeated + b"\r\n\r\n"),
        "HTTP/0.9": raw(b"<html>" + repeated),
        "an empty answer": drop(),
        "a reset": reset(),
        "half a header": raw(OK + b"X-A: " + repeated),
        "only 100 Continue": raw(b"HTTP/1.1 100 Continue\r\n\r\n"),
        "an early hint": raw(b"HTTP/1.1 103 Hints\r\nLink: " + repeated + b"\r\n\r\n" + OK + LENGTH),
        "a chunk size that is no number": raw(
            OK + b"Transfer-Encoding: chunked\r\n\r\n" + repeated + b"\r\n{}\r\n"
        ),
        "a negative chunk size": raw(OK + b"Transfer-Encoding: chunked\r\n\r\n-5\r\n{}\r\n"),
        "a chunk without its end": raw(OK + b"Transfer-Encoding: chunked\r\n\r\nff\r\n" + repeated),
        "no last chunk": in_chunks(200, repeated, last=False),
        "chunks and a length": raw(OK + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n"),
        "two lengths": raw(OK + b"Content-Length: 5\r\nContent-Length: 9\r\n\r\n" + repeated),
        "a length that is no number": raw(OK + b"Content-Length: " + repeated + b"\r\n\r\n{}"),
        "a negative length": raw(OK + b"Content-Length: -5\r\n\r\n" + repeated),
        "fewer bytes than promised": cut(200, repeated, 5000),
        "a gzip body cut off": reply(200, CUT_GZIP, Content_Encoding="gzip"),
        "gzip that is none": reply(200, repeated, Content_Encoding="gzip"),
        "an encoding nobody knows": reply(200, repeated, Content_Encoding="br, " + echo),
        "a redirect": reply(302, Location=f"/x?{echo}"),
        "a redirect to another host": reply(307, Location=f"https://canary.invalid/{echo}"),
        "a redirect to nothing": reply(301, Location="http://[::" + echo),
        "a proxy's refusal": reply(407, repeated, Proxy_Authenticate=f'Basic realm="{echo}"'),
        "a refusal that repeats the request": reply(400, repeated),
        "a refusal of the key": reply(401, repeated, WWW_Authenticate=echo),
        "too many requests": reply(429, repeated, Retry_After=echo),
        "an error": reply(500, repeated),
        "an answer until the end of the connection": until_close(200, repeated),
        "a cookie that is none": reply(200, b"{}", Set_Cookie=f"{echo}; Domain=[::"),
        "a bomb of gzip": reply(200, gzip.compress(repeated + bytes(30_000_000)), Content_Encoding="gzip"),
        "text that is no UTF-8": reply(200, b"\xff\xfe" + repeated),
        "JSON cut off": reply(200, b'{"id": "' + repeated),
        "JSON nested deeply": reply(200, b'{"a":' + b"[" * 100_000 + repeated),
        "JSON of another form": reply(200, json.dumps([echo, {"status": echo, "error": echo}]).encode()),
        "a page of HTML": reply(200, b"<html><title>" + repeated + b"</title>", Content_Type="text/html"),
        "an error of each common name": reply(400, json.dumps(dict.fromkeys(_ERROR_MEMBERS, echo)).encode()),
        "a refusal whose code is the key": repeat_word(400, "code"),
        "a denial whose error is the key": repeat_word(401, "error"),
        "a refusal whose status code is the key": repeat_word(404, "statusCode"),
        "a refusal whose request id is the key": repeat_word(400, "X_Request_ID"),
        "a failure whose correlation id is the key": repeat_word(503, "X_Correlation_ID"),
        "the whole request again, refused": repeat_request(400),
        "the whole request again, denied": repeat_request(403),
        "the whole request again, not found": repeat_request(404),
        "the whole request again, failed": repeat_request(502),
        "the whole request again, accepted": repeat_request(200),
        "a good answer": reply(200, b'{"ok": true}'),
    }


def repeat_word(status: int, name: str) -> Script:
    """Answer with one word of the request, a key if there is one, as a member of the body, or as a header where `name` begins with X."""

    def play(connection: socket.socket, seen: Seen, over: threading.Event) -> bool:
        text = " ".join((unquote(seen.target), *seen.headers.values(), seen.body.decode(errors="replace")))
        word = max(_WORD.findall(text), key=lambda found: (CANARY in found, len(found)))
        named = cast("Any", {name: word})
        script = (
            reply(status, b"{}", **named)
            if name.startswith("X")
            else reply(status, json.dumps(named).encode())
        )
        return script(connection, seen, over)

    return play


def repeat_request(status: int) -> Script:
    """Answer with the request: its target and headers in headers, all of it in the body."""

    def play(connection: socket.socket, seen: Seen, over: threading.Event) -> bool:
        told = {"target": seen.target, "headers": seen.headers, "body": seen.body.decode(errors="replace")}
        text = json.dumps({"message": told, "error": json.dumps(told), "cause": seen.target})
        script = reply(
            status,
            text.encode(),
            X_Request_ID=seen.target,
            WWW_Authenticate=json.dumps(seen.headers),
            Link=f"<{seen.target}>",
        )
        return script(connection, seen, over)

    return play
