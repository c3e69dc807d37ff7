"""HERE Account's error bodies and codes."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from batchdrop_sandbox.simulators.reply import Reply, json_reply


@dataclass(frozen=True)
class Field:
    """One field of the request that is wrong."""

    name: str
    code: int
    message: str


@dataclass(frozen=True)
class Refusal:
    """How the service says no. `error` is RFC 6749's word; only a 400 of the token call has it [spec]."""

    status: int
    code: int
    message: str
    error: str = ""
    fields: Sequence[Field] = ()

    def reply(self) -> Reply:
        """A 400 of the token call has its own body [spec]; elsewhere the general one is used [assumed]."""
        return json_reply(self.status, self._token_call() if self.error else self._general())

    def _general(self) -> dict[str, object]:
        body: dict[str, object] = {
            "errorId": f"ERROR-{uuid.uuid4()}",
            "httpStatus": self.status,
            "errorCode": self.code,
            "message": self.message,
        }
        return body | self._fields()

    def _token_call(self) -> dict[str, object]:
        body: dict[str, object] = {
            "title": self.message,
            "status": self.status,
            "code": str(self.code),
            "cause": self.message,
            "action": "Correct the request.",
            "correlationId": str(uuid.uuid4()),
            "error": self.error,
            "error_description": self.message,
        }
        return body | self._fields()

    def _fields(self) -> dict[str, object]:
        found = [{"name": one.name, "errorCode": one.code, "message": one.message} for one in self.fields]
        return {"errorFields": found} if found else {}


class Refused(Exception):
    """A call ends with this refusal."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


# Codes and their meaning [spec]; the texts are ours.
BAD_JSON = Refusal(400, 400002, "Invalid JSON.", "invalid_request")
NO_TYPE = Refusal(400, 400003, "Content-Type is missing.", "invalid_request")
BAD_TYPE = Refusal(400, 400004, "Content-Type is not supported.", "invalid_request")
TWO_PROJECTS = Refusal(400, 400981, "More than one project scope.", "invalid_scope")
NO_HEADER = Refusal(401, 401200, "Authorization header is missing.")
MALFORMED = Refusal(401, 401202, "Malformed OAuth header: missing or doubled parameters.")
OUT_OF_TIME = Refusal(401, 401204, "The timestamp is outside the allowed window.")
BAD_METHOD = Refusal(401, 401205, "The signature method is not supported.")
BAD_VERSION = Refusal(401, 401206, "oauth_version is not 1.0.")
USED_NONCE = Refusal(401, 401207, "The nonce was already used.")
MISMATCH = Refusal(401, 401300, "Signature mismatch or wrong credentials.")
CLIENT_ID_GIVEN = Refusal(401, 401310, "The client id was used in place of the access key id.")
DISABLED = Refusal(401, 401424, "The access key is disabled.")
NOT_A_MEMBER = Refusal(403, 403109, "The client is not a member of the project.")
TOO_MANY = Refusal(429, 429002, "Too many requests.")
NOWHERE = Refusal(404, 404000, "Not found.")  # [assumed]


def bad_field(name: str, code: int, message: str, error: str = "invalid_request") -> Refusal:
    """400200 with the field that is wrong [spec]."""
    return Refusal(400, 400200, "Received invalid data.", error, (Field(name, code, message),))


def in_own_words(status: int) -> Reply:
    """The error that a scripted fault asks for."""
    known = {401: MISMATCH, 403: NOT_A_MEMBER, 404: NOWHERE, 429: TOO_MANY}
    return known.get(status, Refusal(status, status * 1000, "Temporarily unavailable.")).reply()
