"""Geoapify's error bodies: {"statusCode", "error", "message"} [doc]."""

from http import HTTPStatus
from typing import Any

from batchdrop_sandbox.simulators.reply import Reply, json_reply

_MESSAGES = {  # [assumed] but for 401
    401: "Invalid apiKey",  # [doc]
    404: "Batch job not found",
    413: "Payload content length greater than maximum allowed",
    429: "Too many requests",  # of a second; for a day see QUOTA
    500: "An internal server error occurred",
}


QUOTA = "Daily quota limit exceeded"  # [client]


def error_object(status: int, message: str) -> dict[str, Any]:
    """The house style, as a body and inside a result."""
    return {"statusCode": status, "error": HTTPStatus(status).phrase, "message": message}


def refusal(status: int, message: str = "") -> Reply:
    """An error reply. A 500 is plain text, as gateways send it [client]."""
    words = message or _MESSAGES.get(status, HTTPStatus(status).phrase)
    if status == 500:
        return Reply(500, {"Content-Type": "text/plain; charset=utf-8"}, b"Internal Server Error")
    return json_reply(status, error_object(status, words))
