"""No log of a library holds a key, an address or a webhook's path, whatever an answer looks like and whatever level is set."""

from __future__ import annotations

import io
import logging
import socket
import ssl
import traceback
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import boto3
import pytest
import requests
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from batchdrop import library_logs
from batchdrop.aws import clients
from batchdrop.errors import BatchdropError
from batchdrop.library_logs import LIBRARIES, protect_library_logs
from batchdrop.observe import logger
from batchdrop.transport import Transport, Webhook, client
from batchdrop_cli.main import main
from batchdrop_sandbox import deploy
from tests.services.answer_kinds import build_answers
from tests.services.log_capture import capture_all_logs, set_all_to_debug
from tests.services.scripted_server import (
    Script,
    ScriptedServer,
    drop,
    raw,
    reply,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

KEY, ADDRESS, TOKEN = "canary-key-41c9", "Canaryweg 7", "canary-path-88d2"
CANARIES = (KEY, ADDRESS, "Canaryweg", TOKEN)
ECHO = f"{ADDRESS}?apiKey={KEY}&token={TOKEN}"
"""What a careless server repeats of the request."""

ANSWERS = build_answers(ECHO)
_E = ECHO.encode()
TIMES = 6


def leaks(text: str) -> list[str]:
    """The lines that hold a canary."""
    return [line for line in text.splitlines() if any(word in line for word in CANARIES)]


def describe(error: BaseException | None) -> Iterator[str]:
    """Yield what is known of an error and of those before it: nothing here is redacted."""
    while error is not None:
        yield from (str(error), repr(error), repr(error.args), repr(getattr(error, "__dict__", "")))
        yield from traceback.format_exception(error, chain=False)
        error = error.__cause__ or error.__context__


def ask(server: ScriptedServer, text: io.StringIO) -> None:
    """Ask every way the product asks; log every error as a function would, and write all that is known of it to `text`."""

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
            set_all_to_debug()
            try:
                call()
            except BatchdropError as error:
                logger.exception("failed")
                text.writelines(describe(error))


def find_leaks(names: Iterable[str]) -> tuple[int, dict[str, list[str]]]:
    """Ask for answers of these kinds; return how many exchanges there were, and lines that hold a canary by kind."""
    exchanges, leaking = 0, {}
    for name in names:
        with capture_all_logs() as text, ScriptedServer(ANSWERS[name]) as server:
            ask(server, text)
            exchanges += len(server.seen)
        if found := leaks(text.getvalue()):
            leaking[name] = found[:2]
    return exchanges, leaking


def test_a_thousand_answers_of_every_kind_leave_no_canary_in_any_log_or_error() -> None:
    exchanges, leaking = find_leaks(ANSWERS)
    assert leaking == {}
    assert len(ANSWERS) >= 28
    assert exchanges >= 1000


def test_without_the_protection_of_library_logs_canaries_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library_logs, "_remove_data", lambda _record: None)
    names = ("a header line without a colon", "a malformed header and a redirect", "a good answer")
    _, leaking = find_leaks(names)
    assert set(leaking) == set(names)


def test_without_the_comparison_with_the_request_its_key_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "_sent", lambda _request: lambda _text: False)
    names = {name for name in ANSWERS if name.endswith("is the key")}
    _, leaking = find_leaks(names)
    assert set(leaking) == names
    assert names


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
    with capture_all_logs() as text, ScriptedServer(script) as server:
        set_all_to_debug()
        with suppress(requests.RequestException, ssl.SSLError, ValueError):
            call(server)
    assert "urllib3" in text.getvalue()
    assert not leaks(text.getvalue())


@pytest.mark.parametrize("name", ["a header line without a colon", "a status line that is none", "an error"])
def test_botocore_and_s3transfer_say_nothing_of_a_call(name: str) -> None:
    protect_library_logs()
    with capture_all_logs() as text, ScriptedServer(ANSWERS[name]) as server:
        set_all_to_debug()
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
    with capture_all_logs() as text:
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
        with capture_all_logs() as text:
            use()
            set_all_to_debug()
            logging.getLogger("urllib3.connection").warning("Failed to parse headers (url=%s)", ECHO)
        assert "Failed to parse headers" in text.getvalue()
        assert not leaks(text.getvalue())
    finally:
        logging.setLogRecordFactory(before)
