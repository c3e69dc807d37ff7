"""Deliver one event to the user's URL, signed. What was not taken comes again, later each time.

Repeats are harmless to a receiver that looks at `webhook-id`: it is the same on every attempt, and so is the body.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from batchdrop import signing
from batchdrop.effects import effect
from batchdrop.errors import BatchdropError, ConfigurationError, ServiceBusy, ServiceError
from batchdrop.observe import tell

if TYPE_CHECKING:
    from batchdrop.ports import Clock, Endpoint, Queue, SigningSecret

DELAYS = (5, 300, 1_800, 7_200, 18_000, 36_000, 36_000, 36_000)
"""Seconds after the first, second, … failed attempt ([spec] Standard Webhooks' schedule, within the 12 hours that SQS can hide a
message): some thirty hours in all. The queue's maxReceiveCount is one more than there are delays.
"""

GONE = 410
"""The receiver does not want to be told any more ([spec])."""


class NotDelivered(BatchdropError):
    """The message stays in the queue and will be seen again."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the queue. `attempt`: 1 for the first time it was received; `receipt`: by which it can be put off."""

    body: str
    attempt: int
    receipt: str


@dataclass(frozen=True, slots=True)
class Deliver:
    """The use case behind the function `deliver`."""

    endpoint: Endpoint
    secret: SigningSecret
    queue: Queue
    clock: Clock

    def __call__(self, message: Message) -> None:
        """Send it. Raises NotDelivered, after putting it off, when the receiver did not take it."""
        told = json.loads(message.body)
        about = {"event": told["data"]["eventId"], "job": told["data"]["jobId"], "attempt": message.attempt}
        try:
            self._post(about["event"], message.body.encode())
        except (ServiceError, ConfigurationError) as no:
            why = {
                "error": type(no).__name__,
                "status": getattr(no, "status", None),
                "host": self.endpoint.place,
            }
            if why["status"] == GONE:
                tell("the receiver wants no more events: given up", **about, **why)
                return
            seconds = delay(message.attempt, no)
            self.queue.later(message.receipt, seconds)
            tell("the receiver did not take the event", **about, **why, reason=reason(no), again_in=seconds)
            raise NotDelivered(f"attempt {message.attempt}") from None  # its texts name the path of the URL
        tell("delivered", **about)

    def _post(self, event: str, body: bytes) -> None:
        headers = signing.headers(event, self.clock(), body, self.secret.values())
        effect("deliver", lambda: self.endpoint.post(body, headers))


def delay(attempt: int, no: Exception) -> int:
    """Seconds until the next attempt: as scheduled, or as long as the receiver asked for, whichever is longer."""
    scheduled = DELAYS[min(attempt, len(DELAYS)) - 1]
    asked = no.retry_after if isinstance(no, ServiceBusy) else None
    return max(scheduled, int(asked or 0))


def reason(no: ServiceError | ConfigurationError) -> str:
    """Why, without the URL that a whole text would name."""
    return no.reason if isinstance(no, ServiceError) else str(no).partition(":")[0]
