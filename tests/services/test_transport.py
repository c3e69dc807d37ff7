"""Transport against real sockets: what is sent, what comes back, and what each trouble is called."""

from __future__ import annotations

import gzip
import logging
import socket
import threading
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest

from batchdrop.errors import (
    BatchdropError,
    ConfigurationError,
    OutcomeUnknown,
    ServiceBusy,
    ServiceDenied,
    ServiceError,
    ServiceRefused,
    ServiceSpokeUnknown,
)
from batchdrop.transport import Transport
from batchdrop.transport.wire import first_that_connects
from tests.services.scripted_server import (
    CUT_GZIP,
    Script,
    ScriptedServer,
    cut,
    drip,
    drop,
    in_chunks,
    raw,
    reply,
    reset,
    silence,
    until_close,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOW = 1_700_000_000.0  # Tue, 14 Nov 2023 22:13:20 GMT
CANARY = "canary-key-7f3a"
OK = reply(200, b'{"ok": true}', close=True)


@pytest.fixture
def play() -> Iterator[Callable[..., tuple[Transport, ScriptedServer]]]:
    """Make a transport to a server that plays scripts."""
    made: list[Any] = []

    def start(*scripts: Script) -> tuple[Transport, ScriptedServer]:
        server = ScriptedServer(*scripts)
        transport = Transport(
            server.url,
            service="geoapify",
            clock=lambda: NOW,
            allow_simulator=True,
            classify_error=lambda status, body: "QUOTA" if b"spent" in body and status != 401 else "",
        )
        made.extend((transport.close, server.__exit__))
        return transport, server

    yield start
    for end in made:
        end()


def ask(transport: Transport, method: str = "GET", **more: Any) -> Any:
    """One call as the services make it, with a canary for a key."""
    body = b'{"text": "canary street"}' if method == "POST" else None
    return transport.send(method, "/v1/batch", params={"apiKey": CANARY}, body=body, **more)


def test_the_request_goes_out_as_written_and_asks_for_no_compression(play: Any) -> None:
    transport, server = play(OK)
    answer = transport.send(
        "POST",
        "/v1/batch",
        params={"tag": "a b&c"},
        headers={"Content-Type": "text/plain"},
        body="ü".encode(),
    )
    assert answer.json() == {"ok": True}
    (seen,) = server.seen
    assert (seen.method, seen.target, seen.body) == ("POST", "/v1/batch?tag=a+b%26c", "ü".encode())
    assert seen.headers["accept-encoding"] == "identity"
    assert seen.headers["content-type"] == "text/plain"


def test_a_file_is_sent_with_its_length(play: Any, tmp_path: Any) -> None:
    transport, server = play(OK)
    (tmp_path / "body").write_bytes(b"x" * 200_000)
    with (tmp_path / "body").open("rb") as body:
        transport.send("POST", "/", body=body)
    assert server.seen[0].headers["content-length"] == "200000"
    assert server.seen[0].body == b"x" * 200_000


def test_proxies_of_the_environment_are_not_used(play: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    transport, _ = play(OK)
    assert ask(transport).status == 200


@pytest.mark.parametrize("status", [301, 302, 303, 304, 307, 308])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_redirect_is_refused_and_never_followed(play: Any, status: int, method: str) -> None:
    _, elsewhere = play(OK)
    transport, server = play(reply(status, Location=elsewhere.url + "/stolen"))
    with pytest.raises(ServiceRefused) as caught:
        ask(transport, method)
    assert caught.value.code == "HOST_REFUSED"
    assert len(server.seen) == 1
    assert elsewhere.seen == []


@pytest.mark.parametrize(
    ("status", "on_get", "on_post"),
    [
        (400, ServiceRefused, ServiceRefused),
        (401, ServiceDenied, ServiceDenied),
        (402, ServiceDenied, ServiceDenied),
        (403, ServiceDenied, ServiceDenied),
        (404, ServiceRefused, ServiceRefused),
        (408, ServiceBusy, OutcomeUnknown),
        (413, ServiceRefused, ServiceRefused),
        (422, ServiceRefused, ServiceRefused),
        (425, ServiceBusy, OutcomeUnknown),
        (429, ServiceBusy, ServiceBusy),
        (500, ServiceBusy, OutcomeUnknown),
        (502, ServiceBusy, OutcomeUnknown),
        (503, ServiceBusy, OutcomeUnknown),
        (504, ServiceBusy, OutcomeUnknown),
    ],
)
def test_every_status_becomes_the_error_that_says_what_to_do(
    play: Any, status: int, on_get: type[ServiceError], on_post: type[ServiceError]
) -> None:
    for method, kind in (("GET", on_get), ("PUT", on_get), ("DELETE", on_get), ("POST", on_post)):
        transport, server = play(reply(status, b"<html>canary-body</html>", X_Correlation_ID="abc-1"))
        with pytest.raises(ServiceError) as caught:
            ask(transport, method)
        assert type(caught.value) is kind, method
        assert caught.value.status == status
        assert caught.value.request_id == "abc-1"
        assert caught.value.where == f"{method} {server.url.removeprefix('http://')}/v1/batch"
        assert len(server.seen) == 1, "a status is an answer: nothing is tried again"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"title":"Input exceeds maximum size limit","status":400,"code":"E6004003"}', "E6004003"),
        (b'{"statusCode":400,"error":"Bad Request","message":"canary street"}', "400"),
        (b"<html>", "400"),
        (b'["E1"]', "400"),
        (b'{"code":"has spaces and canary street"}', "400"),
        (b"", "400"),
    ],
)
def test_a_refusal_carries_the_services_own_code_and_never_its_text(
    play: Any, body: bytes, code: str
) -> None:
    transport, _ = play(reply(400, body))
    with pytest.raises(ServiceRefused) as caught:
        ask(transport)
    assert caught.value.code == code
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("method", "status", "body", "kind", "code"),
    [
        ("POST", 402, b"spent", ServiceDenied, "QUOTA"),
        ("POST", 403, b"spent", ServiceDenied, "QUOTA"),
        ("POST", 429, b"spent", ServiceDenied, "QUOTA"),
        ("GET", 429, b"spent", ServiceDenied, "QUOTA"),
        ("GET", 503, b"spent", ServiceDenied, "QUOTA"),
        ("POST", 503, b"spent", OutcomeUnknown, ""),
        ("POST", 429, b"later", ServiceBusy, ""),
        ("POST", 403, b'{"title":"Forbidden","code":"E403"}', ServiceDenied, "E403"),
        ("POST", 401, b"spent", ServiceDenied, ""),
    ],
)
def test_the_services_hook_decides_whether_an_error_body_says_that_the_plan_is_used_up(
    play: Any, method: str, status: int, body: bytes, kind: type[ServiceError], code: str
) -> None:
    transport, _ = play(reply(status, body, close=True))
    with pytest.raises(ServiceError) as refused:
        ask(transport, method)
    assert type(refused.value) is kind
    assert getattr(refused.value, "code", "") == code


