"""HERE's tokens: signed as published, kept until shortly before their end, made anew when refused."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchdrop.errors import ConfigurationError, OutcomeUnknown, ServiceBusy, ServiceDenied
from batchdrop.ports import Ticket
from batchdrop.services import build
from batchdrop.services.here_auth import HereAuth
from batchdrop.services.here_auth.access import EARLY
from batchdrop.services.here_auth.signing import authorization, base_string, signature
from batchdrop.transport import Transport
from batchdrop_sandbox.simulators.clock import Clock
from batchdrop_sandbox.simulators.here_account.settings import ACCESS_KEY_ID, ACCESS_KEY_SECRET, CLIENT_ID
from batchdrop_sandbox.simulators.here_account.signature import is_signed, read_header
from batchdrop_sandbox.simulators.server import SimulatorServer
from tests.services.bench import batch_of
from tests.services.scripted_server import ScriptedServer, reply

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SECRET = {"accessKeyId": ACCESS_KEY_ID, "accessKeySecret": ACCESS_KEY_SECRET}
URL = "https://www.sampleurl.com/some/path"
OAUTH = [
    ("oauth_consumer_key", "testKey"),
    ("oauth_nonce", "ab1Xo3"),
    ("oauth_signature_method", "HMAC-SHA256"),
    ("oauth_timestamp", "123456789"),
    ("oauth_version", "1.0"),
]
FORM = [("key1", "value1"), ("key1", "value2"), ("key2", "value1")]
BASE = (
    "POST&https%3A%2F%2Fwww.sampleurl.com%2Fsome%2Fpath&{}oauth_consumer_key%3DtestKey%26oauth_nonce%3Dab1Xo3%26"
    "oauth_signature_method%3DHMAC-SHA256%26oauth_timestamp%3D123456789%26oauth_version%3D1.0"
)
# vectors published with heremaps/here-aaa-java-sdk, SignatureCalculatorTest.java
VECTORS = [
    ([], BASE.format(""), "FeKRSQawLAt3GwVBYCJqY2lawFkEHs2u78MfT7m1P+A="),
    (
        FORM,
        BASE.format("key1%3Dvalue1%26key1%3Dvalue2%26key2%3Dvalue1%26"),
        "THFhaWB1Lbp/SVU+FSc/ix4CS6LpNY1suaZBSKQ4na4=",
    ),
]


@pytest.mark.parametrize(("form", "base", "signed"), VECTORS, ids=["no fields", "fields"])
def test_the_published_vectors_come_out(form: list[tuple[str, str]], base: str, signed: str) -> None:
    assert base_string("post", URL, [*OAUTH, *form]) == base
    assert signature("POST", URL, [*OAUTH, *form], "testSecret") == signed
    header = authorization(
        "POST", URL, form, key="testKey", secret="testSecret", timestamp=123456789, nonce="ab1Xo3"
    )
    assert header.startswith('OAuth oauth_consumer_key="testKey", oauth_signature_method="HMAC-SHA256", ')
    assert header.endswith('oauth_timestamp="123456789", oauth_nonce="ab1Xo3", oauth_version="1.0"')
    assert f'oauth_signature="{signed.replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")}"' in header


def test_form_and_query_are_signed_together_and_a_default_port_is_left_out() -> None:
    both = "bw5G7oIjsicO2Lp8rNa1H0bNj3Pkv+5aP2g9EedRpxI="
    assert signature("POST", URL, [*OAUTH, *FORM, *FORM], "testSecret") == both
    assert signature("POST", URL.replace(".com", ".com:443"), [*OAUTH, *FORM, *FORM], "testSecret") == both
    assert signature("POST", URL.replace(".com", ".com:8443"), [*OAUTH, *FORM, *FORM], "testSecret") != both


@given(
    st.lists(st.tuples(st.text(min_size=1, max_size=8), st.text(max_size=8)), max_size=4),
    st.text(min_size=1, max_size=12),
)
def test_what_is_signed_here_is_found_signed_there(form: list[tuple[str, str]], secret: str) -> None:
    form = [
        (name.encode(errors="replace").decode(), value.encode(errors="replace").decode())
        for name, value in form
    ]
    secret = secret.encode(errors="replace").decode()
    header = authorization("POST", URL, form, key="k", secret=secret, timestamp=5, nonce="n")
    assert is_signed("POST", URL, read_header(header), form, secret)
    assert not is_signed("POST", URL, read_header(header), [*form, ("x", "y")], secret)


@dataclass
class Login:
    """HereAuth against the simulated HERE Account. `skew`: how far our clock is ahead of the simulator's."""

    server: SimulatorServer
    skew: float = 0.0
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.auth = HereAuth(self._transport)

    def _transport(self, base: str) -> Transport:
        self.asked.append(base)
        return Transport(
            self.server.urls["here_account"],
            service="here_account",
            clock=lambda: self.server.clock.now() + self.skew,
            allow_simulator=True,
        )

    def token(self, *, fresh: bool = False, scope: str = "", secret: Mapping[str, str] = SECRET) -> str:
        access = self.auth.access(secret, fresh=fresh, scope=scope)
        assert not access.params
        kind, _, text = access.headers["Authorization"].partition(" ")
        assert kind == "Bearer"
        return text

    def calls(self, name: str = "token") -> int:
        count: int = self.server.ledger.snapshot().get("here_account", {}).get("calls", {}).get(name, 0)
        return count

    def configure(self, **settings: Any) -> None:
        self.server.behaviours["here_account"].configure(settings)

    def fault(self, kind: str, call: str = "token", **more: Any) -> None:
        self.server.faults.add({"service": "here_account", "call": call, "kind": kind, **more})


