"""HERE Account: signatures that are really checked, and tokens that the other simulators take until they expire."""

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from batchdrop_sandbox.simulators.here_account.behaviour import TokenCall
from batchdrop_sandbox.simulators.here_account.settings import ACCESS_KEY_ID, CLIENT_ID
from batchdrop_sandbox.simulators.here_account.signature import base_string, signature
from batchdrop_sandbox.simulators.keys import Bearer
from tests.services.simulators.signing import FORM, authorization, form_call

if TYPE_CHECKING:
    from batchdrop_sandbox.simulators.reply import Reply
    from tests.services.simulators.scene import Scene

PROJECT = "hrn:here:authorization::myrealm:project/myproject"
SAMPLE = "https://www.sampleurl.com/some/path"
OAUTH = [
    ("oauth_consumer_key", "testKey"),
    ("oauth_nonce", "ab1Xo3"),
    ("oauth_signature_method", "HMAC-SHA256"),
    ("oauth_timestamp", "123456789"),
    ("oauth_version", "1.0"),
]
FIELDS = [("key1", "value1"), ("key1", "value2"), ("key2", "value1")]


def ask(scene: "Scene", *extra: tuple[str, str], **how: str) -> "Reply":
    return scene.here_account.token(form_call(scene.clock.now(), *extra, **how))


def code_of(reply: "Reply") -> int:
    code: int = reply.json()["errorCode"]
    return code


def token_of(scene: "Scene", *extra: tuple[str, str]) -> Bearer:
    return Bearer(ask(scene, *extra).json()["access_token"])


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ([], "FeKRSQawLAt3GwVBYCJqY2lawFkEHs2u78MfT7m1P+A="),
        (FIELDS, "THFhaWB1Lbp/SVU+FSc/ix4CS6LpNY1suaZBSKQ4na4="),
        ([*FIELDS, *FIELDS], "bw5G7oIjsicO2Lp8rNa1H0bNj3Pkv+5aP2g9EedRpxI="),
    ],
    ids=["no other parameters", "form fields", "form fields and query"],
)
@pytest.mark.parametrize("url", [SAMPLE, SAMPLE.replace(".com", ".com:443")])
def test_the_signature_is_that_of_the_published_vectors(
    url: str, others: list[tuple[str, str]], expected: str
) -> None:
    assert signature("POST", url, [*others, *OAUTH], "testSecret") == expected


def test_the_base_string_is_that_of_the_published_vector() -> None:
    assert base_string("POST", SAMPLE, [*FIELDS, *OAUTH]) == (
        "POST&https%3A%2F%2Fwww.sampleurl.com%2Fsome%2Fpath&key1%3Dvalue1%26key1%3Dvalue2%26key2%3Dvalue1%26"
        "oauth_consumer_key%3DtestKey%26oauth_nonce%3Dab1Xo3%26oauth_signature_method%3DHMAC-SHA256%26"
        "oauth_timestamp%3D123456789%26oauth_version%3D1.0"
    )


def test_odd_characters_are_encoded_as_rfc_3986_says() -> None:
    assert base_string("post", "HTTP://Host:80/a?x=1", [("a b", "*~+é")]) == (
        "POST&http%3A%2F%2Fhost%2Fa&a%2520b%3D%252A~%252B%25C3%25A9"
    )


def test_a_form_is_answered_in_snake_case(scene: "Scene") -> None:
    reply = ask(scene, ("expires_in", "3600"), ("scope", PROJECT))
    answer = reply.json()
    assert reply.status == 200
    assert answer == {
        "access_token": answer["access_token"],
        "token_type": "bearer",
        "expires_in": 3600,
        "scope": PROJECT,
    }


def test_json_is_answered_in_camel_case_and_is_not_signed(scene: "Scene") -> None:
    body = json.dumps({"grantType": "client_credentials", "expiresIn": 10, "deviceId": "d1"}).encode()
    reply = scene.here_account.token(
        TokenCall(authorization(scene.clock.now()), "application/json; charset=utf-8", body)
    )
    assert reply.status == 200, reply.body
    assert set(reply.json()) == {"accessToken", "tokenType", "expiresIn", "deviceId"}