def test_the_hook_sees_a_bounded_part_of_an_error_body_and_holds_for_the_services_other_hosts() -> None:
    seen: list[int] = []

    def look(_status: int, body: bytes) -> str:
        seen.append(len(body))
        return ""

    long = reply(429, b"x" * (1 << 20), close=True)
    with ScriptedServer(long, long) as server:
        transport = Transport(
            server.url, service="x", clock=lambda: NOW, allow_simulator=True, classify_error=look
        )
        for each in (transport, transport.at("https://other.example.org")):
            with pytest.raises(ServiceBusy):
                ask(each)
    assert len(seen) == 2
    assert max(seen) <= 1 << 17


@pytest.mark.parametrize(
    ("header", "date", "seconds"),
    [
        ("120", "", 120.0),
        ("0", "", 0.0),
        ("Tue, 14 Nov 2023 22:14:20 GMT", "", 60.0),
        ("Tue, 14 Nov 2023 22:00:00 GMT", "", 0.0),
        ("Tue, 14 Nov 2023 22:30:00 GMT", "Tue, 14 Nov 2023 22:29:50 GMT", 10.0),
        ("999999999", "", 21_600.0),
        ("-5", "", None),
        ("soon", "", None),
        ("", "", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_date_never_negative_and_capped(
    play: Any, header: str, date: str, seconds: float | None
) -> None:
    headers = {name: value for name, value in (("Retry_After", header), ("Date", date)) if value}
    transport, _ = play(reply(429, b"", close=False, **headers))
    with pytest.raises(ServiceBusy) as caught:
        ask(transport)
    assert caught.value.retry_after == seconds


LOST: dict[str, Script] = {
    "dropped": drop(),
    "reset": reset(),
    "cut body": cut(200, b'{"id": "ab', 500),
    "cut chunks": in_chunks(200, b'{"id": "ab', last=False),
    "cut gzip with length": reply(200, CUT_GZIP, close=True, Content_Encoding="gzip"),
    "cut gzip without length": until_close(200, CUT_GZIP, Content_Encoding="gzip"),
    "broken gzip": reply(200, b"no gzip at all", close=True, Content_Encoding="gzip"),
    "an encoding nobody asked for": reply(200, b"xx", close=True, Content_Encoding="br"),
    "no HTTP": raw(b"SSH-2.0-OpenSSH\r\n"),
    "silence": silence(),
    "dripping head": drip(b"HTTP/1.1 200 OK\r\n", b"X-Slow: 1\r\n"),
    "dripping body": drip(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"x"),
    "dripping body without length": drip(b"HTTP/1.1 200 OK\r\n\r\n", b"x"),
}


def lose(play: Any, method: str, trouble: str) -> tuple[ScriptedServer, ServiceError]:
    """Ask, and lose the answer. On a busy machine a deadline may pass before the request has arrived: then allow more time."""
    for deadline in (0.4, 4, 40):
        transport, server = play(LOST[trouble])
        with pytest.raises(ServiceError) as caught:
            ask(transport, method, deadline=deadline)
        if server.seen:
            return server, caught.value
    raise AssertionError("the request did not arrive")


@pytest.mark.parametrize("trouble", LOST)
def test_a_lost_answer_leaves_a_post_unknown_and_it_is_sent_once(play: Any, trouble: str) -> None:
    server, error = lose(play, "POST", trouble)
    assert isinstance(error, OutcomeUnknown)
    assert len(server.seen) == 1
    assert server.connections == 1
    _is_clean(error)


@pytest.mark.parametrize("trouble", LOST)
def test_a_lost_answer_to_a_look_means_ask_again(play: Any, trouble: str) -> None:
    _, error = lose(play, "GET", trouble)
    assert isinstance(error, ServiceBusy)
    _is_clean(error)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_connection_that_breaks_before_an_answer_is_tried_once_more(play: Any, method: str) -> None:
    transport, server = play(reset(), OK)
    assert ask(transport, method).status == 200
    assert len(server.seen) == 2


def test_a_chunk_of_a_negative_size_is_an_answer_that_broke_off(play: Any) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    transport, _ = play(raw(head + b"-5\r\n{}\r\n"))
    with pytest.raises(ServiceBusy, match="broke off"):
        ask(transport)


@pytest.mark.parametrize("location", ["http://[::", "//[", "\\\\[x", "http://a:b:c:99999999/", "%"])
def test_a_redirect_to_nothing_that_can_be_parsed_is_a_redirect(play: Any, location: str) -> None:
    transport, _ = play(reply(302, Location=location))
    with pytest.raises(ServiceError, match="302"):
        ask(transport)


def test_a_redirect_with_an_endless_body_is_not_read(play: Any) -> None:
    transport, _ = play(drip(b"HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n" + b"x" * 100_000, b"x" * 1000))
    with pytest.raises(ServiceError, match="302"):
        ask(transport, deadline=5.0)


def test_a_body_that_breaks_off_is_not_tried_again_by_itself(play: Any) -> None:
    transport, server = play(cut(200, b"x", 5), OK)
    with pytest.raises(ServiceBusy):
        ask(transport)
    assert len(server.seen) == 1


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_refused_connection_is_a_definite_no(method: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with (
        Transport(
            f"http://127.0.0.1:{port}", service="geoapify", clock=lambda: NOW, allow_simulator=True
        ) as transport,
        pytest.raises(ServiceBusy, match="nothing was sent") as caught,
    ):
        ask(transport, method)
    _is_clean(caught.value)


def test_looks_share_a_connection_but_a_post_never_takes_one_that_was_kept(play: Any) -> None:
    # a kept connection may be closed by the other side at any moment: the post would then be of unknown outcome
    transport, server = play(reply(200, b"{}"))
    ask(transport)
    ask(transport)
    assert server.connections == 1
    ask(transport, "POST")
    ask(transport, "POST")
    assert server.connections == 3


def test_a_kept_connection_that_the_server_closed_does_no_harm(play: Any) -> None:
    transport, server = play(reply(200, b"{}"))
    ask(transport)
    server.hang_up()
    assert ask(transport).status == 200


@pytest.mark.parametrize(("method", "kind"), [("GET", ServiceSpokeUnknown), ("POST", OutcomeUnknown)])
@pytest.mark.parametrize("body", [b"<html>ok</html>", b"[1]", b"\xff{}", b'{"a":', b"[" * 100_000, b""])
def test_an_answer_that_is_no_json_object_is_not_believed(
    play: Any, method: str, kind: type[ServiceError], body: bytes
) -> None:
    transport, _ = play(reply(200, body, close=True))
    answer = ask(transport, method)
    with pytest.raises(kind) as caught:
        answer.json()
    _is_clean(caught.value)


def test_text_is_utf8_although_no_charset_is_named(play: Any) -> None:
    transport, _ = play(reply(200, "Straße".encode(), close=True, Content_Type="text/plain"))
    assert ask(transport).text() == "Straße"


def test_a_gzip_answer_is_unpacked_member_by_member(play: Any) -> None:
    packed = gzip.compress(b'{"a": ') + gzip.compress(b"1}")
    transport, _ = play(in_chunks(200, packed[:7], packed[7:], Content_Encoding="gzip"))
    assert ask(transport).json() == {"a": 1}


@pytest.mark.parametrize(("method", "kind"), [("GET", ServiceSpokeUnknown), ("POST", OutcomeUnknown)])
@pytest.mark.parametrize("packed", [True, False])
def test_an_answer_over_the_limit_is_not_read(
    play: Any, method: str, kind: type[ServiceError], packed: bool
) -> None:
    body = gzip.compress(bytes(50_000_000)) if packed else bytes(2_000_000)
    headers = {"Content_Encoding": "gzip"} if packed else {}
    transport, _ = play(reply(200, body, close=True, **headers))
    with pytest.raises(kind, match="longer than 1000000 bytes"):
        ask(transport, method, max_bytes=1_000_000)


@pytest.mark.parametrize(("method", "kind"), [("GET", ServiceSpokeUnknown), ("POST", OutcomeUnknown)])
def test_an_answer_that_unfolds_far_beyond_its_size_is_not_read(
    play: Any, method: str, kind: type[ServiceError]
) -> None:
    transport, _ = play(reply(200, gzip.compress(bytes(30_000_000)), close=True, Content_Encoding="gzip"))
    with pytest.raises(kind, match="expands too much"):
        ask(transport, method, max_bytes=1 << 30)


def test_a_large_download_is_streamed_in_bounded_memory(play: Any) -> None:
    part = b"z" * (1 << 20)
    transport, _ = play(in_chunks(200, *[part] * 24))
    with transport.stream("GET", "/big") as incoming:
        tracemalloc.start()
        try:
            size = sum(map(len, incoming))
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert size == 24 << 20
    assert peak < 4 << 20


def test_a_stream_that_nobody_reads_can_be_left(play: Any) -> None:
    before = set(threading.enumerate())
    transport, _ = play(reply(200, b"x" * 100_000), OK)
    with transport.stream("GET", "/") as incoming:
        assert incoming.status == 200
    assert ask(transport).status == 200
    for thread in set(threading.enumerate()) - before:
        if isinstance(thread, threading.Timer):
            thread.join(60)  # cancelled, it ends at once; forgotten, it would wait for its deadline
            assert not thread.is_alive()


@pytest.mark.parametrize(
    "base",
    [
        "http://api.geoapify.com",
        "https://127.0.0.1",
        "https://10.0.0.1/v1",
        "https://169.254.169.254/latest",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[fd00::1]/",
        "https://user:pw@api.geoapify.com",
        "https://api.geoapify.com/?apiKey=canary",
        "https://",
        "ftp://api.geoapify.com",
        "http://localhost:80",
        "http://127.0.0.2:80",
        "http://127.0.0.1@evil.example",
        "https://api.geoapify.com:port",
        "",
    ],
)
def test_a_base_against_the_host_rule_is_a_setting_to_correct(base: str) -> None:
    with pytest.raises(ConfigurationError, match="HOST_REFUSED") as caught:
        Transport(base, service="geoapify", clock=lambda: NOW, allow_simulator=True)
    assert "canary" not in str(caught.value)
    assert "pw" not in str(caught.value)


def test_simulators_are_refused_unless_allowed() -> None:
    with pytest.raises(ConfigurationError, match="HOST_REFUSED"):
        Transport("http://127.0.0.1:8080", service="geoapify", clock=lambda: NOW)


@pytest.mark.parametrize(
    "addresses",
    [["10.1.2.3"], ["8.8.8.8", "192.168.0.1"], ["fe80::1%eth0"], ["64:ff9b::a00:1"], ["127.0.0.1"]],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_name_with_an_address_that_is_not_public_is_not_connected_to(
    addresses: list[str], method: str
) -> None:
    def resolve(_: str, port: int, *__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    with (
        Transport(
            "https://api.example.org", service="geoapify", clock=lambda: NOW, resolve=resolve
        ) as transport,
        pytest.raises(ConfigurationError, match="HOST_REFUSED") as caught,
    ):
        ask(transport, method)
    _is_clean(caught.value)


def test_a_name_that_does_not_resolve_is_a_definite_no() -> None:
    def resolve(*_: Any) -> list[Any]:
        raise socket.gaierror(-2, "Name or service not known")

    with (
        Transport(
            "https://api.example.org", service="geoapify", clock=lambda: NOW, resolve=resolve
        ) as transport,
        pytest.raises(ServiceBusy, match="nothing was sent") as caught,
    ):
        ask(transport, "POST")
    _is_clean(caught.value)


def test_the_next_address_is_tried_when_one_does_not_answer(play: Any) -> None:
    _, server = play(OK)
    port = int(server.url.rpartition(":")[2])
    with first_that_connects(["127.0.0.2", "127.0.0.1"], port, 5.0) as connection:
        assert connection.getpeername() == ("127.0.0.1", port)
    with pytest.raises(OSError, match="refused"):
        first_that_connects(["127.0.0.2"], port, 5.0)


def test_no_log_record_holds_the_key(play: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for script in (OK, drop(), reply(500), reply(302, Location="/x")):
        transport, _ = play(script)
        try:
            ask(transport)
        except ServiceError:
            logging.getLogger("test").exception("failed")
    assert len(caplog.records) == 3
    assert "canary" not in caplog.text


def _is_clean(error: BatchdropError) -> None:
    """No key and no address in the error, its attributes, or anything chained to it."""
    chain: list[BaseException | None] = [error, error.__cause__, error.__context__]
    told = [
        text
        for one in chain
        if one is not None
        for text in (str(one), repr(one), repr(vars(one)), repr(one.args))
    ]
    assert "canary" not in " ".join(told)
