"""One event to the user's URL: signed, tried again later and later, given up when nobody wants it."""

from __future__ import annotations

import json
import logging
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from standardwebhooks import Webhook

from batchdrop.errors import (
    BatchdropError,
    ConfigurationError,
    OutcomeUnknown,
    ServiceBusy,
    ServiceDenied,
    ServiceRefused,
)
from batchdrop.events import STATUS_CHANGE, webhook_body
from batchdrop.steps.deliver import DELAYS, Deliver, Message, NotDelivered
from tests.golden import golden

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SECRET = "whsec_Y2FuYXJ5IGtleSB0aGF0IHNpZ25zIGV2ZW50cw=="
BODY = json.dumps(webhook_body(STATUS_CHANGE, golden("completed-here-geocode")), ensure_ascii=False)
PATH = "POST hooks.example.com/token-7f3a"


@dataclass
class World:
    """The three ports; `no`: what the receiver says, and the calls that were made."""

    no: BatchdropError | None = None
    secrets: tuple[str, ...] = (SECRET,)
    place: str = "hooks.example.com"
    posted: list[tuple[bytes, dict[str, str]]] = field(default_factory=list)
    put_off: list[tuple[str, int]] = field(default_factory=list)

    def post(self, body: bytes, headers: Mapping[str, str]) -> None:
        self.posted.append((body, dict(headers)))
        if self.no:
            raise self.no

    def values(self, *, fresh: bool = False) -> Sequence[str]:
        assert not fresh
        if not self.secrets:
            raise ConfigurationError("the webhook's secret has no usable value")
        return self.secrets

    def later(self, receipt: str, seconds: int) -> None:
        self.put_off.append((receipt, seconds))

    def deliver(self, attempt: int = 1, at: float = 1_700_000_000.5) -> None:
        Deliver(self, self, self, lambda: at)(Message(BODY, attempt, f"receipt-{attempt}"))


def test_an_event_is_posted_as_it_stands_in_the_queue_signed_by_the_event_id() -> None:
    world = World()
    world.deliver()
    ((body, headers),) = world.posted
    assert body == BODY.encode()
    assert headers["webhook-id"] == golden("completed-here-geocode")["eventId"]
    assert headers["webhook-timestamp"] == "1700000000"
    assert world.put_off == []


def test_every_attempt_has_the_same_id_and_body_and_a_time_of_its_own() -> None:
    world = World(no=OutcomeUnknown("the service failed", status=500))
    for attempt in (1, 2):
        with pytest.raises(NotDelivered):
            world.deliver(attempt, at=1_700_000_000.0 + 5 * attempt)
    (first, one), (second, two) = world.posted
    assert (first, one["webhook-id"]) == (second, two["webhook-id"])
    assert one["webhook-timestamp"] != two["webhook-timestamp"]
    assert one["webhook-signature"] != two["webhook-signature"]


def test_each_attempt_that_fails_puts_the_next_one_off_for_longer() -> None:
    world = World(no=OutcomeUnknown("no answer within the deadline"))
    for attempt in range(1, len(DELAYS) + 2):
        with pytest.raises(NotDelivered):
            world.deliver(attempt)
    assert world.put_off[:3] == [("receipt-1", 5), ("receipt-2", 300), ("receipt-3", 1800)]
    assert [seconds for _, seconds in world.put_off] == [*DELAYS, DELAYS[-1]]


@pytest.mark.parametrize(
    "no",
    [
        ServiceDenied("the credentials were not accepted", status=401),
        ServiceRefused("refused (404)", code="404", status=404),
        ServiceRefused("answered with a redirect", code="HOST_REFUSED", status=301),
        ServiceBusy("could not connect; nothing was sent"),
        ConfigurationError("HOST_REFUSED: hooks.example.com has an address that is not public"),
    ],
)
def test_whatever_the_reason_it_is_tried_again(no: BatchdropError) -> None:
    world = World(no=no)
    with pytest.raises(NotDelivered):
        world.deliver(2)
    assert world.put_off == [("receipt-2", 300)]


def test_a_receiver_that_asks_for_more_time_gets_it_and_one_that_asks_for_less_does_not() -> None:
    for asked, seconds in ((1000.0, 1000), (1.0, 300), (None, 300)):
        world = World(no=ServiceBusy("too many requests", retry_after=asked, status=429))
        with pytest.raises(NotDelivered):
            world.deliver(2)
        assert world.put_off == [("receipt-2", seconds)]


def test_who_is_gone_is_told_no_more_and_the_log_says_so(caplog: pytest.LogCaptureFixture) -> None:
    world = World(no=ServiceRefused("refused (410)", code="410", status=410))
    with caplog.at_level(logging.INFO):
        world.deliver()
    assert world.put_off == []
    assert "wants no more events" in caplog.text


def test_without_a_usable_secret_nothing_is_sent_and_it_is_tried_again() -> None:
    world = World(secrets=())
    with pytest.raises(NotDelivered):
        world.deliver()
    assert (world.posted, world.put_off) == ([], [("receipt-1", 5)])


def test_both_versions_of_the_secret_sign() -> None:
    other = "whsec_" + "b3RoZXIga2V5IHRoYXQgc2lnbnMgZXZlbnRz"
    world = World(secrets=(SECRET, other))
    world.deliver(at=time.time())
    ((body, headers),) = world.posted
    for known in (SECRET, other):
        Webhook(known).verify(body, headers)


def test_neither_the_url_nor_the_secret_gets_into_an_error_or_a_log(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    world = World(no=OutcomeUnknown("the service failed", service="webhook", where=PATH, status=500))
    with caplog.at_level(logging.INFO), pytest.raises(NotDelivered) as caught:
        world.deliver()
    said = "".join(
        (
            capsys.readouterr().out,
            caplog.text,
            str(caught.value),
            *(str(each.__dict__) for each in caplog.records),
        )
    )
    assert "hooks.example.com" in said
    for hidden in (
        "token-7f3a",
        SECRET,
        SECRET.removeprefix("whsec_"),
        world.posted[0][1]["webhook-signature"],
    ):
        assert hidden not in said
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
