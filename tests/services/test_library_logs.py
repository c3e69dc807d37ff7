"""No log of a library holds a key, an address or a webhook's path, whatever an answer looks like and whatever level is set."""

from __future__ import annotations

import io
import logging
import socket
import ssl
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import boto3
import pytest
import requests
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from batchdrop.aws import clients
from batchdrop.errors import BatchdropError
from batchdrop.library_logs import LIBRARIES, protect_library_logs
from batchdrop.observe import logger
from batchdrop.transport import Transport, Webhook
from batchdrop_cli.main import main
from batchdrop_sandbox import deploy
from tests.services.scripted_server import (
    CUT_GZIP,
    Script,
    ScriptedServer,
    cut,
    drop,
    in_chunks,
    raw,
    reply,
    reset,
    until_close,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KEY, ADDRESS, TOKEN = "canary-key-41c9", "Canaryweg 7", "canary-path-88d2"
CANARIES = (KEY, ADDRESS, "Canaryweg", TOKEN)
ECHO = f"{ADDRESS}?apiKey={KEY}&token={TOKEN}"
"""What a careless server repeats of the request."""

OK = b"HTTP/1.1 200 OK\r\n"
LENGTH = b"Content-Length: 2\r\n\r\n{}"
_E = ECHO.encode()

ANSWERS: dict[str, Script] = {
    "a header line without a colon": raw(OK + b"no colon " + _E + b"\r\n" + LENGTH),
    "a header name with a blank": raw(OK + b"X Name " + _E + b": 1\r\n" + LENGTH),
    "a header line that begins with a blank": raw(OK + b" " + _E + b"\r\n" + LENGTH),
    "a header without a name": raw(OK + b": " + _E + b"\r\n" + LENGTH),
    "a header of a null byte": raw(OK + b"X-A: \0" + _E + b"\r\n" + LENGTH),
    "a malformed header in the middle": raw(OK + b"A: 1\r\n" + _E + b"\r\nB: 2\r\n" + LENGTH),
    "a malformed header and a status 500": raw(b"HTTP/1.1 500 No\r\n" + _E + b"\r\n" + LENGTH),
    "a malformed header and a status 401": raw(b"HTTP/1.1 401 No\r\n" + _E + b"\r\n" + LENGTH),
    "a malformed header and a redirect": raw(
        b"HTTP/1.1 302 Found\r\nLocation: /" + _E + b"\r\n" + _E + b"\r\nContent-Length: 0\r\n\r\n"
    ),
    "a header not in UTF-8": raw(OK + b"X-\xff: \xfe\r\n" + LENGTH),
    "a header line of 70,000 bytes": raw(OK + b"X: " + _E * 2000 + b"\r\n" + LENGTH),
    "200 headers": raw(OK + b"".join(b"X-%d: %b\r\n" % (n, _E) for n in range(200)) + LENGTH),
    "multipart without a boundary": raw(OK + b"Content-Type: multipart/form-data\r\n" + LENGTH),
    "multipart with a boundary": raw(OK + b"Content-Type: multipart/x; boundary=" + _E + b"\r\n" + LENGTH),
    "line ends of one byte": raw(b"HTTP/1.1 200 OK\n" + _E + b"\nContent-Length: 2\n\n{}"),
    "a status line that is none": raw(_E + b"\r\n\r\n"),
    "a status that is no number": raw(b"HTTP/1.1 two " + _E + b"\r\n\r\n"),
    "a status of five digits": raw(b"HTTP/1.1 20000 " + _E + b"\r\n\r\n"),
    "another protocol": raw(b"SSH-2.0-" + _E + b"\r\n"),
    "HTTP/9.9": raw(b"HTTP/9.9 200 " + _E + b"\r\n\r\n"),
    "HTTP/0.9": raw(b"<html>" + _E),
    "an empty answer": drop(),
    "a reset": reset(),
    "half a header": raw(OK + b"X-A: " + _E),
    "only 100 Continue": raw(b"HTTP/1.1 100 Continue\r\n\r\n"),
    "an early hint": raw(b"HTTP/1.1 103 Hints\r\nLink: " + _E + b"\r\n\r\n" + OK + LENGTH),
    "a chunk size that is no number": raw(OK + b"Transfer-Encoding: chunked\r\n\r\n" + _E + b"\r\n{}\r\n"),
    "a negative chunk size": raw(OK + b"Transfer-Encoding: chunked\r\n\r\n-5\r\n{}\r\n"),
    "a chunk without its end": raw(OK + b"Transfer-Encoding: chunked\r\n\r\nff\r\n" + _E),
    "no last chunk": in_chunks(200, _E, last=False),
    "chunks and a length": raw(OK + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n"),
    "two lengths": raw(OK + b"Content-Length: 5\r\nContent-Length: 9\r\n\r\n" + _E),
    "a length that is no number": raw(OK + b"Content-Length: " + _E + b"\r\n\r\n{}"),
    "a negative length": raw(OK + b"Content-Length: -5\r\n\r\n" + _E),
    "fewer bytes than promised": cut(200, _E, 5000),
    "a gzip body cut off": reply(200, CUT_GZIP, Content_Encoding="gzip"),
    "gzip that is none": reply(200, _E, Content_Encoding="gzip"),
    "an encoding nobody knows": reply(200, _E, Content_Encoding="br, " + ECHO),
    "a redirect": reply(302, Location=f"/x?{ECHO}"),
    "a redirect to another host": reply(307, Location=f"https://canary.invalid/{ECHO}"),
    "a redirect to nothing": reply(301, Location="http://[::" + ECHO),
    "a proxy's refusal": reply(407, _E, Proxy_Authenticate=f'Basic realm="{ECHO}"'),
    "a refusal that repeats the request": reply(400, _E),
    "a refusal of the key": reply(401, _E, WWW_Authenticate=ECHO),
    "too many requests": reply(429, _E, Retry_After=ECHO),
    "an error": reply(500, _E),
    "an answer until the end of the connection": until_close(200, _E),
    "a cookie that is none": reply(200, b"{}", Set_Cookie=f"{ECHO}; Domain=[::"),
    "a good answer": reply(200, b'{"ok": true}'),
}
TIMES = 6


@contextmanager
def every_record() -> Iterator[io.StringIO]:
    """Everything that is logged at every level: on the root logger, on each library's own, and by our own handler."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    handler.setFormatter(logging.Formatter("%(name)s %(message)s %(args)s %(exc_info)s", defaults={}))
    own = logger.registered_handler
    assert isinstance(own, logging.StreamHandler)
    root = logging.getLogger()
    names = [name for name in root.manager.loggerDict if name.partition(".")[0] in LIBRARIES]
    levels = {name: logging.getLogger(name).level for name in ("", *LIBRARIES, *names)}
    before = own.setStream(text)
    for name in ("", *LIBRARIES):
        logging.getLogger(name).addHandler(handler)
    try:
        yield text
    finally:
        own.setStream(before or own.stream)
        for name, level in levels.items():
            logging.getLogger(name).removeHandler(handler)
            logging.getLogger(name).setLevel(level)


def talk() -> None:
    """Set every logger to DEBUG: somebody looks for a fault."""
    for name in ("", *LIBRARIES, *logging.getLogger().manager.loggerDict):
        if name.partition(".")[0] in ("", *LIBRARIES):
            logging.getLogger(name).setLevel(logging.DEBUG)


def leaks(text: str) -> list[str]:
    """The lines that hold a canary."""
    return [line for line in text.splitlines() if any(word in line for word in CANARIES)]


def ask(server: ScriptedServer) -> None:
    """Ask every way the product asks; log every error as a function would."""

    def transport() -> Transport:
        return Transport(server.url, service="geoapify", clock=lambda: 1_700_000_000.0, allow_simulator=True)

    def get(path: str = "/v1/batch") -> None:
        with transport() as asked:
            asked.send("GET", path, params={"apiKey": KEY, "text": ADDRESS}, deadline=5)

    def post() -> None:
        with transport() as asked:
            asked.send("POST", "/v1/batch", params={"apiKey": KEY}, body=_E, deadline=5)

    def stream() -> None:
        with (
            transport() as asked,
            asked.stream("GET", "/v1/batch/7", params={"apiKey": KEY}, deadline=5) as answer,
        ):
            answer.read()

    def hook() -> None:
        url = f"{server.url}/services/{TOKEN}"
        Webhook(url, clock=lambda: 1_700_000_000.0, simulated=True).post(_E, {"webhook-id": "1"})

    for call in (get, post, stream, hook):
        for _ in range(TIMES):
            talk()
            try:
                call()
            except BatchdropError:
                logger.exception("failed")


def test_a_thousand_answers_of_every_kind_leave_no_canary_in_any_log() -> None:
    exchanges = 0
    leaking = {}
    for name, script in ANSWERS.items():
        with every_record() as text, ScriptedServer(script) as server:
            ask(server)
            exchanges += len(server.seen)
        if found := leaks(text.getvalue()):
            leaking[name] = found[:2]
    assert leaking == {}
    assert len(ANSWERS) >= 28
    assert exchanges >= 1000


def _url(server: ScriptedServer, scheme: str = "http") -> str:
    return f"{scheme}://{server.url.rpartition('/')[2]}/hooks/{TOKEN}?apiKey={KEY}&text={ADDRESS}"


def _closed() -> str:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return f"http://127.0.0.1:{one.getsockname()[1]}/{TOKEN}?apiKey={KEY}"


def _through(server: ScriptedServer) -> dict[str, str]:
    return {"http": server.url, "https": server.url}


def _retried(server: ScriptedServer) -> None:
    with requests.Session() as session:
        session.mount("http://", requests.adapters.HTTPAdapter(max_retries=2))
        session.get(_url(server), timeout=5)


LIBRARY_CALLS: dict[str, tuple[Script, Callable[[ScriptedServer], Any]]] = {
    "TLS to a server that speaks none": (
        raw(_E),
        lambda server: requests.get(_url(server, "https"), timeout=5),
    ),
    "TLS broken off": (drop(), lambda server: requests.get(_url(server, "https"), timeout=5)),
    "a proxy that refuses a tunnel": (
        reply(502, _E),
        lambda server: requests.get(
            f"https://canary.invalid/{TOKEN}?apiKey={KEY}", proxies=_through(server), timeout=5
        ),
    ),
    "a proxy whose answer is malformed": (
        ANSWERS["a header line without a colon"],
        lambda server: requests.get(
            f"http://canary.invalid/{TOKEN}?k={KEY}", proxies=_through(server), timeout=5
        ),
    ),
    "a proxy with a password": (
        ANSWERS["a status line that is none"],
        lambda server: requests.get(
            f"http://canary.invalid/?k={KEY}",
            proxies={"http": server.url.replace("//", f"//user:{KEY}@")},
            timeout=5,
        ),
    ),
    "a redirect that is followed": (
        reply(302, Location=f"/x?{ECHO}"),
        lambda server: requests.get(_url(server), timeout=5),
    ),
    "a malformed header": (
        ANSWERS["a header line without a colon"],
        lambda server: requests.get(_url(server), timeout=5),
    ),
    "retries": (drop(), _retried),
    "nobody listens": (drop(), lambda _server: requests.get(_closed(), timeout=5)),
}


@pytest.mark.parametrize("name", LIBRARY_CALLS)
def test_the_libraries_themselves_say_nothing_of_a_call(name: str) -> None:
    script, call = LIBRARY_CALLS[name]
    protect_library_logs()
    with every_record() as text, ScriptedServer(script) as server:
        talk()
        with suppress(requests.RequestException, ssl.SSLError, ValueError):
            call(server)
    assert "urllib3" in text.getvalue()
    assert not leaks(text.getvalue())


@pytest.mark.parametrize("name", ["a header line without a colon", "a status line that is none", "an error"])
def test_botocore_and_s3transfer_say_nothing_of_a_call(name: str) -> None:
    protect_library_logs()
    with every_record() as text, ScriptedServer(ANSWERS[name]) as server:
        talk()
        s3 = boto3.client(
            "s3",
            endpoint_url=server.url,
            config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, read_timeout=5),
        )
        with suppress(BotoCoreError, ClientError):
            s3.put_object(Bucket="b", Key=f"{ADDRESS}.csv", Body=_E, Metadata={"token": TOKEN})
        with suppress(BotoCoreError, ClientError, boto3.exceptions.S3UploadFailedError):
            s3.upload_fileobj(io.BytesIO(_E), "b", f"{ADDRESS}.csv")
        s3.close()
    assert "botocore" in text.getvalue()
    assert "s3transfer" in text.getvalue()
    assert not leaks(text.getvalue())


def test_a_text_put_together_before_it_is_logged_is_withheld() -> None:
    protect_library_logs()
    with every_record() as text:
        for name in LIBRARIES:
            log = logging.getLogger(f"{name}.some.module")
            log.setLevel(logging.DEBUG)
            for level in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL):
                log.log(level, f"{ECHO} 100 %")  # noqa: G004 - what the test is about
                log.log(level, "url=%s %(x)s %5.2f", ECHO)
                log.log(level, "%(url)s", {"url": ECHO}, stack_info=True)
                try:
                    raise ValueError(ECHO)
                except ValueError:
                    log.exception("failed: %s", ECHO)
    assert text.getvalue().count("\n") == len(LIBRARIES) * 5 * 4 * 2
    assert not leaks(text.getvalue())


def test_records_of_everybody_else_stay_as_they_are(caplog: pytest.LogCaptureFixture) -> None:
    protect_library_logs()
    logging.getLogger("urllib3000").warning("as %s", "ever")
    assert caplog.messages == ["as ever"]


def _use_transport() -> None:
    Transport("https://api.geoapify.com", service="geoapify", clock=lambda: 0.0).close()


def _use_client() -> None:
    clients.client.cache_clear()
    clients.client("s3")
    clients.client.cache_clear()


def _use_sandbox() -> None:
    deploy.client("s3", "http://127.0.0.1:9").close()


@pytest.mark.parametrize("use", [_use_transport, _use_client, _use_sandbox, lambda: main(["--version"])])
def test_everything_that_uses_a_library_protects_its_logs_first(use: Callable[[], object]) -> None:
    before = logging.getLogRecordFactory()
    logging.setLogRecordFactory(logging.LogRecord)
    try:
        with every_record() as text:
            use()
            talk()
            logging.getLogger("urllib3.connection").warning("Failed to parse headers (url=%s)", ECHO)
        assert "Failed to parse headers" in text.getvalue()
        assert not leaks(text.getvalue())
    finally:
        logging.setLogRecordFactory(before)