@pytest.fixture
def login() -> Iterator[Login]:
    with SimulatorServer.start(
        services=["here_account", "here_batch_v7"], clock=Clock(start=1_760_000_000.0, speed=0)
    ) as server:
        yield Login(server)


def test_an_api_key_needs_no_token(login: Login) -> None:
    access = login.auth.access({"apiKey": " k1 "}, fresh=True)
    assert (dict(access.params), dict(access.headers)) == ({"apiKey": "k1"}, {})
    assert not login.asked
    assert "k1" not in repr(access)


def test_a_token_is_asked_for_once_and_again_shortly_before_it_ends(login: Login) -> None:
    login.configure(token_seconds=3600)
    first = login.token()
    login.server.clock.advance(3600 - EARLY - 1)
    assert login.token() == first
    login.server.clock.advance(1)
    assert login.token() != first
    assert login.calls() == 2


def test_a_token_that_lives_shortly_is_used_for_half_of_its_life(login: Login) -> None:
    login.configure(token_seconds=60)
    first = login.token()
    login.server.clock.advance(29)
    assert login.token() == first
    login.server.clock.advance(1)
    assert login.token() != first


@pytest.mark.parametrize("lives", [None, "3600", -1, 0, True])
def test_a_token_without_a_proper_life_is_used_once(login: Login, lives: Any) -> None:
    body = {"access_token": "abc", "token_type": "Bearer", "expires_in": lives}
    login.fault("status", status=200, body=body, times=2)
    assert [login.token(), login.token()] == ["abc", "abc"]
    assert login.calls() == 2


def test_every_attempt_has_a_nonce_of_its_own(login: Login) -> None:
    # the simulator refuses a nonce that was used before
    assert len({login.token(fresh=True) for _ in range(20)}) == 20


def test_each_scope_and_each_key_has_a_token_of_its_own(login: Login) -> None:
    project = "hrn:here:authorization::myrealm:project/myproject"
    plain, scoped = login.token(), login.token(scope=project)
    assert plain != scoped
    assert login.token(secret={**SECRET, "scope": project}) == scoped
    login.configure(key_pairs={"other": "secret", ACCESS_KEY_ID: ACCESS_KEY_SECRET})
    assert login.token(secret={"accessKeyId": "other", "accessKeySecret": "secret"}) not in (plain, scoped)
    assert login.token() == plain


@pytest.mark.parametrize("skew", [-7200, 7200])
def test_a_clock_that_is_wrong_is_corrected_once_and_for_good(login: Login, skew: float) -> None:
    login.skew = skew
    assert login.token()
    assert (login.calls(), login.calls("timestamp")) == (2, 1)
    assert login.token(fresh=True)
    assert (login.calls(), login.calls("timestamp")) == (3, 1)


