"""Tracking's error bodies: error, code, id, and details with HERE's own code [spec]."""

import uuid
from dataclasses import dataclass
from http import HTTPStatus

from batchdrop_sandbox.simulators.reply import Reply, json_reply

_CODES = {400: 400306, 401: 401306, 403: 403306, 404: 404306, 412: 412306}  # [spec] the samples' numbers


@dataclass(frozen=True)
class Refusal:
    """How the service says no."""

    status: int
    message: str

    def reply(self) -> Reply:
        """The id ends like the sample's, so it is no uuid; a 429 has no details [spec]."""
        body: dict[str, object] = {
            "error": HTTPStatus(self.status).phrase,
            "code": self.status,
            "id": f"{uuid.uuid4()}-lds2",
            "message": self.message,
        }
        if self.status in _CODES:
            body["details"] = {"hereErrorCode": _CODES[self.status]}
        return json_reply(self.status, body)


class Refused(Exception):
    """A call ends with this refusal."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


NOT_FOUND = Refusal(404, "The job does not exist.")
NOWHERE = Refusal(404, "There is no such resource.")
TOO_MANY = Refusal(429, "Too many requests.")
BAD_LOGIN = Refusal(401, "Wrong e-mail or password.")
_WORDS = {
    401: "The token is missing, wrong or expired.",
    403: "The user may not do this.",
    404: NOT_FOUND.message,
    412: "The job's state does not allow this.",
    429: TOO_MANY.message,
}


def bad_request(message: str) -> Refusal:
    """400."""
    return Refusal(400, message)


def wrong_state(action: str, status: str) -> Refusal:
    """412 [assumed] that this is the answer in a wrong state."""
    return Refusal(412, f"A job that is {status} does not allow {action}.")


def of_status(status: int) -> Refusal:
    """The refusal for a status in general."""
    return Refusal(status, _WORDS.get(status, "The service is not available."))
