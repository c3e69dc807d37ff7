"""Faults between botocore and AWS: a refusal in place of an answer, or an answer that never arrives."""

from __future__ import annotations

from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ConnectionClosedError


class Fault:
    """Happens `times` times to one operation of one client. `left`: how often it is still to happen."""

    def __init__(self, client: Any, operation: str, times: int) -> None:
        self.left = times
        service = client.meta.service_model.service_id.hyphenize()
        self._suffix = f".{service}.{operation}"

    def due(self, event_name: str) -> bool:
        """Count one down, if this event is the one."""
        if self.left == 0 or not event_name.endswith(self._suffix):
            return False
        self.left -= 1
        return True


def lose_reply(client: Any, operation: str, times: int = 1) -> Fault:
    """AWS does what it is asked, and the connection breaks before the reply is there; botocore then asks again."""
    fault = Fault(client, operation, times)

    def handler(event_name: str, **_: Any) -> None:
        if fault.due(event_name):
            raise ConnectionClosedError(endpoint_url="https://aws.invalid")

    # botocore calls handlers of the plain name in order, and moto, which does the work, is one of them.
    client.meta.events.register_last("before-send", handler)
    return fault


def refuse(client: Any, operation: str, code: str, times: int = 1, **more: Any) -> Fault:
    """AWS does nothing and answers with this error code; `more` are members of the error answer."""
    fault = Fault(client, operation, times)

    def handler(event_name: str, **_: Any) -> Any:
        if not fault.due(event_name):
            return None
        answer = {"Error": {"Code": code, "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": 400}, **more}
        return AWSResponse("https://aws.invalid", 400, HTTPHeaders(), None), answer

    client.meta.events.register_first("before-call", handler)
    return fault


def cut_off(client: Any, operation: str) -> None:
    """The next answer ends after its headers: boto3 hands on an answer that says nothing, as if all were well [measured]."""
    service = client.meta.service_model.service_id.hyphenize()
    event = f"after-call.{service}.{operation}"

    def empty(parsed: dict[str, Any], **_: Any) -> None:
        client.meta.events.unregister(event, empty)
        for name in set(parsed) - {"ResponseMetadata"}:
            del parsed[name]

    client.meta.events.register(event, empty)