def test_the_date_of_the_answer_serves_where_there_is_no_timestamp() -> None:
    refusal = json.dumps({"errorCode": 401204}).encode()
    token = json.dumps({"access_token": "abc", "token_type": "Bearer", "expires_in": 60}).encode()
    script = reply(401, refusal), reply(200, b"{}", Date="Thu, 09 Oct 2025 08:53:20 GMT"), reply(200, token)
    with (
        ScriptedServer(*script) as server,
        Transport(server.url, service="x", clock=lambda: 0.0, allow_simulator=True) as transport,
    ):
        access = HereAuth(lambda _: transport).access(SECRET, fresh=False)
        assert access.headers == {"Authorization": "Bearer abc"}
        stamps = [
            read_header(seen.headers["authorization"])["oauth_timestamp"]
            for seen in (server.seen[0], server.seen[2])
        ]
    assert stamps == ["0", "1760000000"]


@pytest.mark.parametrize("trouble", [{"kind": "status", "status": 500}, {"kind": "html"}])
def test_a_clock_that_cannot_be_corrected_is_a_refusal(login: Login, trouble: dict[str, Any]) -> None:
    login.skew = 7200
    login.fault(**trouble, call="timestamp", times=2, headers={"Date": "no date"})
    with pytest.raises(ServiceDenied) as caught:
        login.token()
    assert caught.value.code == "401204"


@pytest.mark.parametrize(
    ("secret", "code"),
    [
        ({**SECRET, "accessKeySecret": "wrong"}, "401300"),
        ({**SECRET, "accessKeyId": CLIENT_ID}, "401310"),
        ({**SECRET, "scope": "no project"}, "400981"),
    ],
)
def test_a_refused_key_or_scope_is_denied_with_heres_code_and_tells_no_secret(
    login: Login, secret: dict[str, str], code: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(ServiceDenied) as caught:
        login.token(secret=secret)
    assert caught.value.code == code
    told = caplog.text + repr(caught.value) + str(vars(caught.value))
    assert not [value for value in secret.values() if value in told]


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"kind": "drop_after"}, ServiceBusy),
        ({"kind": "status", "status": 500}, ServiceBusy),
        ({"kind": "status", "status": 429, "retry_after": 7}, ServiceBusy),
        ({"kind": "truncate"}, ServiceBusy),
        ({"kind": "status", "status": 404}, ServiceDenied),
        ({"kind": "status", "status": 403}, ServiceDenied),
        ({"kind": "redirect"}, ConfigurationError),
        ({"kind": "html"}, ConfigurationError),
        ({"kind": "status", "status": 200, "body": {"token_type": "bearer"}}, ConfigurationError),
        ({"kind": "status", "status": 200, "body": {"access_token": "a\nb"}}, ConfigurationError),
        ({"kind": "status", "status": 200, "body": {"access_token": "a", "token_type": "mac"}}, ConfigurationError),
    ],
)  # fmt: skip
def test_trouble_with_the_token_is_never_an_unknown_outcome_nor_a_refused_batch(
    login: Login, fault: dict[str, Any], kind: type[Exception]
) -> None:
    login.fault(**fault)
    with pytest.raises(kind) as caught:
        login.token()
    assert type(caught.value) is kind
    assert login.token(), "and the next attempt is as good as any"


