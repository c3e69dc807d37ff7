"""The user's URL against real sockets: 2xx is taken, everything else is an error; https and public addresses only."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest

from batchdrop.errors import (
    ConfigurationError,
    OutcomeUnknown,
    ServiceBusy,
    ServiceDenied,
    ServiceError,
    ServiceRefused,
)
from batchdrop.transport import Webhook
from tests.services.scripted_server import Script, ScriptedServer, cut, drop, in_chunks, reply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BODY = '{"type":"job.completed","name":"Straße"}'.encode()
SIGNED = {"webhook-id": "msg_1", "webhook-timestamp": "1700000000", "webhook-signature": "v1,AAAA v1,BBBB"}


@pytest.fixture
def play() -> Iterator[Callable[..., tuple[Webhook, ScriptedServer]]]:
    """Make the endpoint of a server that plays scripts."""
    made: list[ScriptedServer] = []

    def start(*scripts: Script, path: str = "/hooks/token-7f3a/") -> tuple[Webhook, ScriptedServer]:
        made.append(server := ScriptedServer(*scripts))
        return Webhook(server.url + path, clock=lambda: 0.0, simulated=True), server

    yield start
    for server in made:
        server.__exit__()


@pytest.mark.parametrize("path", ["/hooks/token-7f3a/", "/a/b;c=%20d", ""])
def test_the_body_and_its_signature_arrive_as_they_are(play: Any, path: str) -> None:
    webhook, server = play(reply(204), path=path)
    webhook.post(BODY, SIGNED)
    (seen,) = server.seen
    assert (seen.method, seen.target, seen.body) == ("POST", path or "/", BODY)
    assert SIGNED.items() <= seen.headers.items()
    assert seen.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    "script",
    [
        reply(200, b"ok"),
        reply(202),
        cut(200, b"half", promised=100),
        in_chunks(200, b"x" * 200_000, last=False),
    ],
)
def test_whatever_comes_with_2xx_it_was_taken(play: Any, script: Script) -> None:
    webhook, server = play(script)
    webhook.post(BODY, SIGNED)
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        (reply(301, Location="http://127.0.0.1:9/"), ServiceRefused),
        (reply(307, Location="/elsewhere"), ServiceRefused),
        (reply(401), ServiceDenied),
        (reply(404), ServiceRefused),
        (reply(410), ServiceRefused),
        (reply(429, Retry_After="77"), ServiceBusy),
        (reply(500), OutcomeUnknown),
        (reply(503), OutcomeUnknown),
        (drop(), OutcomeUnknown),
    ],
)
def test_anything_else_was_not_taken_and_is_not_tried_again_here(
    play: Any, script: Script, kind: type[ServiceError]
) -> None:
    webhook, server = play(script)
    with pytest.raises(kind) as caught:
        webhook.post(BODY, SIGNED)
    assert len(server.seen) == 1
    assert "token-7f3a" not in caught.value.reason
    assert "token-7f3a" not in webhook.place


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8001/events", "http://hooks.example.com/", "https://10.0.0.1/x"]
)
def test_a_url_that_is_not_https_and_public_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="HOST_REFUSED"):
        Webhook(url, clock=lambda: 0.0)


def test_a_name_that_leads_to_a_private_address_is_refused_before_anything_is_sent() -> None:
    def inside(*_: Any) -> Any:
        return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", ("169.254.169.254", 443))]

    webhook = Webhook("https://hooks.example.com/x", clock=lambda: 0.0, resolve=inside)
    with pytest.raises(ConfigurationError, match="not public"):
        webhook.post(BODY, SIGNED)