def test_a_form_that_was_changed_after_signing_is_a_mismatch(scene: "Scene") -> None:
    call = form_call(scene.clock.now())
    changed = replace(call, body=call.body + b"&expires_in=1")
    assert code_of(scene.here_account.token(changed)) == 401300
    assert scene.here_account.token(call).status == 200


def test_the_query_is_part_of_the_signature(scene: "Scene") -> None:
    fields = (("grant_type", "client_credentials"), ("q", "1"))
    header = authorization(scene.clock.now(), fields=fields)
    call = TokenCall(header, FORM, b"grant_type=client_credentials", pairs=(("q", "1"),))
    assert scene.here_account.token(replace(call, pairs=())).status == 401
    assert scene.here_account.token(call).status == 200


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ({"secret": "wrong"}, 401300),
        ({"key": "nobody"}, 401300),
        ({"key": CLIENT_ID}, 401310),
        ({"oauth_version": "2.0"}, 401206),
        ({"oauth_signature_method": "HMAC-SHA1"}, 401205),
        ({"oauth_timestamp": "soon"}, 401202),
        ({"oauth_timestamp": "9" * 400}, 401202),
        ({"url": "https://account.api.here.com/other"}, 401300),
    ],
)
def test_a_wrong_signature_is_refused_with_its_own_code(
    scene: "Scene", how: dict[str, str], code: int
) -> None:
    reply = ask(scene, **how)
    assert (reply.status, code_of(reply)) == (401, code)
    assert reply.json()["errorId"].startswith("ERROR-")


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("", 401200),
        ("Basic abc", 401202),
        ('OAuth oauth_nonce="1"', 401202),
        ("OAuth ", 401202),
    ],
)
def test_a_header_that_is_no_signature_is_malformed(scene: "Scene", header: str, code: int) -> None:
    call = replace(form_call(scene.clock.now()), authorization=header)
    assert code_of(scene.here_account.token(call)) == code


def test_a_doubled_parameter_is_malformed(scene: "Scene") -> None:
    call = form_call(scene.clock.now())
    doubled = replace(call, authorization=f'{call.authorization}, oauth_version="1.0"')
    assert code_of(scene.here_account.token(doubled)) == 401202


def test_a_nonce_is_good_once(scene: "Scene") -> None:
    assert ask(scene, nonce="same").status == 200
    assert code_of(ask(scene, nonce="same")) == 401207
    assert ask(scene, nonce="fresh").status == 200


def test_a_call_that_was_refused_does_not_use_up_its_nonce(scene: "Scene") -> None:
    assert code_of(ask(scene, nonce="same", secret="wrong")) == 401300
    assert ask(scene, nonce="same").status == 200


@pytest.mark.parametrize(("off", "status"), [(299, 200), (-299, 200), (302, 401), (-302, 401)])
def test_a_timestamp_must_be_near_the_service_s(scene: "Scene", off: float, status: int) -> None:
    reply = scene.here_account.token(form_call(scene.clock.now() + off))
    assert reply.status == status
    if status == 401:
        assert code_of(reply) == 401204
        now = scene.here_account.timestamp().json()["timestamp"]
        assert scene.here_account.token(form_call(now)).status == 200


@pytest.mark.parametrize(
    ("kind", "body", "code"),
    [
        ("", b"", "400003"),
        ("text/plain", b"", "400004"),
        ("application/json", b"{", "400002"),
        ("application/json", b"[]", "400002"),
        ("application/json", b"{}", "400200"),
        ("application/json", b'{"grantType": "password"}', "400200"),
        ("application/json", b'{"grantType": "client_credentials", "expiresIn": -1}', "400200"),
        ("application/json", b'{"grantType": "client_credentials", "expiresIn": true}', "400200"),
        ("application/json", b'{"grantType": "client_credentials", "scope": "all"}', "400200"),
        (
            "application/json",
            f'{{"grantType": "client_credentials", "scope": "{PROJECT} {PROJECT}"}}',
            "400981",
        ),
    ],
)
def test_a_body_that_is_wrong_is_refused_in_the_token_call_s_own_shape(
    scene: "Scene", kind: str, body: bytes | str, code: str
) -> None:
    raw = body if isinstance(body, bytes) else body.encode()
    reply = scene.here_account.token(TokenCall(authorization(scene.clock.now()), kind, raw))
    answer = reply.json()
    assert (reply.status, answer["code"]) == (400, code)
    assert set(answer) >= {"title", "status", "cause", "action", "correlationId", "error"}