@pytest.mark.parametrize(
    "secret",
    [
        {},
        {"apiKey": " "},
        {"accessKeyId": "a"},
        {"accessKeySecret": "a"},
        {**SECRET, "tokenUrl": "here"},
        {**SECRET, "tokenUrl": "https://account.api.here.com"},
        {**SECRET, "tokenUrl": "https://account.api.here.com/x?y=z"},
        {**SECRET, "tokenUrl": "https://[x/y"},
    ],
)
def test_a_secret_that_cannot_be_used_is_a_setting_to_correct(login: Login, secret: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        login.auth.access(secret, fresh=False)
    assert ACCESS_KEY_SECRET not in str(caught.value)
    assert login.calls() == 0


def test_the_tokens_host_is_the_secrets_or_heres_own(login: Login) -> None:
    login.token()
    with pytest.raises(ServiceDenied):  # the simulator has no such path
        login.token(secret={**SECRET, "tokenUrl": "https://account.example.com/other/token"})
    assert login.asked == ["https://account.api.here.com", "https://account.example.com"]


def test_without_a_host_for_tokens_access_keys_are_refused() -> None:
    with pytest.raises(ConfigurationError):
        HereAuth(None).access(SECRET, fresh=False)


# a service with access keys


@dataclass
class Shop:
    """here_batch_v7 with a secret that can be rotated. `secrets`: what is read, the next one when it is read afresh."""

    login: Login
    secrets: list[dict[str, str]] = field(default_factory=lambda: [dict(SECRET)])
    reads: list[bool] = field(default_factory=list)

    def __post_init__(self) -> None:
        urls = self.login.server.urls
        self.service = build(
            "here_batch_v7",
            base_url=urls["here_batch_v7"],
            credentials=self._read,
            clock=self.login.server.clock.now,
            simulated=True,
            account_url=urls["here_account"],
        )

    def _read(self, fresh: bool) -> Mapping[str, str]:
        self.reads.append(fresh)
        if fresh and len(self.secrets) > 1:
            self.secrets.pop(0)
        return self.secrets[0]

    def submits(self) -> int:
        count: int = self.login.server.ledger.snapshot().get("here_batch_v7", {}).get("jobs", 0)
        return count


def test_a_whole_job_goes_with_one_token(login: Login) -> None:
    shop = Shop(login)
    batch = batch_of([{"text": "Berlin"}])
    ticket = shop.service.create(batch)
    shop.service.start(ticket)
    shop.service.check(ticket)
    login.server.clock.advance(3600)
    assert [part.name for part in shop.service.fetch(ticket) if b"".join(part.chunks)] == ["results.txt"]
    assert shop.service.find(batch) == [ticket]
    assert login.calls() == 1
    assert set(shop.reads) == {False}


def test_a_token_that_ended_early_is_made_anew_and_the_call_is_repeated_once(login: Login) -> None:
    shop = Shop(login)
    ticket = shop.service.create(batch_of([{"text": "Berlin"}]))
    login.server.world.tokens.end("here_account", [ACCESS_KEY_ID])
    shop.service.start(ticket)
    assert shop.reads == [False, False, True]
    assert login.calls() == 2


def test_a_key_rotated_in_the_middle_of_a_job_is_read_afresh(login: Login) -> None:
    shop = Shop(login, [dict(SECRET), {"accessKeyId": "new", "accessKeySecret": "newer"}])
    ticket = shop.service.create(batch_of([{"text": "Berlin"}]))
    login.configure(key_pairs={"new": "newer"}, tokens_end_with_their_key=True)
    login.server.world.tokens.end("here_account", [ACCESS_KEY_ID])
    shop.service.start(ticket)
    assert shop.reads == [False, False, True]
    shop.service.check(ticket)
    assert login.calls() == 2


def test_a_rotated_key_is_read_afresh_when_it_is_the_token_call_that_refuses_it(login: Login) -> None:
    shop = Shop(login, [{**SECRET, "accessKeySecret": "old"}, dict(SECRET)])
    shop.service.create(batch_of([{"text": "Berlin"}]))
    assert shop.reads == [False, True]
    assert shop.submits() == 1


def test_access_keys_win_over_an_api_key(login: Login) -> None:
    shop = Shop(login, [{**SECRET, "apiKey": "refused-key"}])
    shop.service.create(batch_of([{"text": "Berlin"}]))
    assert login.calls() == 1


def test_a_lost_token_is_no_lost_batch(login: Login) -> None:
    shop = Shop(login)
    login.fault("drop_after")
    with pytest.raises(ServiceBusy):
        shop.service.create(batch_of([{"text": "Berlin"}]))
    login.server.faults.add({"service": "here_batch_v7", "call": "submit", "kind": "drop_after"})
    with pytest.raises(OutcomeUnknown):
        shop.service.create(batch_of([{"text": "Berlin"}]))


def test_a_key_that_stays_refused_is_tried_twice_and_no_more(login: Login) -> None:
    shop = Shop(login, [{**SECRET, "accessKeySecret": "wrong"}])
    with pytest.raises(ServiceDenied):
        shop.service.check(Ticket("JOB-1"))
    assert shop.reads == [False, True]
    assert login.calls() == 2


@pytest.mark.parametrize("account_url", ["", "https://account.api.here.com"])
def test_a_simulated_service_never_asks_the_real_host_for_a_token(login: Login, account_url: str) -> None:
    service = build(
        "here_batch_v7",
        base_url=login.server.urls["here_batch_v7"],
        credentials=lambda _: SECRET,
        clock=login.server.clock.now,
        simulated=True,
        account_url=account_url,
    )
    with pytest.raises(ConfigurationError, match="HOST_REFUSED"):
        service.check(Ticket("JOB-1"))
