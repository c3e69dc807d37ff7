"""The body of a token call: form or JSON, and what it asks for."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from batchdrop_sandbox.simulators.here_account.refusals import (
    BAD_JSON,
    BAD_TYPE,
    NO_TYPE,
    TWO_PROJECTS,
    Refused,
    bad_field,
)

_SCOPE = re.compile(r"hrn:here(?:-cn)?:authorization::[A-Za-z0-9_-]+:project/[A-Za-z0-9_.-]+")
_CAMEL = {"grant_type": "grantType", "expires_in": "expiresIn", "device_id": "deviceId", "scope": "scope"}


@dataclass(frozen=True)
class Grant:
    """What is asked for. `signed` are the form fields, which are part of the signature; a JSON body is not [spec]."""

    camel: bool
    fields: Mapping[str, Any]
    signed: tuple[tuple[str, str], ...] = ()

    def checked(self, longest: int) -> "Asked":
        """Raises Refused for a wrong grant type, life time or scope."""
        self._check_type()
        return Asked(self.camel, self._seconds(longest), self._scope(), str(self._get("device_id") or ""))

    def _check_type(self) -> None:
        kind = self._get("grant_type")
        if kind is None:
            raise Refused(bad_field(self._name("grant_type"), 400201, "It is missing."))
        if kind != "client_credentials":
            raise Refused(
                bad_field(self._name("grant_type"), 400290, "Illegal grant type.", "unsupported_grant_type")
            )

    def _seconds(self, longest: int) -> int:
        """[spec] seconds, not below 0; a longer time than the default is ignored."""
        raw = self._get("expires_in")
        if raw is None:
            return longest
        if isinstance(raw, bool) or not re.fullmatch(r"-?\d{1,18}", str(raw)):
            raise Refused(bad_field(self._name("expires_in"), 400208, "It is not a number."))
        if int(raw) < 0:
            raise Refused(bad_field(self._name("expires_in"), 400209, "It is too small."))
        return min(int(raw), longest)

    def _scope(self) -> str:
        """[spec] one project HRN, or none."""
        scope = self._get("scope")
        if scope is None or scope == "":
            return ""
        parts = str(scope).split()
        if len(parts) > 1:
            raise Refused(TWO_PROJECTS)
        if not parts or not _SCOPE.fullmatch(parts[0]):
            raise Refused(bad_field("scope", 400927, "The scope is invalid.", "invalid_scope"))
        return parts[0]

    def _name(self, name: str) -> str:
        return _CAMEL[name] if self.camel else name

    def _get(self, name: str) -> Any:
        return self.fields.get(self._name(name))


@dataclass(frozen=True)
class Asked:
    """A checked grant: `camel` is the style of the answer."""

    camel: bool
    seconds: int
    scope: str
    device: str

    def answer(self, token: str, token_type: str) -> dict[str, Any]:
        """[spec] snake case to a form, camel case to JSON."""
        body: dict[str, Any] = {
            "access_token": token,
            "token_type": token_type,
            "expires_in": self.seconds,
            **({"scope": self.scope} if self.scope else {}),
            **({"device_id": self.device} if self.device else {}),
        }
        names = {**_CAMEL, "access_token": "accessToken", "token_type": "tokenType"}
        return {names[name]: value for name, value in body.items()} if self.camel else body


def read_grant(content_type: str, body: bytes) -> Grant:
    """Raises Refused for another type of content, or JSON that is none."""
    kind = content_type.partition(";")[0].strip().lower()
    if not kind:
        raise Refused(NO_TYPE)
    if kind == "application/json":
        return Grant(camel=True, fields=_object(body))
    if kind != "application/x-www-form-urlencoded":
        raise Refused(BAD_TYPE)
    pairs = tuple(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))
    return Grant(camel=False, fields=dict(pairs), signed=pairs)


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise Refused(BAD_JSON) from None
    if not isinstance(found, dict):
        raise Refused(BAD_JSON)
    return found
