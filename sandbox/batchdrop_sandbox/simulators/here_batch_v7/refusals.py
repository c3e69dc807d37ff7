"""HERE's error bodies and codes."""

import uuid
from dataclasses import dataclass

from batchdrop_sandbox.simulators.reply import Reply, json_reply


@dataclass(frozen=True)
class Refusal:
    """How the service says no: status, code and title of the table of facts, a cause and an action."""

    status: int
    code: str
    title: str
    cause: str = ""
    action: str = "Check the request and the job."

    def reply(self) -> Reply:
        """[spec] title, status, code, cause, action, correlationId: all required."""
        return json_reply(
            self.status,
            {
                "title": self.title,
                "status": self.status,
                "code": self.code,
                "cause": self.cause or self.title,
                "action": self.action,
                "correlationId": str(uuid.uuid4()),
            },
        )


class Refused(Exception):
    """A call ends with this refusal."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.title)
        self.refusal = refusal


# [spec] unless marked
BAD_ID = Refusal(400, "E6004001", "ID argument invalid")  # [assumed] where it is used
TOO_LONG = Refusal(400, "E6004002", "Argument exceeds maximum length limit")
EMPTY = Refusal(400, "E6004004", "Input empty or invalid")  # [assumed] where it is used
BAD_DELIMITER = Refusal(400, "E6004005", "Delimiter character is unsupported")
NOT_FOUND = Refusal(404, "E6004041", "Job not found")
NO_RESULTS = Refusal(404, "E6004042", "Results unavailable", "The results are not available.")
NO_ERRORS = Refusal(404, "E6004042", "Errors for job is unavailable")  # [doc] title; [assumed] code
NO_SERVICE = Refusal(404, "E6004043", "Service not found or is unsupported")
TOO_MANY_RUNNING = Refusal(429, "E6004291", "Too many concurrent jobs running")
TOO_MANY_STARTABLE = Refusal(
    429, "E6004291", "Too many jobs in a startable state"
)  # [doc] 429; [assumed] body
TOO_MANY_REQUESTS = Refusal(429, "E6004290", "Too many requests")  # [doc] 429; [assumed] body
BAD_TAGS = Refusal(400, "E6004004", "Invalid billing tags")  # [doc] title; [assumed] code
BAD_NOTIFICATION = Refusal(400, "E6004001", "Notification not found")  # [assumed]
COMPLETED = Refusal(400, "E6004006", "Job has already been completed")  # [doc] title
DELETED = Refusal(400, "E6004006", "Job has been deleted")  # [doc] title


def too_big(status: int, *, records: bool = False) -> Refusal:
    """[doc] 413 at 500 MB or too many records; [spec] 400 E6004003."""
    title = "Input exceeds maximum record count" if records else "Input exceeds maximum size limit"
    return Refusal(status, "E6004003", title)


def bad_argument(name: str, why: str) -> Refusal:
    """A query parameter that is not understood [assumed]."""
    return Refusal(400, "E6004001", f"Argument {name} invalid", why)


def unauthorized(status: int) -> Reply:
    """401 and 403 have a shape of their own [spec]."""
    if status == 403:
        words = ("Forbidden", "These credentials do not authorize access")
    else:
        words = ("Unauthorized", "No credentials found")
    return json_reply(status, {"error": words[0], "error_description": words[1]})


def in_own_words(status: int) -> Reply:
    """The error that a scripted fault asks for."""
    if status in (401, 403):
        return unauthorized(status)
    known = {404: NOT_FOUND, 413: too_big(413), 429: TOO_MANY_RUNNING}
    return known.get(status, Refusal(status, f"E600{status}0", "Service temporarily unavailable")).reply()
