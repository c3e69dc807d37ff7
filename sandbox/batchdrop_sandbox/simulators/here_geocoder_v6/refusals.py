"""Error documents of the Batch Geocoder 6.2, as XML or JSON."""

from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from batchdrop_sandbox.simulators.reply import Reply, json_reply

_XML = {"Content-Type": "application/xml; charset=utf-8"}


@dataclass(frozen=True)
class Refusal:
    """How the service says no. Which case has which subtype is [assumed]."""

    status: int
    details: str
    type: str = "ApplicationError"
    subtype: str = "InvalidInputData"

    def reply(self, *, as_json: bool) -> Reply:
        """[client] a Details child in XML, type and Details in JSON; the XML root's name is [assumed]."""
        if as_json:
            return json_reply(self.status, {"type": self.type, "Details": self.details})
        text = (
            '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
            '<ns2:Error xmlns:ns2="http://www.navteq.com/lbsp/Search-Batch/1" '
            f"type={quoteattr(self.type)} subtype={quoteattr(self.subtype)}>"
            f"<Details>{escape(self.details)}</Details></ns2:Error>"
        )
        return Reply(self.status, _XML, text.encode())


class Refused(Exception):
    """A call ends with this refusal."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.details)
        self.refusal = refusal


NOT_FOUND = Refusal(404, "The requested job does not exist.", subtype="JobNotFound")
NOWHERE = Refusal(404, "The requested resource does not exist.", subtype="NotFound")
NO_OUTPUT = Refusal(404, "The requested output does not exist.", subtype="OutputNotFound")
TOO_MANY = Refusal(429, "Too many requests.", subtype="TooManyRequests")
CANNOT_CANCEL = Refusal(400, "Only an accepted or running job can be cancelled.", subtype="InvalidState")
CANNOT_RUN = Refusal(400, "The job cannot be started in its state.", subtype="InvalidState")


def bad_input(details: str) -> Refusal:
    """400: a parameter, a field name or the delimiter does not fit [doc]."""
    return Refusal(400, details)


def unauthorized(status: int, *, as_json: bool) -> Reply:
    """Credentials are missing or wrong. JSON as in a sister API [client]; XML in the usual document [assumed]."""
    words = ("Forbidden", "These credentials do not authorize access")
    if status == 401:
        words = ("Unauthorized", "No credentials found, or they are not valid")
    if as_json:
        return json_reply(status, {"error": words[0], "error_description": words[1]})
    return Refusal(status, words[1], "PermissionError", "InvalidCredentials").reply(as_json=False)


def in_own_words(status: int) -> Reply:
    """The error that a scripted fault asks for."""
    if status in (401, 403):
        return unauthorized(status, as_json=True)
    known = {404: NOT_FOUND, 429: TOO_MANY}
    unavailable = Refusal(status, "The service is not available.", "SystemError", "Unavailable")
    return known.get(status, unavailable).reply(as_json=True)
