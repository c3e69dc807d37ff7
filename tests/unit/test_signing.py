"""Our signatures and those of the library that Standard Webhooks publishes: each takes the other's."""

from __future__ import annotations

import base64
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from batchdrop import signing
from batchdrop.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable


def secret(key: bytes) -> str:
    return "whsec_" + base64.b64encode(key).decode()


OLD, NEW = secret(b"o" * 24), secret(b"n" * 64)
BODY = '{"type":"job.completed","data":{"jobId":"Straße-0123456789abcdef"}}'


@given(key=st.binary(min_size=24, max_size=64), body=st.text(), at=st.integers(0, 2**33))
def test_the_library_signs_as_we_do(key: bytes, body: str, at: int) -> None:
    body = body.encode(errors="ignore").decode()
    ours = signing.headers("msg_1", at + 0.9, body.encode(), [secret(key)])
    theirs = Webhook(secret(key)).sign("msg_1", datetime.fromtimestamp(at, UTC), body)
    assert ours == {"webhook-id": "msg_1", "webhook-timestamp": str(at), "webhook-signature": theirs}


@pytest.mark.parametrize("known", [OLD, NEW])
def test_while_a_secret_is_rotated_the_library_takes_the_old_and_the_new_one(known: str) -> None:
    headers = signing.headers("msg_1", time.time(), BODY.encode(), [NEW, OLD])
    assert Webhook(known).verify(BODY, headers)["type"] == "job.completed"
    assert headers["webhook-signature"].count("v1,") == 2


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("webhook-id", lambda _: "msg_2"),
        ("webhook-timestamp", lambda sent: str(int(sent) + 1)),
        ("webhook-signature", lambda _: "v1,"),
    ],
)
def test_what_was_changed_on_its_way_is_refused_by_the_library(
    name: str, change: Callable[[str], str]
) -> None:
    headers = signing.headers("msg_1", time.time(), BODY.encode(), [NEW])
    assert Webhook(NEW).verify(BODY, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(NEW).verify(BODY, {**headers, name: change(headers[name])})


def test_a_changed_body_and_another_secret_are_refused_by_the_library() -> None:
    headers = signing.headers("msg_1", time.time(), BODY.encode(), [NEW])
    for known, body in ((NEW, BODY + " "), (OLD, BODY)):
        with pytest.raises(WebhookVerificationError):
            Webhook(known).verify(body, headers)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "whsec_",
        secret(b"x" * 23),
        secret(b"x" * 65),
        secret(b"x" * 24).removeprefix("whsec_"),
        "whsec_" + "!" * 32,
        "whsec_" + "a" * 33,
        "whsec_" + "ä" * 32,
    ],
)
def test_what_is_no_secret_is_said_without_showing_it(text: str) -> None:
    assert not signing.is_secret(text)
    with pytest.raises(ConfigurationError) as caught:
        signing.key(text)
    assert len(text) < 10 or text not in str(caught.value)


def test_secrets_of_24_to_64_bytes_are_taken() -> None:
    assert signing.key(OLD) == b"o" * 24
    assert signing.key(NEW) == b"n" * 64
    assert signing.is_secret(OLD)