def test_the_wrong_field_is_named_with_its_own_code(scene: "Scene") -> None:
    call = TokenCall(authorization(scene.clock.now()), "application/json", b'{"grantType": "x"}')
    answer = scene.here_account.token(call).json()
    assert (answer["error"], answer["errorFields"][0]["errorCode"]) == ("unsupported_grant_type", 400290)


def test_a_client_that_is_no_member_of_the_project_is_forbidden(scene: "Scene") -> None:
    scene.here_account.configure({"forbidden_scopes": [PROJECT]})
    reply = ask(scene, ("scope", PROJECT))
    assert (reply.status, code_of(reply)) == (403, 403109)
    assert ask(scene).status == 200


def test_too_many_calls_are_refused(scene: "Scene") -> None:
    scene.here_account.configure({"requests_per_second": 1})
    assert ask(scene).status == 200
    assert code_of(ask(scene)) == 429002


def test_a_token_opens_batch_v7_and_tracking_until_it_expires(scene: "Scene") -> None:
    token = token_of(scene, ("expires_in", "600"))
    scene.here.configure({"allowed_keys": []})
    scene.tracking.configure({"allowed_keys": []})
    assert scene.here.list_jobs(token).status == 200
    assert scene.tracking.list_jobs(token).status == 200
    assert scene.here.list_jobs(Bearer("somebody else's")).status == 401
    scene.clock.advance(600)
    expired = scene.here.list_jobs(token)
    assert (expired.status, expired.json()["error"]) == (401, "Unauthorized")
    assert scene.tracking.list_jobs(token).status == 401
    assert scene.here.list_jobs(token_of(scene)).status == 200


def test_a_token_is_no_api_key_and_opens_no_other_service(scene: "Scene") -> None:
    scene.here_account.configure({"services": ["here_batch_v7"]})
    token = token_of(scene)
    assert scene.here.list_jobs(str(token)).status == 401
    assert scene.tracking.list_jobs(token).status == 403


def test_a_longer_life_than_the_default_is_ignored(scene: "Scene") -> None:
    assert ask(scene, ("expires_in", "999999")).json()["expires_in"] == 86_399


@pytest.mark.parametrize("end_too", [False, True])
def test_a_rotated_key_is_refused_and_its_tokens_live_on_unless_told_otherwise(
    scene: "Scene", *, end_too: bool
) -> None:
    scene.here_account.configure({"tokens_end_with_their_key": end_too})
    token = token_of(scene)
    scene.here_account.configure({"key_pairs": {"new-id": "new-secret"}})
    assert code_of(ask(scene)) == 401300
    assert scene.here.list_jobs(token).status == (401 if end_too else 200)
    fresh = ask(scene, key="new-id", secret="new-secret").json()["access_token"]
    assert scene.here.list_jobs(Bearer(fresh)).status == 200


def test_a_disabled_key_says_so(scene: "Scene") -> None:
    scene.here_account.configure({"disabled_ids": [ACCESS_KEY_ID]})
    assert code_of(ask(scene)) == 401424


def test_a_reset_forgets_tokens_nonces_and_settings(scene: "Scene") -> None:
    ask(scene, nonce="same")
    token = token_of(scene)
    scene.here_account.configure({"key_pairs": {}})
    scene.here_account.reset()
    assert scene.world.tokens.find(token) is None
    assert ask(scene, nonce="same").status == 200


@pytest.mark.parametrize("status", [401, 403, 404, 429, 503])
def test_a_fault_speaks_the_service_s_words(scene: "Scene", status: int) -> None:
    scene.faults.add({"service": "here_account", "call": "token", "kind": "status", "status": status})
    answer: Any = ask(scene).json()
    assert answer["httpStatus"] == status
